"""`tollkeeper budgets grant | revoke | reset`: more of a limit for one scope, for a while, or a new beginning."""

import secrets
import time
from decimal import Decimal, InvalidOperation
from typing import Annotated

import typer

from ext_proc.cli.failure import Failure
from ext_proc.cli.instants import after
from ext_proc.cli.options import DEFAULT, AsJson, ConfigFile, settings_at
from ext_proc.cli.store_step import on_store
from ext_proc.cli.tables import number, show_json, usd
from ext_proc.leases import Grant
from ext_proc.limits import NANO
from ext_proc.settings import Settings
from ext_proc.settings_limits import Limit
from ext_proc.settings_values import MOST_COUNTED, MOST_USD
from ext_proc.standings import grant_row

Name = Annotated[str, typer.Argument(metavar="NAME", help="The limit's name.")]
Scope = Annotated[str, typer.Option(help="As `budgets show` has it: team=research; none where nothing is told apart.")]


def grant(
    name: Name,
    *,
    scope: Scope = "",
    amount: Annotated[int | None, typer.Option(help="Calls, tokens or slots.")] = None,
    dollars: Annotated[str | None, typer.Option("--usd", help="Dollars, for a limit in usd.")] = None,
    until: Annotated[str | None, typer.Option(help="When it ends: 7d, 12h or a date; without it when revoked.")] = None,
    note: Annotated[str, typer.Option(help="Why, for those who look at it later.")] = "",
    grant_id: Annotated[str | None, typer.Option("--id", help="Your own: a grant of the same id is made once.")] = None,
    as_json: AsJson = False,
    config: ConfigFile = DEFAULT,
) -> None:
    """Raise a limit for one scope. Every worker knows at once.

    Example: tollkeeper budgets grant team-month --scope team=research --usd 50 --until 7d
    """
    settings, now = settings_at(config).settings, time.time()
    limit = _limit(settings, name)
    _check_scope(limit, scope)
    ends = None if until is None else after(until, now, "--until")
    if ends is not None and ends <= now:
        raise Failure(f"--until: {until!r} is in the past")
    made_id = grant_id or f"grant_{secrets.token_hex(8)}"
    made = Grant(made_id, name, scope, limit.unit, _amount(limit, amount, dollars), now, ends, note)
    _make(settings, made, now)
    if as_json:
        show_json(grant_row(made))
    else:
        more = usd(made.amount) if made.unit == "usd" else number(made.amount)
        typer.echo(f"{made.id}: {more} {made.unit} more of {name}{f' for {scope}' if scope else ''}")


def revoke(
    grant_id: Annotated[str, typer.Argument(metavar="ID", help="The grant's id, as in `budgets show`.")],
    config: ConfigFile = DEFAULT,
) -> None:
    """Take a grant back. What was used of it stays used.

    Example: tollkeeper budgets revoke grant_3f9a1c77d2e04b58
    """
    if not on_store(settings_at(config).settings, lambda store: store.revoke_grant(grant_id, time.time())):
        raise Failure(f"there is no grant {grant_id!r} that still holds; `tollkeeper budgets show NAME` shows them")
    typer.echo(f"{grant_id} is revoked")


def reset(name: Name, *, scope: Scope = "", config: ConfigFile = DEFAULT) -> None:
    """Forget what is used of a limit for one scope. Calls under way keep what they hold; the ledger is as it was.

    Example: tollkeeper budgets reset team-month --scope team=research
    """
    if not on_store(settings_at(config).settings, lambda store: store.reset(name, scope, time.time())):
        raise Failure(f"nothing is counted for {name!r} and the scope {scope!r}; see `tollkeeper budgets list`")
    typer.echo(f"{name}{f' for {scope}' if scope else ''} begins anew")


def _limit(settings: Settings, name: str) -> Limit:
    limit = next((limit for limit in settings.limits if limit.name == name), None)
    if limit is None:
        known = ", ".join(limit.name for limit in settings.limits)
        raise Failure(f"there is no limit {name!r}; known: {known or 'none'}")
    return limit


def _check_scope(limit: Limit, scope: str) -> None:
    if not limit.is_scope(scope):
        raise Failure(f"--scope: {scope!r} is no scope of {limit.name}; allowed: {limit.scope_form or 'none'}")


def _amount(limit: Limit, amount: int | None, dollars: str | None) -> int:
    in_usd = limit.unit == "usd"
    wanted, other = ("--usd", "--amount") if in_usd else ("--amount", "--usd")
    if (amount if in_usd else dollars) is not None or (dollars if in_usd else amount) is None:
        raise Failure(f"{limit.name} is in {limit.unit}: say {wanted} and not {other}")
    if not in_usd:
        assert amount is not None
        if not 1 <= amount <= MOST_COUNTED:
            raise Failure(f"--amount: {amount} is out of range; allowed: 1 to {MOST_COUNTED}")
        return amount
    try:
        value = Decimal(str(dollars))
    except InvalidOperation:
        raise Failure(f"--usd: {dollars!r} is not an amount; allowed: dollars, as in 50 or 0.25") from None
    if not value.is_finite() or not 0 < value <= MOST_USD or value * NANO % 1:
        raise Failure(f"--usd: {dollars} is out of range; allowed: up to {MOST_USD} dollars with at most 9 decimals")
    return int(value * NANO)


def _make(settings: Settings, made: Grant, now: float) -> None:
    on_store(settings, lambda store: store.grant(made, now))
    kept = [one for one in on_store(settings, lambda store: store.grants(now)) if one.id == made.id]
    if any((one.key, one.amount) != (made.key, made.amount) for one in kept):
        raise Failure(f"--id: there is another grant {made.id!r}; use another id, or none")
