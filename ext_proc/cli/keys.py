"""`tollkeeper keys`: virtual keys are made, listed and revoked. A key is shown once; only its keyed hash is stored."""

import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from ext_proc.cli.failure import Failure
from ext_proc.cli.instants import after, iso
from ext_proc.cli.options import DEFAULT, HELP, AsJson, ConfigFile, settings_at
from ext_proc.cli.store_step import on_store
from ext_proc.cli.tables import show_json, show_table
from ext_proc.credentials.hash_key import load_hash_key
from ext_proc.principal import Principal, VirtualKey
from ext_proc.virtual_keys import FITTING_WORDS, fits, make, row

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    context_settings=HELP,
    help="Make, list and revoke the virtual keys that clients call with.",
)


@app.command()
def create(
    *,
    name: Annotated[str, typer.Option(help="What the key is called in lists.")],
    tenant: Annotated[str | None, typer.Option(help="The tenant that its calls count for.")] = None,
    team: Annotated[str | None, typer.Option(help="The team.")] = None,
    app_: Annotated[str | None, typer.Option("--app", help="The app.")] = None,
    user: Annotated[str | None, typer.Option(help="The user.")] = None,
    model: Annotated[
        list[str] | None, typer.Option(help="A model or glob that it may ask for; again for more.")
    ] = None,
    expires: Annotated[str | None, typer.Option(help="When it ends: 30d, 12h or a date, 2027-01-31 (UTC).")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print the key and nothing else.")] = False,
    as_json: AsJson = False,
    config: ConfigFile = DEFAULT,
) -> None:
    """Make a key and print it. It cannot be shown again.

    Example: KEY=$(tollkeeper keys create -q --name ci --team research --model 'gpt-*' --expires 30d)
    """
    principal = Principal(tenant=tenant, team=team, app=app_, user=user, models=tuple(model or ()))
    now = time.time()
    ends = None if expires is None else after(expires, now, "--expires")
    if ends is not None and ends <= now:
        raise Failure(f"--expires: {expires!r} is in the past")
    for option, text in {"name": name, **asdict(principal)}.items():
        _check(option, text)
    key, stored = _make(name, principal, now, ends, config)
    if quiet:
        typer.echo(key)
    elif as_json:
        show_json({**row(stored, now), "secret": key})
    else:
        _tell(key, stored)


@app.command("list")
def list_keys(as_json: AsJson = False, config: ConfigFile = DEFAULT) -> None:
    """Show every key but the secret itself: whom it stands for, what it may use and whether it works.

    Example: tollkeeper keys list --json
    """
    now = time.time()
    rows = [row(key, now) for key in on_store(settings_at(config).settings, lambda store: store.list_keys())]
    if as_json:
        show_json(rows)
        return
    columns = ("id", "name", "tenant", "team", "app", "user", "models", "created", "expires", "state")
    show_table(columns, [[_shown(row[column]) for column in columns] for row in rows])


@app.command()
def revoke(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="The key's id, as in `keys list`.")],
    config: ConfigFile = DEFAULT,
) -> None:
    """End a key for good. Every worker refuses it within a second.

    Example: tollkeeper keys revoke key_3f9a1c77d2e04b58
    """
    now = time.time()
    if not on_store(settings_at(config).settings, lambda store: store.revoke_key(key_id, now)):
        raise Failure(f"there is no key {key_id!r} that still works; `tollkeeper keys list` shows all")
    typer.echo(f"{key_id} is revoked")


def _check(option: str, value: Any) -> None:
    for text in value if isinstance(value, tuple) else [value]:
        if text is not None and not fits(text):
            raise Failure(f"--{option.removesuffix('s')}: {text!r}; allowed: {FITTING_WORDS}")


def _make(name: str, principal: Principal, now: float, ends: float | None, config: Path) -> tuple[str, VirtualKey]:
    settings = settings_at(config).settings
    key, stored = make(name, principal, now, ends, load_hash_key(settings))
    on_store(settings, lambda store: store.add_key(stored))
    return key, stored


def _shown(value: Any) -> Any:
    return ", ".join(value) if isinstance(value, list) else value


def _tell(key: str, stored: VirtualKey) -> None:
    until = f", until {iso(stored.expires_at)}" if stored.expires_at else ""
    typer.echo(f"{stored.id} ({stored.name}){until}. Keep the key now, it cannot be shown again:")
    typer.echo(key)
