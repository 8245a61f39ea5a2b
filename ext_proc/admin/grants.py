"""Grants: more of one limit for one scope, for a while or until it is taken back."""

from __future__ import annotations

import secrets
from decimal import Decimal
from typing import Annotated

from pydantic import Field, StrictInt

from ext_proc.admin.problem import Problem, Wrong
from ext_proc.admin.route import Ask, Desk, Part
from ext_proc.instants import after
from ext_proc.leases import Grant
from ext_proc.limits import NANO
from ext_proc.settings_limits import Limit
from ext_proc.settings_values import MOST_COUNTED, MOST_USD
from ext_proc.standings import grant_row

Scope = Annotated[
    str, Field(max_length=2048, description="As in the rows of budgets: team=research; empty without `per`.")
]


class NewGrant(Part):
    scope: Scope = ""
    amount: StrictInt | None = Field(default=None, ge=1, le=MOST_COUNTED, description="Of any unit but usd.")
    usd: Decimal | None = Field(default=None, gt=0, le=MOST_USD, decimal_places=9, description="Of a limit in usd.")
    until: str | None = Field(
        default=None, max_length=64, description="7d, 12h or a date; until revoked when left out."
    )
    note: str = Field(default="", max_length=256)
    id: str | None = Field(
        default=None, pattern=r"^[A-Za-z0-9_.-]{1,64}$", description="Your own, so that a request may be sent again."
    )


class GrantRow(Part):
    """`amount` is in the unit's integers; of `usd` nano-dollars."""

    id: str
    limit: str
    scope: str
    unit: str
    amount: int
    at: str | None
    until: str | None
    note: str


class GrantList(Part):
    grants: list[GrantRow]


class RevokedGrant(Part):
    id: str


async def list_grants(desk: Desk, ask: Ask) -> GrantList:
    found = [grant for grant in await desk.store.grants(ask.now) if grant.limit == ask.path["limit"]]
    return GrantList(grants=[GrantRow(**grant_row(grant)) for grant in found])


async def create_grant(desk: Desk, ask: Ask) -> GrantRow:
    """Asked again with the same `id` it changes nothing; with another content that is a conflict."""
    limit = _limit(desk, ask.path["limit"])
    wanted = _grant(limit, ask.body, ask.now)
    try:
        await desk.store.grant(wanted, ask.now)
    except ValueError as error:
        wrong = Wrong(at="/amount", problem=str(error))
        raise Problem("invalid", "The grant cannot be counted.", errors=[wrong]) from None
    kept = next((grant for grant in await desk.store.grants(ask.now) if grant.id == wanted.id), wanted)
    if (kept.key, kept.amount) != (wanted.key, wanted.amount):
        raise Problem("conflict", "A grant of this id is there already.", "Use another id, or none.")
    return GrantRow(**grant_row(kept))


async def revoke_grant(desk: Desk, ask: Ask) -> RevokedGrant:
    there = [grant for grant in await desk.store.grants(ask.now) if grant.id == ask.path["id"]]
    own = [grant for grant in there if grant.limit == ask.path["limit"]]
    if not own or not await desk.store.revoke_grant(ask.path["id"], ask.now):
        remedy = f"GET /admin/v1/budgets/{ask.path['limit']}/grants lists them."
        raise Problem("not-found", "This limit has no such grant, or it has ended.", remedy)
    return RevokedGrant(id=ask.path["id"])


def _limit(desk: Desk, name: str) -> Limit:
    limit = next((limit for limit in desk.snapshot().settings.limits if limit.name == name), None)
    if limit is None:
        raise Problem("not-found", "The settings have no limit of this name.", "GET /admin/v1/budgets lists them.")
    return limit


def _grant(limit: Limit, body: NewGrant, now: float) -> Grant:
    wrong = [*_scope_mistakes(limit, body.scope), *_amount_mistakes(limit, body)]
    until = None
    try:
        until = after(body.until, now) if body.until is not None else None
    except ValueError as error:
        wrong.append(Wrong(at="/until", problem=str(error)))
    if until is not None and until <= now:
        wrong.append(Wrong(at="/until", problem="it is in the past"))
    if wrong:
        raise Problem("invalid", f"This is no grant of the limit {limit.name}.", errors=wrong)
    amount = body.amount if body.usd is None else int(body.usd * NANO)
    assert amount is not None
    grant_id = body.id or f"grant_{secrets.token_hex(8)}"
    return Grant(grant_id, limit.name, body.scope, limit.unit, amount, now, until, body.note)


def _scope_mistakes(limit: Limit, scope: str) -> list[Wrong]:
    if limit.is_scope(scope):
        return []
    allowed = limit.scope_form or "empty, as the limit counts all together"
    return [Wrong(at="/scope", problem=f"not a scope of this limit; allowed: {allowed}")]


def _amount_mistakes(limit: Limit, body: NewGrant) -> list[Wrong]:
    wanted, other = ("usd", "amount") if limit.unit == "usd" else ("amount", "usd")
    found = []
    if getattr(body, other) is not None:
        found.append(Wrong(at=f"/{other}", problem=f"the limit is in {limit.unit}; allowed: {wanted}"))
    if getattr(body, wanted) is None:
        found.append(Wrong(at=f"/{wanted}", problem=f"the member is missing; the limit is in {limit.unit}"))
    return found
