"""Keeps the worker processes alive: starts them, restarts one that dies, and passes SIGTERM on."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
import time
from pathlib import Path

log = logging.getLogger(__name__)
PATIENCE = 45.0
"""Seconds that a worker has to drain before it is killed."""
SHORTEST_LIFE = 5.0
"""A worker that lived less long than this, in seconds, waits before it is started again."""
LONGEST_PAUSE = 5.0


async def supervise(path: Path, workers: int) -> int:
    """Runs until SIGTERM or SIGINT. Exit status 0 when all workers drained, 1 when one had to be killed."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    kept = [asyncio.create_task(_keep(path, worker, stop)) for worker in range(workers)]
    return max(await asyncio.gather(*kept))


async def _keep(path: Path, worker: int, stop: asyncio.Event) -> int:
    pause = 0.1
    while True:
        began = time.monotonic()
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "ext_proc", "serve", "-c", str(path), "--worker", str(worker)
        )
        await _first(process.wait(), stop.wait())
        if stop.is_set():
            return await _end(process)
        pause = 0.1 if time.monotonic() - began > SHORTEST_LIFE else min(LONGEST_PAUSE, pause * 2)
        log.error("worker %d ended with status %s, starting it again in %.1f s", worker, process.returncode, pause)
        await _first(asyncio.sleep(pause), stop.wait())
        if stop.is_set():
            return 0


async def _end(process: asyncio.subprocess.Process) -> int:
    if process.returncode is None:
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), PATIENCE)
    except TimeoutError:
        process.kill()
        await process.wait()
        return 1
    return 0


async def _first(*waits: object) -> None:
    tasks = [asyncio.ensure_future(wait) for wait in waits]  # type: ignore[call-overload]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
