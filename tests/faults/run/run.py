"""One run: the gateway is started, called from all sides while things go wrong, left to come to rest, and audited."""

from __future__ import annotations

import asyncio
import random
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from ext_proc.conclusions import GRACE
from ext_proc.listeners import worker_addresses
from tests.faults.run import troubles
from tests.faults.run.audit import audited
from tests.faults.run.callers import Callers
from tests.faults.run.echo import Echo
from tests.faults.run.reader import Reader
from tests.faults.run.report import Run
from tests.faults.run.site import Site, make_keys, started
from tests.stores.servers import RedisServer

REST = 25.0
"""Seconds by which the last lease has ended, of its own accord or not."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """`store` is sqlite or redis; `seconds` is for how long calls are made."""

    store: str
    seconds: float
    callers: int
    seed: int
    envoy: str = "1.40"
    without: frozenset[str] = frozenset()
    """Ways for a try to go that are left out."""


def run(wanted: Wanted, folder: Path) -> Run:
    with ExitStack() as stack:
        redis = None
        if wanted.store == "redis":
            redis = RedisServer(folder / "redis", appendonly="yes", appendfsync="always").start()
            stack.callback(redis.end)
        site = stack.enter_context(started(Site(folder, wanted.envoy, wanted.callers, redis)))
        return asyncio.run(_run(wanted, site))


async def _run(wanted: Wanted, site: Site) -> Run:
    await make_keys(site)
    echo = Echo(worker_addresses(site.settings.listen), random.Random(f"{wanted.seed}/echo"))
    await echo.start(site.ports["echo"])
    callers = Callers(site.url, wanted.seed, site.keys, wanted.without)
    with Reader(site) as reader:
        planned = troubles.plan(wanted.seed, wanted.store, wanted.seconds)
        making = troubles.Troubles(site, reader, planned)
        await asyncio.gather(callers.call_for(wanted.seconds), making.make(wanted.seconds))
        await _rest(site, reader, echo)
    about = {"store": wanted.store, "Envoy": wanted.envoy, "callers": str(wanted.callers), "seed": str(wanted.seed)}
    logs = site.logs()
    faults = logs.count("unforeseen") + logs.count("Traceback")
    return Run(about, callers.calls, making, reader, await audited(site, callers.calls), echo.told, faults)


async def _rest(site: Site, reader: Reader, echo: Echo) -> None:
    """Until every lease has ended, and every last word was told for the last time and is settled."""
    deadline = time.monotonic() + REST
    await asyncio.sleep(1)
    while reader.leases and time.monotonic() < deadline:  # noqa: ASYNC110  the store sets no event
        await asyncio.sleep(0.1)
    await echo.end()
    await asyncio.sleep(GRACE + 1)
