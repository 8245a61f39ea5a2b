"""A signal is raised at once, waits while it is held, and is not lost to code that swallows it."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress

import pytest

from ext_proc.demo.interrupts import SIGNALS, Interrupted, interruptible


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_is_raised_at_once_and_only_once(number):
    with interruptible():
        with pytest.raises(Interrupted):
            os.kill(os.getpid(), number)
        os.kill(os.getpid(), number)


def test_what_is_held_is_done_first():
    done = []

    def hold(interrupts):
        with interrupts.hold():
            os.kill(os.getpid(), signal.SIGTERM)
            done.append("started")

    with interruptible() as interrupts, pytest.raises(Interrupted):
        hold(interrupts)
    assert done == ["started"]


def test_a_signal_that_was_swallowed_is_found_by_a_check():
    """As asyncio swallows what a callback raises, but for KeyboardInterrupt."""

    async def swallow():
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _loop, _context: None)
        loop.call_soon(lambda: os.kill(os.getpid(), signal.SIGTERM))
        await asyncio.sleep(0.01)

    with interruptible() as interrupts:
        with suppress(Interrupted):
            asyncio.run(swallow())
        with pytest.raises(Interrupted):
            interrupts.check()


def test_while_all_is_ended_nothing_is_raised():
    with interruptible() as interrupts:
        interrupts.hold_for_good()
        os.kill(os.getpid(), signal.SIGTERM)
        interrupts.check()


def test_afterwards_signals_mean_what_they_did_before():
    before = [signal.getsignal(number) for number in SIGNALS]
    with interruptible():
        pass
    assert [signal.getsignal(number) for number in SIGNALS] == before
