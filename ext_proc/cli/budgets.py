"""`tollkeeper budgets`: how every limit stands, for each scope that it is counted for, and its calls under way."""

import time
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from ext_proc.cli.budget_changes import grant, reset, revoke
from ext_proc.cli.budget_check import check
from ext_proc.cli.failure import Failure
from ext_proc.cli.instants import iso, span
from ext_proc.cli.options import DEFAULT, HELP, AsJson, ConfigFile, settings_at
from ext_proc.cli.store_step import on_store
from ext_proc.cli.tables import bar, number, show_json, show_table, usd
from ext_proc.leases import Hold, LiveLease
from ext_proc.settings import Settings
from ext_proc.standings import Standing, grant_row, standings

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    context_settings=HELP,
    help="Show how the limits stand, ask, and change them.",
)
app.command("check")(check)
app.command("grant")(grant)
app.command("revoke")(revoke)
app.command("reset")(reset)

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
    """Show one limit, scope by scope, with the calls under way and what is granted.

    Example: tollkeeper budgets show team-month
    """
    settings = settings_at(config).settings
    standings = _standings(settings)
    chosen = [standing for standing in standings if standing.name == name]
    if not chosen:
        known = ", ".join(dict.fromkeys(standing.name for standing in standings))
        raise Failure(f"there is no limit {name!r}; known: {known or 'none'}")
    leases, grants = _leases(settings, name), _grants(settings, name)
    if as_json:
        show_json([_with(standing, leases, grants) for standing in chosen])
        return
    _show(chosen, as_json=False)
    _show_rows("calls under way", ("decision_id", "scope", "amount", "expires_at", "model", "key", "user"), leases)
    _show_rows("granted", ("id", "scope", "amount", "until", "note"), grants)


def _leases(settings: Settings, name: str) -> list[dict[str, Any]]:
    live = on_store(settings, lambda store: store.leases(name))
    return [_lease(one, hold) for one in live for hold in one.holds if hold.limit == name]


def _lease(lease: LiveLease, hold: Hold) -> dict[str, Any]:
    entry = lease.entry
    return {
        "decision_id": lease.decision_id,
        "scope": hold.scope,
        "unit": hold.unit,
        "amount": hold.amount,
        "expires_at": iso(lease.expires_at),
        "model": entry.get("request_model"),
        "key": entry.get("key"),
        "user": entry.get("user"),
    }


def _grants(settings: Settings, name: str) -> list[dict[str, Any]]:
    grants = on_store(settings, lambda store: store.grants(time.time()))
    return [grant_row(one) for one in grants if one.limit == name]


def _with(standing: Standing, leases: list[dict[str, Any]], grants: list[dict[str, Any]]) -> dict[str, Any]:
    row = standing.row()

    def own(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [one for one in rows if one["scope"] == row["scope"]]

    return {**row, "leases": own(leases), "grants": own(grants)}


def _show_rows(title: str, columns: Sequence[str], rows: list[dict[str, Any]]) -> None:
    if rows:
        typer.echo(title)
        show_table(columns, [[_cell(row, column) for column in columns] for row in rows])


def _cell(row: dict[str, Any], column: str) -> Any:
    if column != "amount":
        return row[column]
    return usd(row["amount"]) if row["unit"] == "usd" else number(row["amount"])


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
