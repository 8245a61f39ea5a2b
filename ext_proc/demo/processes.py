"""The demo's processes: started in a session of their own, ended with all that they started, whatever happens."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from ext_proc.demo.interrupts import Interrupts

PATIENCE = 10.0
"""Seconds that a process has to end in order."""


@contextmanager
def running(command: Sequence[str], log: Path, interrupts: Interrupts) -> Iterator[subprocess.Popen[bytes]]:
    """The process, its output in `log`. It does not get the terminal's Ctrl-C, so that it ends when we say so."""
    process: subprocess.Popen[bytes] | None = None
    try:
        with interrupts.hold(), log.open("ab") as output:
            process = subprocess.Popen(  # noqa: S603  our own command
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
            )
        yield process
    finally:
        if process is not None:
            _end(process, interrupts)


def _end(process: subprocess.Popen[bytes], interrupts: Interrupts) -> None:
    with interrupts.hold():
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(PATIENCE)
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)  # what it started, and itself when it did not end
        process.wait()
