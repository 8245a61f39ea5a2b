"""Processes of a run: started, ended, and the CPU time that they and their children have used."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

Process = subprocess.Popen[bytes]


@contextmanager
def running(log: Path, *command: str, **environment: str) -> Iterator[Process]:
    """A process with its children in a session of their own, all ended on leaving."""
    with log.open("ab") as out:
        process = subprocess.Popen(
            command, stdout=out, stderr=out, env={**os.environ, **environment}, start_new_session=True
        )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(20)


def cpu_seconds(process: Process) -> float:
    """User and system time of the process, all its threads, and its children that live."""
    whole = psutil.Process(process.pid)
    return sum(_cpu(each) for each in (whole, *whole.children(recursive=True)))


def _cpu(process: psutil.Process) -> float:
    """Linux has a clock of every process, a thousand times finer than the ticks of `/proc`."""
    if sys.platform == "linux":
        return time.clock_gettime(~process.pid << 3 | 2)
    times = process.cpu_times()
    return times.user + times.system


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])
