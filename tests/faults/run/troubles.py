"""What goes wrong while the calls are made: drawn from the seed beforehand, then done at its time."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field

import yaml

from tests.faults.run.reader import Reader
from tests.faults.run.site import Site

KINDS = {
    "sqlite": {
        "store locked": 2,
        "worker killed": 4,
        "settings broken": 1,
        "both workers killed": 1,
        "settings changed": 1,
    },
    "redis": {
        "store killed": 2,
        "worker killed": 4,
        "store stopped": 2,
        "settings broken": 1,
        "both workers killed": 1,
        "settings changed": 1,
    },
}
"""By the store, with weights."""
FIRST = 1.0
"""Seconds into the run."""
GAP = (0.8, 2.6)
"""Seconds between two troubles, the least and the most."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """`at` is seconds into the run, `lasts` seconds of an outage, `which` of the workers."""

    at: float
    kind: str
    lasts: float
    which: int


def plan(seed: int, store: str, seconds: float) -> list[Trouble]:
    """The same for the same arguments. One of each kind comes first, so that a short run meets the most of them."""
    dice, kinds = random.Random(f"{seed}/troubles/{store}"), KINDS[store]
    first = list(kinds)
    troubles: list[Trouble] = []
    at = FIRST
    while at < seconds:
        kind = first.pop(0) if first else dice.choices(list(kinds), list(kinds.values()))[0]
        troubles.append(Trouble(at, kind, dice.uniform(0.2, 2.0), dice.randint(0, 1)))
        at += dice.uniform(*GAP) if not first else min(seconds / (len(kinds) + 1), GAP[1])
    return troubles


@dataclass(slots=True)
class Troubles:
    site: Site
    reader: Reader
    troubles: list[Trouble]
    done: Counter[str] = field(default_factory=Counter)

    async def make(self, seconds: float) -> None:
        """In their order, each when its time has come and all workers serve again; none after so many seconds."""
        began = time.monotonic()
        for trouble in self.troubles:
            await asyncio.sleep(max(0.0, began + trouble.at - time.monotonic()))
            await _until(lambda: all(self.site.serving()))
            if time.monotonic() > began + seconds:
                return
            await _ACTIONS[trouble.kind](self, trouble)
            self.done[trouble.kind] += 1

    async def _kill(self, trouble: Trouble) -> None:
        await self._end(self.site.workers()[trouble.which :][:1])

    async def _kill_both(self, _trouble: Trouble) -> None:
        await self._end(self.site.workers())

    async def _end(self, workers: list[int]) -> None:
        """Until a worker serves, which mostly is the other one, nobody can resolve a lease."""
        with self.reader.unattended():
            for pid in workers:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            await _until(lambda: not set(workers) & set(self.site.workers()))
            await _until(lambda: any(self.site.serving()))

    async def _kill_store(self, trouble: Trouble) -> None:
        """With all that it acknowledged on disk, as its append-only file is written before each answer."""
        with self.reader.unattended():
            self.site.redis.kill()
            await asyncio.sleep(trouble.lasts)
            await asyncio.to_thread(self.site.redis.start)

    async def _stop_store(self, trouble: Trouble) -> None:
        with self.reader.unattended():
            self.site.redis.stop()
            await asyncio.sleep(trouble.lasts)
            self.site.redis.go_on()

    async def _lock_store(self, trouble: Trouble) -> None:
        """Another process's transaction, in which nobody else can write."""
        path = self.site.settings.store_path
        with self.reader.unattended(), closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as db:
            while not _locked(db):  # noqa: ASYNC110  nobody tells when the lock is free
                await asyncio.sleep(0.002)
            await asyncio.sleep(trouble.lasts)
            db.execute("ROLLBACK")

    async def _change_settings(self, _trouble: Trouble) -> None:
        """Of nothing that matters here, so that the same limits hold all the time."""
        changed = self.site.file
        changed["models"]["changed-" + str(self.done.total())] = changed["models"]["either"]
        self.site.config.write_text(yaml.safe_dump(changed))

    async def _break_settings(self, trouble: Trouble) -> None:
        self.site.config.write_text("limits: [{nam")
        await asyncio.sleep(trouble.lasts)
        await self._change_settings(trouble)


_ACTIONS = {
    "worker killed": Troubles._kill,
    "both workers killed": Troubles._kill_both,
    "store killed": Troubles._kill_store,
    "store stopped": Troubles._stop_store,
    "store locked": Troubles._lock_store,
    "settings changed": Troubles._change_settings,
    "settings broken": Troubles._break_settings,
}


def _locked(db: sqlite3.Connection) -> bool:
    try:
        db.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError:
        return False
    return True


async def _until(condition: Callable[[], bool]) -> None:
    while not await asyncio.to_thread(condition):  # noqa: ASYNC110  other processes set no event
        await asyncio.sleep(0.03)
