"""`tollkeeper budgets`: how every limit stands, for each scope that it is counted for."""

import time
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from ext_proc.cli.failure import Failure
from ext_proc.cli.instants import iso, span
from ext_proc.cli.options import DEFAULT, HELP, AsJson, ConfigFile, settings_at
from ext_proc.cli.store_step import on_store
from ext_proc.cli.tables import bar, number, show_json, show_table, usd
from ext_proc.limits import Balance
from ext_proc.settings import Limit, Settings

app = typer.Typer(no_args_is_help=True, add_completion=False, context_settings=HELP, help="Show how the limits stand.")

_COLUMNS = ("limit", "scope", "unit", "window", "mode", "", ">used", ">leased", ">maximum", ">remaining", "resets")


@dataclass(frozen=True, slots=True)
class Standing:
    """One limit for one scope. `balance` is None before its first call, `limit` when the file no longer has it."""

    limit: Limit | None
    balance: Balance | None

    @property
    def name(self) -> str:
        return self.limit.name if self.limit else self.balance.limit if self.balance else ""

    @property
    def maximum(self) -> int:
        return self.limit.maximum if self.limit else self.balance.maximum if self.balance else 0

    def row(self) -> dict[str, Any]:
        used, leased = (self.balance.settled, self.balance.leased) if self.balance else (0, 0)
        return {
            "limit": self.name,
            "scope": self.balance.scope if self.balance else None,
            "unit": self.limit.unit if self.limit else self.balance and self.balance.unit,
            "window": self._window(),
            "mode": self.limit.mode if self.limit else "removed",
            "used": used,
            "leased": leased,
            "maximum": self.maximum,
            "remaining": max(0, self.maximum - used - leased),
            "resets_at": iso(self.balance.resets_at) if self.balance else None,
        }

    def _window(self) -> str | None:
        if self.limit is None:
            return self.balance.window or None if self.balance else None
        return f"{self.limit.window} {self.limit.tz}" if self.limit.tz else self.limit.window


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
    """In the order of the file; limits that it no longer has come last."""
    balances = on_store(settings, lambda store: store.balances(time.time()))
    standings = []
    for limit in settings.limits:
        own = [balance for balance in balances if (balance.limit, balance.unit) == (limit.name, limit.unit)]
        standings += [Standing(limit, balance) for balance in own] or [Standing(limit, None)]
    known = {(limit.name, limit.unit) for limit in settings.limits}
    return standings + [Standing(None, balance) for balance in balances if (balance.limit, balance.unit) not in known]


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
