"""Reads the store all the time, from a thread and a connection of its own, and counts what is above a limit or overdue."""

from __future__ import annotations

import asyncio
import math
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Self

from ext_proc.errors import ControlError
from ext_proc.limits import NANO, UNITS
from ext_proc.stores.opened import open_store
from ext_proc.stores.store import Store
from tests.faults.run.site import Site, limits

PAUSE = 0.03
OVERDUE = 1.0
"""Seconds after its end by which a lease must be resolved."""


def maxima(callers: int) -> dict[str, int]:
    """In units, by limit, as the operator's file has them."""
    rows = [(limit["name"], next((unit, limit[unit]) for unit in UNITS if unit in limit)) for limit in limits(callers)]
    return {name: round(amount * NANO) if unit == "usd" else amount for name, (unit, amount) in rows}


@dataclass(slots=True)
class Reader:
    """`above` is the most units over a limit, by limit; `fullest` the highest share of it that was seen."""

    site: Site
    reads: int = 0
    failed: int = 0
    above: Counter[str] = field(default_factory=Counter)
    fullest: dict[str, float] = field(default_factory=dict)
    overdue: float = 0.0
    leases: int = 1
    """That live at the last reading."""
    attended_since: float = field(default_factory=time.time)
    """Since when both the store and a worker have been there to resolve leases; in Unix seconds."""
    _ended: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=lambda: asyncio.run(self._read()), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        assert self._thread is not None
        self._thread.join(20)

    @contextmanager
    def unattended(self) -> Iterator[None]:
        """While this lasts nobody can resolve a lease."""
        self.attended_since = math.inf
        try:
            yield
        finally:
            self.attended_since = time.time()

    async def _read(self) -> None:
        store, most = open_store(self.site.settings), maxima(self.site.callers)
        await store.open()
        while not self._ended.is_set():
            try:
                await self._look(store, most)
                self.reads += 1
            except ControlError:
                self.failed += 1
            await asyncio.sleep(PAUSE)
        await store.close()

    async def _look(self, store: Store, most: dict[str, int]) -> None:
        for balance in await store.balances(time.time()):
            held, maximum = balance.settled + balance.leased, most[balance.limit]
            self.fullest[balance.limit] = max(self.fullest.get(balance.limit, 0.0), held / maximum)
            if held > maximum:
                self.above[balance.limit] = max(self.above[balance.limit], held - maximum)
        leases = await store.leases()
        now, self.leases = time.time(), len(leases)
        for lease in leases[:1]:
            self.overdue = max(self.overdue, min(now - lease.expires_at, now - self.attended_since))
