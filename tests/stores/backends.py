"""The stores that the suite runs over, and the leases that it runs through them."""

from ext_proc.leases import Extension, Lease, Settlement
from ext_proc.limits import Claim
from ext_proc.stores.sqlite import SqliteStore

BACKENDS = {"sqlite": lambda folder: SqliteStore(folder / "store.db")}

NOW = 1_790_000_000.0


def claim(
    limit="usd", amount=10, maximum=100, window="month", unit="usd", *, scope="team=a", enforce=True, thresholds=()
):
    return Claim(limit, scope, unit, window, maximum, amount, enforce, thresholds)


def slot(maximum=2):
    return claim("slots", 1, maximum, "", "concurrent")


def lease(decision_id, *claims, expires_at=NOW + 600, **members):
    return Lease(decision_id, claims, expires_at, {"decision_id": decision_id, "at": NOW, **members})


def extension(decision_id, *claims, expires_at=NOW + 600):
    return Extension(decision_id, claims, expires_at)


def settlement(decision_id, at=NOW, draws_on=(), **amounts):
    entry = {"decision_id": decision_id, "at": at, "cost_nano": amounts.get("usd", 0), "outcome": "served"}
    return Settlement(decision_id, amounts, entry, tuple(draws_on))


async def standing(store, now=NOW):
    """(settled, leased) by limit and scope."""
    return {(b.limit, b.scope): (b.settled, b.leased) for b in await store.balances(now)}
