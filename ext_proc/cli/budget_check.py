"""`tollkeeper budgets check`: would this call be let in, and at what price? Nothing is reserved, nothing is called."""

import asyncio
import random
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from ext_proc.bootstrap import new_decision_id, open_store
from ext_proc.cli.failure import Failure
from ext_proc.cli.options import DEFAULT, AsJson, ConfigFile, settings_at
from ext_proc.cli.tables import number, show_json, show_table, usd
from ext_proc.drive import Driver
from ext_proc.effects import Extend
from ext_proc.limit_rules import clamp_rules, limit_rules
from ext_proc.price_book import PriceBook
from ext_proc.price_file import NO_OVERRIDES, read_price_file
from ext_proc.principal import ATTRIBUTES, Principal
from ext_proc.settings import Settings
from ext_proc.snapshot import Snapshot, upstreams
from ext_proc.stages.imagined import IMAGINABLE, imagined
from ext_proc.stages.read import Reading
from ext_proc.stores.store import Store

_COLUMNS = ("limit", "scope", "unit", "fits", ">used", ">leased", ">needed", ">remaining", ">maximum")


def check(
    *,
    model: Annotated[str, typer.Option(help="The model that is asked for.")],
    input_: Annotated[int, typer.Option("--input", min=0, help="Input tokens.")] = 0,
    output: Annotated[int | None, typer.Option(min=1, help="The output cap; without it as a call without one.")] = None,
    key: Annotated[str | None, typer.Option(help="A key's id, as in `keys list`: whoever it stands for.")] = None,
    tenant: Annotated[str | None, typer.Option(help="The tenant.")] = None,
    team: Annotated[str | None, typer.Option(help="The team.")] = None,
    app: Annotated[str | None, typer.Option(help="The app.")] = None,
    user: Annotated[str | None, typer.Option(help="The user.")] = None,
    api: Annotated[str, typer.Option(help="The API of the client.")] = "chat_completions",
    tool: Annotated[list[str] | None, typer.Option(help="A tool that is offered; again for more.")] = None,
    attribute: Annotated[list[str] | None, typer.Option(help="NAME=VALUE of `attributes`; again for more.")] = None,
    as_json: AsJson = False,
    config: ConfigFile = DEFAULT,
) -> None:
    """Tell whether a call would be let in: by which limits, on which backends, at what price. Exit status 1 when not.

    Example: tollkeeper budgets check --team research --model gpt-4o-mini --input 2000 --output 500
    """
    settings = settings_at(config).settings
    reading = _reading(api, model, input_, output, tuple(tool or ()))
    given = Principal(tenant=tenant, team=team, app=app, user=user)
    told = asyncio.run(_asked(settings, reading, given, key, _attributes(settings, attribute or [])))
    if as_json:
        show_json(told)
    else:
        _show(told)
    if not told["allowed"]:
        raise typer.Exit(1)


def _reading(api: str, model: str, tokens: int, cap: int | None, tools: tuple[str, ...]) -> Reading:
    if api not in IMAGINABLE:
        raise Failure(f"--api: {api!r} is unknown; allowed: {', '.join(IMAGINABLE)}")
    return imagined(api, model, tokens, cap, tools)


def _attributes(settings: Settings, given: list[str]) -> dict[str, str]:
    told = dict.fromkeys(settings.attributes, "")
    for one in given:
        name, equals, value = one.partition("=")
        if not equals or name not in told:
            raise Failure(f"--attribute: {one!r} is none of the settings; allowed: {'=…, '.join(told) or 'none'}")
        told[name] = value
    return told


async def _asked(
    settings: Settings, reading: Reading, given: Principal, key: str | None, attributes: dict[str, str]
) -> dict[str, Any]:
    store = open_store(settings)
    await store.open()
    try:
        principal = given if key is None else await _owner(store, key, given)
        return await _driver(settings, store).ask(reading, principal, attributes)
    finally:
        await store.close()


async def _owner(store: Store, key: str, given: Principal) -> Principal:
    found = next((one for one in await store.list_keys() if one.id == key), None)
    if found is None:
        raise Failure(f"--key: there is no key {key!r}; `tollkeeper keys list` shows all")
    if any(getattr(given, name) for name in ATTRIBUTES):
        raise Failure("--key says who calls; leave out --tenant, --team, --app and --user")
    return found.principal


def _driver(settings: Settings, store: Store) -> Driver:
    """Credentials need not be at hand: nobody is called."""
    override = settings.prices.override
    view = Snapshot(
        version=1,
        settings=settings,
        upstreams=upstreams(settings, dict.fromkeys(settings.providers, "")),
        limits=limit_rules(settings.limits, settings.attributes),
        book=PriceBook(read_price_file(Path(override)) if override else NO_OVERRIDES),
        hash_key=b"",
        clamps=clamp_rules(settings.clamps, settings.attributes),
    )
    return Driver(
        snapshot=lambda: view,
        perform={Extend: lambda effect: store.extend(effect.extension, time.time())},
        clock=time.time,
        new_id=new_decision_id,
        draw=random.random,
    )


def _show(told: dict[str, Any]) -> None:
    refusal = told["error"] or {}
    typer.echo("allowed" if told["allowed"] else f"refused with {refusal['status']}: {refusal['message']}")
    if told["limits"]:
        show_table(_COLUMNS, [_cells(limit) for limit in told["limits"]])
    typer.echo(f"model {told['model']} on {', then '.join(_backend(one) for one in told['backends']) or 'no backend'}")
    typer.echo(f"at worst {_money(told['cost_nano'])}")


def _cells(limit: dict[str, Any]) -> list[Any]:
    amount = usd if limit["unit"] == "usd" else number
    fits = "yes" if limit["fits"] else "no" if limit["enforced"] else "no, shadow"
    amounts = [amount(limit[name]) for name in ("used", "leased", "needed", "remaining", "maximum")]
    return [limit["limit"], limit["scope"], limit["unit"], fits, *amounts]


def _backend(row: dict[str, Any]) -> str:
    return f"{row['provider']}/{row['model']}"


def _money(cost: dict[str, Any] | None) -> str:
    worst = cost["worst"] if cost else None
    return "an unknown price" if worst is None else f"{usd(worst)} dollars"
