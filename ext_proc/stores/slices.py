"""What a worker holds of limits beforehand, each a lease of its own: what is lent of it to calls, without I/O."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ext_proc.leases import Extension, Lease, Settlement
from ext_proc.limits import Balance, Claim, drawn

if TYPE_CHECKING:
    from ext_proc.limits import Amounts

LIFE = 600.0
"""Seconds that a slice outlives the worker's last word on it, and so the longest outage that it helps over."""
IDLE = 300.0
"""Seconds without a call after which a slice is given back."""


@dataclass(slots=True)
class Seen:
    """A limit for one scope that calls claim of: its present terms and the largest amount that was asked."""

    claim: Claim
    tenant: str | None
    largest: int
    at: float

    def target(self, share: float) -> int:
        """What to hold: a share of the limit, but enough for one call."""
        return min(self.claim.maximum, max(self.largest, int(self.claim.maximum * share)))


@dataclass(slots=True, eq=False)
class Slice:
    """One lease. `held` is what the store holds for it at least, `lent` the worst case of each call let in from it."""

    id: str
    claim: Claim
    tenant: str | None
    expires_at: float
    held: int
    lent: dict[str, int] = field(default_factory=dict)

    @property
    def room(self) -> int:
        return self.held - sum(self.lent.values())

    def fits(self, claim: Claim, now: float) -> bool:
        return now < self.expires_at and claim.amount <= self.room

    def lend(self, decision_id: str, amount: int) -> None:
        self.lent[decision_id] = self.lent.get(decision_id, 0) + amount

    def take_back(self, decision_id: str, amounts: Amounts, *, certain: bool) -> None:
        """What was used is gone; where somebody else may have said how much that was, the worst case is."""
        amount = self.lent.pop(decision_id, 0)
        used = drawn(self.claim.unit, amounts, self.claim.key)
        self.held = max(0, self.held - (used if certain else max(used, amount)))

    def balance(self, claim: Claim) -> Balance:
        """All that is not here counts as held elsewhere: what remains is what this worker may still let in."""
        held = max(0, claim.maximum - self.room)
        return Balance(claim.limit, claim.scope, claim.unit, claim.window, claim.maximum, 0, held, None)

    def lease(self, now: float) -> Lease:
        return Lease(self.id, (self.claim,), self.expires_at, self.entry(now))

    def extension(self, amount: int, expires_at: float) -> Extension:
        more = (_amounting(self.claim, amount),) if amount else ()
        return Extension(self.id, more, expires_at, self.tenant)

    def end(self, now: float) -> Settlement:
        """Gives back what nobody used."""
        return Settlement(self.id, {"requests": 0}, self.entry(now))

    def entry(self, now: float) -> dict[str, object]:
        about = {"limit": self.claim.limit, "scope": self.claim.scope, "unit": self.claim.unit}
        return {"event": "slice", "decision_id": self.id, "at": now, "tenant": self.tenant, **about}


def slice_of(seen: Seen, slice_id: str, amount: int, now: float) -> Slice:
    return Slice(slice_id, _amounting(seen.claim, amount), seen.tenant, now + LIFE, amount)


def nothing_held(claim: Claim) -> Balance:
    return _leased(claim, claim.maximum)


def nothing_known(claim: Claim) -> Balance:
    return _leased(claim, 0)


def _leased(claim: Claim, amount: int) -> Balance:
    return Balance(claim.limit, claim.scope, claim.unit, claim.window, claim.maximum, 0, amount, None, claim.enforce)


def _amounting(claim: Claim, amount: int) -> Claim:
    return Claim(
        claim.limit, claim.scope, claim.unit, claim.window, claim.maximum, amount, claim.enforce, claim.thresholds
    )
