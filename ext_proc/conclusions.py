"""The access log's last words, settled in batches. Those that an upstream filter settles itself wait a moment for it."""

from __future__ import annotations

import heapq
import itertools
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence

from ext_proc.errors import ControlError
from ext_proc.events import Finished
from ext_proc.leases import Settlement
from ext_proc.plan import Plan, load
from ext_proc.snapshot import Snapshot
from ext_proc.stages.conclude import conclude

GRACE = 2.0
"""Seconds that the upstream filter has to settle what it watched."""
BATCH = 256
MOST_WAITING = 100_000
log = logging.getLogger(__name__)


class Conclusions:
    """`add` what the host reports, then `flush` when due. Kept while the store is away; a lease's expiry is the last net."""

    def __init__(
        self, snapshot: Callable[[], Snapshot], settle: Callable[[Sequence[Settlement], float], Awaitable[int]]
    ) -> None:
        self._snapshot, self._settle = snapshot, settle
        self._waiting: list[tuple[float, int, Settlement]] = []
        self._order = itertools.count()

    def add(self, finished: Iterable[Finished], now: float) -> None:
        snapshot = self._snapshot()
        for one in finished:
            try:
                plan = load(one.plan)
            except (ValueError, TypeError, KeyError):
                log.warning("an access log entry came without a readable plan")
                continue
            due = now + (GRACE if _watched(plan, one) else 0.0)
            heapq.heappush(self._waiting, (due, next(self._order), conclude(plan, one, snapshot)))

    async def flush(self, now: float) -> None:
        """Settles all that is due. What the store does not take stays for the next time."""
        while self._waiting and self._waiting[0][0] <= now:
            due: list[tuple[float, int, Settlement]] = []
            while self._waiting and self._waiting[0][0] <= now and len(due) < BATCH:
                due.append(heapq.heappop(self._waiting))
            try:
                await self._settle([settlement for _, _, settlement in due], now)
            except ControlError as error:
                self._put_back(due)
                log.warning("settling %d calls failed: %s", len(due), error.code)
                return

    def _put_back(self, due: list[tuple[float, int, Settlement]]) -> None:
        for one in due[: max(0, MOST_WAITING - len(self._waiting))]:
            heapq.heappush(self._waiting, one)


def _watched(plan: Plan, finished: Finished) -> bool:
    """An answer that the upstream filter saw, and that it will have settled with what it counted."""
    step = plan.step(finished.provider, finished.attempts or 1)
    return step is not None and not step.native and 200 <= finished.status < 300
