"""What a worker does while the store is away, by each limit's policy: deny, allow, or serve from slices.

A slice is a lease that the worker made beforehand. Calls let in from it settle by drawing on it, whoever settles them,
so nothing is ever let in that the store does not hold already. Slices are kept alive by `keep`, and given back by
`give_back`; those of a worker that died end like every lease.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from secrets import token_hex
from typing import TYPE_CHECKING

from ext_proc.errors import ControlError
from ext_proc.leases import Extension, Lease, Reserved, Settlement
from ext_proc.stores.slices import IDLE, LIFE, Seen, Slice, nothing_held, nothing_known, slice_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ext_proc.limits import Amounts, Claim
    from ext_proc.stores.store import Store

MOST_SLICES = 1000
AWAY = 2.0
"""Seconds after a call found the store away in which those that can be let in without it do not wait for it."""


@dataclass(slots=True)
class Lent:
    """A call that was let in from slices, which are named by account."""

    lease: Lease
    slices: list[Slice]
    expires_at: float


class LocalSlices:
    """The leases of `store`, with what is held beforehand: `share` of each limit that says `outage: local`.

    A call that slices could let in waits `patience` seconds for the store.
    """

    def __init__(self, store: Store, share: float = 0.02, patience: float = 0.5) -> None:
        self._store, self._share, self._patience = store, share, patience
        self._seen: dict[str, Seen] = {}
        self._slices: dict[str, Slice] = {}
        self._old: list[Slice] = []
        self._lent: dict[str, Lent] = {}
        self._failed_at = 0.0

    async def reserve(self, lease: Lease, now: float) -> Reserved:
        if not self._slices and lease.claims and all(claim.outage == "deny" for claim in lease.claims):
            return await self._store.reserve(lease, now)
        self._see(lease, now)
        if now - self._failed_at < AWAY and (lent := self._lend(lease, now)):
            return lent
        try:
            async with asyncio.timeout(self._patience if _lendable(lease) else None):
                return await self._reserve(lease, now)
        except (ControlError, TimeoutError) as failure:
            self._failed_at = now
            if lent := self._lend(lease, now):
                return lent
            if isinstance(failure, ControlError):
                raise
            raise ControlError("the store does not answer") from failure

    async def extend(self, extension: Extension, now: float) -> Reserved:
        lent = self._lent.get(extension.decision_id)
        if lent is None:
            return await self._extend(extension, now)
        lent.expires_at = max(lent.expires_at, extension.expires_at)
        return self._let_in(extension.decision_id, extension.claims, lent, now)

    async def renew(self, extensions: Sequence[Extension], now: float) -> list[str]:
        for one in extensions:
            if lent := self._lent.get(one.decision_id):
                lent.expires_at = max(lent.expires_at, one.expires_at)
        return await self._store.renew([one for one in extensions if one.decision_id not in self._lent], now)

    async def settle(self, settlements: Sequence[Settlement], now: float) -> int:
        drawing = [self._drawing(one) for one in settlements]
        new = await self._store.settle(drawing, now)
        self._failed_at = 0.0
        for one in drawing:
            self._take_back(one, certain=new == len(drawing))
        return new

    async def settle_later(self, settlements: Sequence[Settlement], due: float) -> None:
        """What draws on slices is settled at once: it has no lease that could wait."""
        drawing = [self._drawing(one) for one in settlements]
        await self._store.settle_later([one for one in drawing if not one.draws_on], due)
        if at_once := [one for one in drawing if one.draws_on]:
            await self.settle(at_once, due)

    def hold_of(self, limit: str) -> bool:
        """Whether any call can be let in from a slice of this limit."""
        return any(one.claim.limit == limit for one in self._slices.values())

    async def keep(self, now: float) -> None:
        """Settles what nobody settled, and holds slices of all that calls claim of. Raises ControlError."""
        await self._expire(now)
        for key, one in list(self._slices.items()):
            seen = self._seen.get(key)
            if seen is None or now - seen.at > IDLE:
                self._retire(key)
            elif not (one.lent and await self._begin(key, seen, now)):
                await self._hold(one, seen, now)
        for key, seen in list(self._seen.items()):
            if now - seen.at > IDLE:
                del self._seen[key]
            elif key not in self._slices and len(self._slices) < MOST_SLICES:
                await self._begin(key, seen, now)
        await self._end_old(now)

    async def give_back(self, now: float) -> None:
        """At the end of the worker. What is lent still stays held, until it expires. Raises ControlError."""
        for key in list(self._slices):
            self._retire(key)
        await self._end_old(now)

    async def _reserve(self, lease: Lease, now: float) -> Reserved:
        """A slice of the worker's own is never in the way of its calls."""
        reserved = await self._store.reserve(lease, now)
        refused = {(balance.limit, balance.unit, balance.scope) for balance in reserved.refused_by}
        claims = [claim for claim in lease.claims if (claim.limit, claim.unit, claim.scope) in refused]
        if not any(claim.key in self._slices for claim in claims):
            return reserved
        for claim in claims:
            self._retire(claim.key)
        await self._end_old(now)
        return await self._store.reserve(lease, now)

    async def _extend(self, extension: Extension, now: float) -> Reserved:
        """Only limits that allow let a call go on that the store let in."""
        claims = extension.claims
        allowed = bool(claims) and all(claim.outage == "allow" or not claim.enforce for claim in claims)
        try:
            async with asyncio.timeout(self._patience if allowed else None):
                return await self._store.extend(extension, now)
        except (ControlError, TimeoutError):
            if not allowed:
                raise
        return Reserved(tuple(map(nothing_known, claims)), unchecked=_names(claims))

    def _see(self, lease: Lease, now: float) -> None:
        for claim in lease.claims:
            if claim.outage == "local" and claim.enforce:
                largest = self._seen[claim.key].largest if claim.key in self._seen else 0
                tenant = lease.entry.get("tenant")
                self._seen[claim.key] = Seen(claim, tenant, max(largest, claim.amount), now)
            else:
                self._seen.pop(claim.key, None)

    def _lend(self, lease: Lease, now: float) -> Reserved | None:
        """None where a limit that is enforced does not allow it, or its slice has no room."""
        if not _lendable(lease):
            return None
        lent = Lent(lease, [], lease.expires_at)
        reserved = self._let_in(lease.decision_id, lease.claims, lent, now)
        if not reserved.granted:
            return None
        self._lent[lease.decision_id] = lent
        unchecked = [claim for claim in lease.claims if not (claim.enforce and claim.outage == "local")]
        return replace(reserved, unchecked=_names(unchecked))

    def _let_in(self, decision_id: str, claims: Sequence[Claim], lent: Lent, now: float) -> Reserved:
        """All claims on limits that say `local`, or none."""
        local = [(claim, self._slices.get(claim.key)) for claim in claims if claim.enforce and claim.outage == "local"]
        balances = tuple(one.balance(claim) if one else nothing_held(claim) for claim, one in local)
        fits = [one is not None and one.fits(claim, now) for claim, one in local]
        refused = tuple(balance for balance, fit in zip(balances, fits, strict=True) if not fit)
        if refused:
            return Reserved(balances, refused)
        for claim, one in local:
            assert one is not None
            one.lend(decision_id, claim.amount)
            if one not in lent.slices:
                lent.slices.append(one)
        return Reserved(balances, draws_on=tuple(one.id for one in lent.slices))

    def _drawing(self, settlement: Settlement) -> Settlement:
        lent = self._lent.get(settlement.decision_id)
        if lent is None or settlement.draws_on:
            return settlement
        return replace(settlement, draws_on=tuple(one.id for one in lent.slices))

    def _take_back(self, settlement: Settlement, *, certain: bool) -> None:
        lent = self._lent.pop(settlement.decision_id, None)
        for one in lent.slices if lent else ():
            one.take_back(settlement.decision_id, settlement.amounts, certain=certain)

    async def _expire(self, now: float) -> None:
        """What nobody settled in time was as bad as it could be, as with every lease."""
        overdue = [lent for lent in self._lent.values() if lent.expires_at <= now]
        for lent in overdue:
            amounts: Amounts = {}
            for one in lent.slices:
                worst = one.lent[lent.lease.decision_id]
                amounts[one.claim.unit] = max(worst, amounts.get(one.claim.unit, 0))
            entry = lent.lease.entry | {"outcome": "expired", "estimated": True}
            await self.settle([Settlement(lent.lease.decision_id, amounts, entry)], now)

    async def _hold(self, one: Slice, seen: Seen, now: float) -> None:
        """Fills it up when half of it is used, and keeps it alive."""
        one.claim = replace(seen.claim, amount=one.claim.amount)
        target = seen.target(self._share)
        lacking = target - one.held if one.held * 2 <= target else 0
        if not lacking and one.expires_at - now > LIFE / 2:
            return
        extended = await self._store.extend(one.extension(lacking, now + LIFE), now)
        if extended.refused_by:
            extended, lacking = await self._store.extend(one.extension(0, now + LIFE), now), 0
        if extended.ended:
            self._retire(seen.claim.key)
            return
        one.held, one.expires_at = one.held + lacking, now + LIFE

    async def _begin(self, key: str, seen: Seen, now: float) -> bool:
        """In place of one that has lent, too: what other workers settle of that, this one does not hear."""
        amount = seen.target(self._share)
        fresh = slice_of(seen, f"slice-{token_hex(12)}", amount, now)
        if not amount or not (await self._store.reserve(fresh.lease(now), now)).granted:
            return False
        self._retire(key)
        self._slices[key] = fresh
        return True

    def _retire(self, key: str) -> None:
        """It lends no more, and ends once all that it lent is settled."""
        if (one := self._slices.pop(key, None)) is not None:
            self._old.append(one)

    async def _end_old(self, now: float) -> None:
        ending = [one for one in self._old if not one.lent]
        if ending:
            await self._store.settle([one.end(now) for one in ending], now)
        self._old = [one for one in self._old if one not in ending]


def _names(claims: Iterable[Claim]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(claim.limit for claim in claims))


def _lendable(lease: Lease) -> bool:
    """Every limit that is enforced says something else than to refuse."""
    return not any(claim.enforce and claim.outage == "deny" for claim in lease.claims)
