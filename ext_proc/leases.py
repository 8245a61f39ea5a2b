"""Leases: the worst case of a call, reserved in every limit that matches it, then settled by what was used.

A grant raises one limit for one scope, for a while.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ext_proc.limits import Amounts, Balance, Claim, Unit, account_key


@dataclass(frozen=True, slots=True)
class Lease:
    """The worst case of one call, in every limit that matches it. `entry` is what the ledger gets if it expires."""

    decision_id: str
    claims: tuple[Claim, ...]
    expires_at: float
    entry: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Extension:
    """More for a live lease: amounts, which may be none, and time. `tenant` is its caller's."""

    decision_id: str
    claims: tuple[Claim, ...]
    expires_at: float
    tenant: str | None = None


@dataclass(frozen=True, slots=True)
class Reserved:
    """The outcome of a reserve or an extension.

    `refused_by` holds the enforced balances without room, `ended` says that there is no such lease any more; in both
    cases nothing was reserved.
    """

    balances: tuple[Balance, ...]
    refused_by: tuple[Balance, ...] = ()
    shadowed: tuple[Balance, ...] = ()
    ended: bool = False
    draws_on: tuple[str, ...] = ()
    """The worker's own leases that let the call in while the store was away: its settlement draws on them."""
    unchecked: tuple[str, ...] = ()
    """The limits that let the call in meanwhile without looking."""

    @property
    def granted(self) -> bool:
        return not self.refused_by and not self.ended


@dataclass(frozen=True, slots=True)
class Settlement:
    """What a call used, and its usage entry; idempotent by `decision_id`.

    One with `draws_on` is charged to those leases and leaves them open, each smaller by what was used. So an attempt
    is charged that its provider bills though another one follows, under an id of its own, and what a worker let in
    from its slices while the store was away. Where a lease has ended, its accounts are charged all the same. A lease of
    the settlement's own, made by a store that was not heard any more, is then given back.

    An entry with an `event` is no call: it goes to the sinks and not into the ledger.
    """

    decision_id: str
    amounts: Amounts
    entry: dict[str, Any]
    draws_on: tuple[str, ...] = ()

    @property
    def own(self) -> Amounts:
        """What is charged to its own lease."""
        return {"requests": 0} if self.draws_on else self.amounts


@dataclass(frozen=True, slots=True)
class Hold:
    """What a lease holds of one limit."""

    limit: str
    unit: Unit
    scope: str
    amount: int


@dataclass(frozen=True, slots=True)
class LiveLease:
    """A call under way, as an operator sees it."""

    decision_id: str
    expires_at: float
    holds: tuple[Hold, ...]
    entry: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Grant:
    """More of one limit for one scope, until an instant in Unix seconds or until it is revoked."""

    id: str
    limit: str
    scope: str
    unit: Unit
    amount: int
    at: float
    until: float | None = None
    note: str = ""

    @property
    def key(self) -> str:
        return account_key(self.limit, self.unit, self.scope)
