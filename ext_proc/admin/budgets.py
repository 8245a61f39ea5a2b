"""How the limits stand, scope by scope, with the calls under way; and a scope that begins anew."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from ext_proc.admin.grants import GrantRow, Scope
from ext_proc.admin.pages import Next, PageQuery, page
from ext_proc.admin.problem import Problem
from ext_proc.admin.route import Ask, Desk, Part
from ext_proc.instants import iso
from ext_proc.leases import LiveLease
from ext_proc.standings import Standing, grant_row, standings

MOST_LEASES = 1000
_WHO = ("tenant", "team", "app", "user", "key", "request_model")


class BudgetsQuery(PageQuery):
    limit: str | None = Field(default=None, description="The limit's name.")
    scope: str | None = Field(default=None, description="As in the rows.")


class BudgetQuery(PageQuery):
    scope: str | None = Field(default=None, description="As in the rows.")


class BudgetRow(Part):
    """Amounts are integers of the unit; of `usd` nano-dollars. `scope` is null before the first call."""

    limit: str
    scope: str | None
    unit: str | None
    window: str | None
    mode: str
    used: int
    leased: int
    maximum: int
    granted: int
    remaining: int
    resets_at: str | None


class BudgetPage(Part):
    budgets: list[BudgetRow]
    next: Next = None


class LeaseRow(Part):
    """A call under way; `amount` is what it holds of this limit."""

    decision_id: str
    scope: str
    amount: int
    expires_at: str | None
    tenant: str | None
    team: str | None
    app: str | None
    user: str | None
    key: str | None
    request_model: str | None


class Budget(BudgetPage):
    grants: list[GrantRow]
    leases: list[LeaseRow]
    leases_left_off: int = Field(description=f"How many there are beyond the first {MOST_LEASES} to expire.")


class ResetBody(Part):
    scope: Scope = ""


class Reset(Part):
    limit: str
    scope: str


async def list_budgets(desk: Desk, ask: Ask) -> BudgetPage:
    query: BudgetsQuery = ask.query
    return BudgetPage(**await _standings(desk, ask, query.limit, query.scope))


async def show_budget(desk: Desk, ask: Ask) -> Budget:
    query: BudgetQuery = ask.query
    name = ask.path["limit"]
    grants = [grant for grant in await desk.store.grants(ask.now) if grant.limit == name]
    leases = [row for lease in await desk.store.leases(name) for row in _lease_rows(lease, name)]
    if query.scope is not None:
        grants = [grant for grant in grants if grant.scope == query.scope]
        leases = [row for row in leases if row.scope == query.scope]
    return Budget(
        **await _standings(desk, ask, name, query.scope),
        grants=[GrantRow(**grant_row(grant)) for grant in grants],
        leases=leases[:MOST_LEASES],
        leases_left_off=max(0, len(leases) - MOST_LEASES),
    )


async def reset_budget(desk: Desk, ask: Ask) -> Reset:
    """What is settled is forgotten; calls under way still hold what they hold."""
    body: ResetBody = ask.body
    if not await desk.store.reset(ask.path["limit"], body.scope, ask.now):
        remedy = f"GET /admin/v1/budgets?limit={ask.path['limit']} lists the scopes."
        raise Problem("not-found", "Nothing is counted for this limit and scope.", remedy)
    return Reset(limit=ask.path["limit"], scope=body.scope)


async def _standings(desk: Desk, ask: Ask, name: str | None, scope: str | None) -> dict[str, Any]:
    every = standings(desk.snapshot().settings.limits, await desk.store.balances(ask.now))
    if name is not None and name not in {standing.name for standing in every}:
        raise Problem("not-found", "There is no limit of this name.", "GET /admin/v1/budgets lists them.")
    wanted = [one for one in every if name in (None, one.name) and scope in (None, _scope(one))]
    shown, following = page(wanted, _id, ask.query)
    return {"budgets": [BudgetRow(**standing.row()) for standing in shown], "next": following}


def _scope(standing: Standing) -> str | None:
    return standing.balance.scope if standing.balance else None


def _id(standing: Standing) -> str:
    return standing.balance.key if standing.balance else standing.name


def _lease_rows(lease: LiveLease, name: str) -> list[LeaseRow]:
    who: dict[str, Any] = {member: lease.entry.get(member) for member in _WHO}
    return [
        LeaseRow(
            decision_id=lease.decision_id,
            scope=hold.scope,
            amount=hold.amount,
            expires_at=iso(lease.expires_at),
            **who,
        )
        for hold in lease.holds
        if hold.limit == name
    ]
