"""The access log's last words, settled in batches.

Those on an answer that an upstream filter watched wait in the store for its own settlement, which counted more closely.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence

from ext_proc.errors import ControlError
from ext_proc.events import Finished
from ext_proc.leases import Settlement
from ext_proc.plan import Plan, load
from ext_proc.snapshot import Snapshot
from ext_proc.stages.conclude import conclude, released

GRACE = 2.0
"""Seconds that the upstream filter has to settle what it watched."""
BATCH = 64
MOST_WAITING = 100_000
log = logging.getLogger(__name__)
Settles = Callable[[Sequence[Settlement], float], Awaitable[object]]


class Conclusions:
    """`add` what the host reports, then `flush`. Kept while the store is away; a lease's expiry is the last net."""

    def __init__(self, snapshot: Callable[[], Snapshot], settle: Settles, settle_later: Settles) -> None:
        self._snapshot = snapshot
        self._settle, self._settle_later = settle, settle_later
        self._final: list[Settlement] = []
        self._watched: list[Settlement] = []
        self._some = asyncio.Event()

    def add(self, finished: Iterable[Finished]) -> None:
        snapshot = self._snapshot()
        for one in finished:
            try:
                plan = load(one.plan)
                settlements = [conclude(plan, one, snapshot), *_also(plan, one, snapshot)]
            except (ValueError, TypeError, KeyError):
                log.warning("an access log entry came without a readable plan")
                continue
            waiting = self._watched if _watched(plan, one) else self._final
            if len(waiting) < MOST_WAITING:
                waiting.extend(settlements)
                self._some.set()

    async def some(self) -> None:
        """Waits until there is something to flush, so that nobody need look for it in vain."""
        await self._some.wait()

    async def flush(self, now: float) -> None:
        """Hands all to the store. What it does not take stays for the next time."""
        await _drain(self._final, self._settle, now)
        await _drain(self._watched, self._settle_later, now + GRACE)
        if not self._final and not self._watched:
            self._some.clear()


async def _drain(waiting: list[Settlement], settle: Settles, when: float) -> None:
    while waiting:
        batch = waiting[:BATCH]
        try:
            await settle(batch, when)
        except ControlError as error:
            log.warning("settling %d calls failed: %s", len(batch), error.code)
            return
        del waiting[: len(batch)]
        await asyncio.sleep(0)  # lets calls in between


def _also(plan: Plan, finished: Finished, snapshot: Snapshot) -> list[Settlement]:
    given_back = released(plan, finished, snapshot)
    return [] if given_back is None else [given_back]


def _watched(plan: Plan, finished: Finished) -> bool:
    """An answer that the upstream filter saw, and that it settles with what it counted."""
    step = plan.step(finished.provider, finished.attempts or 1)
    return step is not None and not step.native and 200 <= finished.status < 300
