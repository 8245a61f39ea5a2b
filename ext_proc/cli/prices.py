"""`tollkeeper prices`: what a model costs now, by which list, and since when."""

import time
from collections.abc import Iterator, Mapping
from decimal import Decimal
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer

from ext_proc.cli.failure import Failure
from ext_proc.cli.options import DEFAULT, HELP, AsJson, ConfigFile, settings_at
from ext_proc.cli.tables import show_json, show_table
from ext_proc.price_book import PriceBook
from ext_proc.price_entry import write_price
from ext_proc.price_file import NO_OVERRIDES, read_price_file
from ext_proc.prices import Price
from ext_proc.providers import KINDS
from ext_proc.settings import Settings

app = typer.Typer(no_args_is_help=True, add_completion=False, context_settings=HELP, help="Show what models cost.")


class _Priced(NamedTuple):
    """A model as a provider of this kind names it, and its price in force."""

    kind: str
    model: str
    price: Price | None

    def row(self) -> dict[str, Any]:
        told = {"provider": self.kind, "model": self.model, "source": self.price and self.price.source}
        return told | {"price": _plain(write_price(self.price)) if self.price else None}


@app.command()
def show(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A model of the settings; or any, with --provider.")],
    provider: Annotated[str | None, typer.Option(metavar="KIND", help="The kind of provider that serves it.")] = None,
    as_json: AsJson = False,
    config: ConfigFile = DEFAULT,
) -> None:
    """Show the price in force of a model, at each of its backends. Dollars per million tokens.

    Example: tollkeeper prices show gpt-4o-mini --provider openai
    """
    settings = settings_at(config).settings
    if provider is not None and provider not in KINDS:
        raise Failure(f"--provider: {provider!r} is unknown; allowed: {', '.join(sorted(KINDS))}")
    asked = [(provider, model)] if provider else list(_backends(settings, model))
    if not asked:
        raise Failure(f"there is no model {model!r} in the settings; name the kind of its provider with --provider")
    found = _priced(settings, asked)
    if as_json:
        show_json([one.row() for one in found])
        return
    for one in found:
        _show(one)


@app.command("list")
def list_prices(as_json: AsJson = False, config: ConfigFile = DEFAULT) -> None:
    """List the models of the settings with their prices, and the list that each comes from.

    Example: tollkeeper prices list
    """
    settings = settings_at(config).settings
    found = _priced(settings, [asked for name in settings.models for asked in _backends(settings, name)])
    if as_json:
        show_json([one.row() for one in found])
        return
    show_table(["provider", "model", ">input", ">output", "source"], [_line(one) for one in found])


def _backends(settings: Settings, name: str) -> Iterator[tuple[str, str]]:
    """The kind of provider and the model there, by the first model of the settings that matches, if any."""
    matched = name if name in settings.models else next((g for g in settings.models if fnmatchcase(name, g)), None)
    for backend in settings.models[matched].backends if matched else ():
        yield settings.providers[backend.provider].kind, backend.model or name


def _priced(settings: Settings, asked: list[tuple[str, str]]) -> list[_Priced]:
    path = settings.prices.override
    try:
        book = PriceBook(read_price_file(Path(path)) if path else NO_OVERRIDES)
    except OSError as error:
        raise Failure(f"prices.override: {path} cannot be read: {error.strerror}") from None
    now = time.time()
    return [_Priced(kind, model, book.price(kind, model, now)) for kind, model in dict.fromkeys(asked)]


def _show(one: _Priced) -> None:
    typer.echo(f"{one.model} at {one.kind}: {one.price.source if one.price else 'no known price'}")
    if one.price is None:
        return
    columns = _columns(one.price)
    keys = dict.fromkeys(key for prices in columns.values() for key in prices)
    show_table(["USD", *(f">{name}" for name in columns)], [[key, *_cells(columns, key)] for key in keys])


def _columns(price: Price) -> dict[str, Mapping[str, Any]]:
    """The plain prices, then those of long input, of service tiers and of a batch, each by its keys in the file."""
    told = write_price(price)
    tiers = {f"above {tier['above']:,}": tier for tier in told.pop("tiers", [])}
    services = told.pop("service_tiers", {})
    batch = {} if "batch" in services else {"batch": write_price(price.times(price.batch))}
    found = {"price": told, **tiers, **services, **batch}
    return {name: _flat(one) for name, one in found.items()}


def _flat(told: Mapping[str, Any]) -> dict[str, Any]:
    images = {f"image {glob}": dollars for glob, dollars in told.get("images", {}).items()}
    return {key: value for key, value in told.items() if key not in _OTHERS} | images


_OTHERS = frozenset({"above", "batch", "tiers", "service_tiers", "images"})


def _cells(columns: Mapping[str, Mapping[str, Any]], key: str) -> list[str]:
    return [_dollars(prices.get(key)) for prices in columns.values()]


def _line(one: _Priced) -> list[str]:
    told = write_price(one.price) if one.price else {}
    source = one.price.source if one.price else "no known price"
    return [one.kind, one.model, _dollars(told.get("input")), _dollars(told.get("output")), source]


def _plain(value: Any) -> Any:
    """Exact, as text."""
    match value:
        case Decimal():
            return _dollars(value)
        case dict():
            return {key: _plain(each) for key, each in value.items()}
        case list():
            return [_plain(each) for each in value]
    return value


def _dollars(value: Decimal | None) -> str:
    if value is None:
        return ""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
