"""The service's own steps, alone and in one process: microseconds of CPU each, threads included."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path

from bench.calls import PATH, Kind
from ext_proc.apis.json_body import read_object
from ext_proc.attempt import Attempt
from ext_proc.bootstrap import build_snapshot, new_decision_id
from ext_proc.drive import Driver
from ext_proc.effects import FindKey, Reserve, Settle
from ext_proc.events import Call, Finished, RequestHeaders
from ext_proc.leases import Lease, Reserved, Settlement
from ext_proc.limits import Balance
from ext_proc.plan import load as load_plan
from ext_proc.principal import Principal, VirtualKey, digest_of
from ext_proc.replies import Allow
from ext_proc.settings_file import load
from ext_proc.snapshot import Snapshot
from ext_proc.stages.conclude import conclude
from ext_proc.stages.identify import identify
from ext_proc.stores.sqlite import SqliteStore

KEY = "tk-bench-key"
TOGETHER = 16
Step = Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Timed:
    """Microseconds of CPU that a step takes, the least of several tries."""

    title: str
    micros: float


@dataclass(frozen=True, slots=True)
class Micro:
    """One call as every step sees it."""

    snapshot: Snapshot
    driver: Driver
    call: Call
    plan: str
    lease: Lease
    tries: int

    async def timed(self) -> list[Timed]:
        return [Timed(title, await self._least(step)) for title, step in self._steps().items()]

    def _steps(self) -> dict[str, Step]:
        plan, now = load_plan(self.plan), time.time()
        finished = Finished(self.plan, 200, "openai", 1, 1000, {"prompt_tokens": 9.0, "completion_tokens": 7.0})
        headers = RequestHeaders(self.call.headers, "openai", 1, self.plan)
        return {
            "decide, with a store that answers at once": lambda: self.driver.decide(self.call),
            "  identify the key": lambda: identify(self.call, self.snapshot, now),
            "  read the body's JSON": _plain(lambda: read_object(self.call.body)),
            "  write the plan": _plain(plan.dump),
            "attempt: the headers": lambda: Attempt(self.snapshot, time.time).on(headers),
            "  read the plan": _plain(lambda: load_plan(self.plan)),
            "conclude from the access log": _plain(lambda: conclude(plan, finished, self.snapshot)),
        }

    async def stored(self, folder: Path) -> list[Timed]:
        """Reserve and settle in SQLite: one at a time, and many at once."""
        store = SqliteStore(folder / "micro.db")
        await store.open()
        try:
            rows = []
            for at_once, title in ((1, "alone"), (TOGETHER, f"{TOGETHER} at once")):
                reserved, settled = await self._leases(store, at_once)
                rows += [Timed(f"SQLite reserve, {title}", reserved), Timed(f"SQLite settle, {title}", settled)]
            return rows
        finally:
            await store.close()

    async def _leases(self, store: SqliteStore, at_once: int) -> tuple[float, float]:
        leases = [replace(self.lease, decision_id=new_decision_id()) for _ in range(self.tries)]
        groups = [leases[at : at + at_once] for at in range(0, len(leases), at_once)]
        began = time.process_time()
        for group in groups:
            await asyncio.gather(*(store.reserve(lease, time.time()) for lease in group))
        reserved = time.process_time()
        for group in groups:
            await store.settle([_settlement(lease) for lease in group], time.time())
        settled = time.process_time()
        return (reserved - began) * 1e6 / len(leases), (settled - reserved) * 1e6 / len(leases)

    async def _least(self, step: Step) -> float:
        return min([await self._mean(step) for _ in range(5)])

    async def _mean(self, step: Step) -> float:
        began = time.process_time()
        for _ in range(self.tries):
            await step()
        return (time.process_time() - began) * 1e6 / self.tries


async def prepare(settings_path: Path, tries: int) -> Micro:
    """What the steps work on, learnt by deciding one call."""
    settings = load(settings_path)
    snapshot = build_snapshot(settings, 1)
    digest = digest_of(KEY, snapshot.hash_key)
    principal = Principal(team="research", key="key_0123456789abcdef")
    snapshot = replace(snapshot, keys={digest: VirtualKey("key", digest, "bench", principal, 0.0)})
    snapshot = replace(
        snapshot, upstreams={n: replace(u, credential="Bearer k") for n, u in snapshot.upstreams.items()}
    )
    leases: list[Lease] = []

    async def reserve(effect: Reserve) -> Reserved:
        leases.append(effect.lease)
        del leases[:-1]
        return Reserved(
            tuple(Balance(c.limit, c.scope, c.unit, c.window, c.maximum, 0, c.amount, 2e9) for c in effect.lease.claims)
        )

    async def nothing(_: object) -> None:
        return None

    perform = {FindKey: nothing, Reserve: reserve, Settle: nothing}
    driver = Driver(lambda: snapshot, perform, time.time, new_decision_id, random.random)
    call = Call("POST", PATH, _headers(), Kind().body(), frozenset({"json", "sse"}))
    allowed = await driver.decide(call)
    assert isinstance(allowed, Allow), allowed
    return Micro(snapshot, driver, call, allowed.plan, leases[0], tries)


def _headers() -> tuple[tuple[str, str], ...]:
    head = Kind().request(KEY).partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:]
    names = ((":method", "POST"), (":path", PATH), (":scheme", "http"), ("x-request-id", "0" * 36))
    return (*names, *((line.partition(": ")[0], line.partition(": ")[2]) for line in head))


def _settlement(lease: Lease) -> Settlement:
    return Settlement(lease.decision_id, {"requests": 1, "tokens": 500, "usd": 90_000}, lease.entry)


def _plain(step: Callable[[], object]) -> Step:
    async def run() -> object:
        return step()

    return run
