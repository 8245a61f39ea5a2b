"""`tollkeeper budgets`: how every limit stands, for each scope that it is counted for."""

import time
from typing import Annotated, Any

import typer

from ext_proc.cli.failure import Failure
from ext_proc.cli.instants import iso, span
from ext_proc.cli.options import DEFAULT, HELP, AsJson, ConfigFile, settings_at
from ext_proc.cli.store_step import on_store
from ext_proc.cli.tables import bar, number, show_json, show_table, usd
from ext_proc.settings import Settings
from ext_proc.standings import Standing, standings

app = typer.Typer(no_args_is_help=True, add_completion=False, context_settings=HELP, help="Show how the limits stand.")

_COLUMNS = ("limit", "scope", "unit", "window", "mode", "", ">used", ">leased", ">maximum", ">remaining", "resets")


@app.command("list")
def list_budgets(as_json: AsJson = False, config: ConfigFile = DEFAULT) -> None:
    """Show every limit with what is used, held for calls under way, and left. Money in JSON is in nano-dollars.

    Example: tollkeeper budgets list
    """
    _show(_standings(settings_at(config).settings), as_json=as_json)


@app.command()
def show(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The limit's name.")],
    as_json: AsJson = False,
    config: ConfigFile = DEFAULT,
) -> None:
    """Show one limit, scope by scope.

    Example: tollkeeper budgets show team-month
    """
    standings = _standings(settings_at(config).settings)
    chosen = [standing for standing in standings if standing.name == name]
    if not chosen:
        known = ", ".join(dict.fromkeys(standing.name for standing in standings))
        raise Failure(f"there is no limit {name!r}; known: {known or 'none'}")
    _show(chosen, as_json=as_json)


def _standings(settings: Settings) -> list[Standing]:
    return standings(settings.limits, on_store(settings, lambda store: store.balances(time.time())))


def _show(standings: list[Standing], *, as_json: bool) -> None:
    rows = [standing.row() for standing in standings]
    if as_json:
        show_json(rows)
    elif rows:
        show_table(_COLUMNS, [_cells(standing, row) for standing, row in zip(standings, rows, strict=True)])
    else:
        typer.echo("the settings have no limits")


def _cells(standing: Standing, row: dict[str, Any]) -> list[Any]:
    amount = usd if row["unit"] == "usd" else number
    amounts = [amount(row[name]) for name in ("used", "leased", "maximum", "remaining")]
    filled = bar(row["used"] + row["leased"], row["maximum"])
    return [*(row[name] for name in ("limit", "scope", "unit", "window", "mode")), filled, *amounts, _resets(standing)]


def _resets(standing: Standing) -> str | None:
    at = standing.balance.resets_at if standing.balance else None
    return None if at is None else f"{iso(at)} (in {span(at - time.time())})"
