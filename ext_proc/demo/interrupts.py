"""SIGINT, SIGTERM and SIGHUP as one exception, raised at once, but never while a process is started or ended.

So whoever starts a process has put it on the list of those to end before anything can be raised. Whoever waits or goes
on to the next thing checks, as foreign code may have swallowed it: asyncio's callbacks and finalizers do.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(BaseException):
    """Not an Exception: nothing that looks after faults may take it for one."""


@dataclass(slots=True)
class Interrupts:
    """`came` is the signal, once there was one; later ones change nothing."""

    came: int | None = None
    _held: int = 0
    _raised: bool = False
    _closing: bool = False

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Within the block a signal waits."""
        self._held += 1
        try:
            yield
        finally:
            self._held -= 1
        self._tell()

    def hold_for_good(self) -> None:
        self._closing = True

    def check(self) -> None:
        """Raises Interrupted when a signal came, whether or not it was raised before."""
        if self.came is not None and not self._held and not self._closing:
            self._raised = True
            raise Interrupted

    def take(self, number: int, _frame: Any) -> None:
        self.came = self.came or number
        self._tell()

    def _tell(self) -> None:
        if not self._raised:
            self.check()


@contextmanager
def interruptible() -> Iterator[Interrupts]:
    """While the block runs, signals come by the Interrupts."""
    interrupts = Interrupts()
    before = {number: signal.signal(number, interrupts.take) for number in SIGNALS}
    try:
        yield interrupts
    finally:
        for number, action in before.items():
            signal.signal(number, action)
