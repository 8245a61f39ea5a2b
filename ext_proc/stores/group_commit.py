"""One thread that owns one SQLite connection and commits all waiting work as one transaction.

The event loop hands it steps and awaits their results. A step that fails must not spoil its neighbours: the transaction
is rolled back and each of them tried alone. A caller that left before its step began is skipped.
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from ext_proc.errors import ControlError

T = TypeVar("T")
Step = Callable[[sqlite3.Connection], Any]
Begin = Callable[[sqlite3.Connection], object]
_MOST = 256
"""Steps in one transaction, so that no caller waits long for others."""
_REFUSED = (sqlite3.IntegrityError, sqlite3.DataError, sqlite3.ProgrammingError, sqlite3.InterfaceError)
"""What the database says to a wrong step; every other error of its is its own."""
_STEP_FAILED = (*_REFUSED, ValueError, TypeError, LookupError, ArithmeticError)


@dataclass(frozen=True, slots=True)
class _Job:
    step: Step
    future: asyncio.Future[Any]


@dataclass(frozen=True, slots=True)
class _Outcome:
    job: _Job
    result: Any = None
    error: BaseException | None = None

    def deliver(self) -> None:
        if self.job.future.done():
            return
        if self.error is None:
            self.job.future.set_result(self.result)
        else:
            self.job.future.set_exception(self.error)


class GroupCommit:
    """`connect` is called in the thread, at first and after every failure of the database. Made inside the loop."""

    def __init__(self, name: str, connect: Callable[[], sqlite3.Connection], begin: Begin) -> None:
        self._connect = connect
        self._begin = begin
        self._db: sqlite3.Connection | None = None
        self._closed = False
        self._loop = asyncio.get_running_loop()
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    async def run(self, step: Callable[[sqlite3.Connection], T]) -> T:
        """The step's result, once it is committed. Raises ControlError when the database does not answer."""
        if self._closed or not self._thread.is_alive():
            raise ControlError("the store is closed")
        future: asyncio.Future[T] = self._loop.create_future()
        self._jobs.put(_Job(step, future))
        return await future

    async def close(self) -> None:
        """What was handed over before is still done."""
        self._closed = True
        self._jobs.put(None)
        await asyncio.to_thread(self._thread.join)

    def _work(self) -> None:
        try:
            for jobs in self._batches():
                outcomes = self._attempt(jobs)
                if self._loop.is_closed():
                    return
                self._loop.call_soon_threadsafe(_deliver, outcomes)
        finally:
            self._drop_connection()

    def _batches(self) -> Iterator[list[_Job]]:
        """All that waits, again and again, until None comes."""
        while (job := self._jobs.get()) is not None:
            batch = [job]
            ended = False
            while len(batch) < _MOST and not self._jobs.empty() and not ended:
                following = self._jobs.get()
                ended = following is None
                batch += [] if following is None else [following]
            yield batch
            if ended:
                return

    def _attempt(self, jobs: list[_Job]) -> list[_Outcome]:
        try:
            return self._transact(jobs)
        except _STEP_FAILED as error:
            self._roll_back()
            return [_failed(jobs[0], error)] if len(jobs) == 1 else [self._attempt([job])[0] for job in jobs]
        except (sqlite3.Error, OSError, ControlError) as error:
            self._drop_connection()
            return [_failed(job, error) for job in jobs]

    def _transact(self, jobs: list[_Job]) -> list[_Outcome]:
        if self._db is None:
            self._db = self._connect()
        self._begin(self._db)
        outcomes = [_Outcome(job, None if job.future.cancelled() else job.step(self._db)) for job in jobs]
        self._db.execute("COMMIT")
        return outcomes

    def _roll_back(self) -> None:
        if self._db is not None and self._db.in_transaction:
            self._db.execute("ROLLBACK")

    def _drop_connection(self) -> None:
        """An open transaction is rolled back by closing."""
        if self._db is not None:
            self._db.close()
        self._db = None


def _deliver(outcomes: list[_Outcome]) -> None:
    for outcome in outcomes:
        outcome.deliver()


def _failed(job: _Job, error: Exception) -> _Outcome:
    """A caller sees its own mistake as it is, and all that is the database's as a control that cannot decide."""
    if not isinstance(error, sqlite3.Error | OSError):
        return _Outcome(job, error=error)
    failure = ControlError("the store does not answer")
    failure.__cause__ = error
    return _Outcome(job, error=failure)
