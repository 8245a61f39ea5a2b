"""The connection of one event loop: each step is one transaction, run by the loop itself.

Handing a step to a thread and back takes twice the CPU of the step, which is a tenth of a millisecond, and under load
far longer, as the thread needs Python's lock again after every statement. What can take long does leave the loop: the
wait for other processes is polled, checkpoints and long reads have threads.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from contextlib import closing
from typing import TYPE_CHECKING, TypeVar

from ext_proc.errors import ControlError
from ext_proc.stores.sqlite_file import connect, connect_reader

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

T = TypeVar("T")
log = logging.getLogger(__name__)
_PAUSE = 0.0005
_COMMITS_TO_CHECKPOINT = 500
"""About 16 MB of the write-ahead log."""
_REFUSED = (sqlite3.IntegrityError, sqlite3.DataError, sqlite3.ProgrammingError, sqlite3.InterfaceError)
"""What the database says to a wrong step; every other error of its is its own."""
_STEP_FAILED = (*_REFUSED, ValueError, TypeError, LookupError, ArithmeticError)


class SqliteConnection:
    """Made anew after every failure of the database. `patience` is in seconds."""

    def __init__(self, path: Path, patience: float) -> None:
        self._path = path
        self._patience = patience
        self._db: sqlite3.Connection | None = None
        self._turn = asyncio.Lock()
        self._closed = False
        self._commits = 0
        self._checkpoint: asyncio.Task[None] | None = None

    async def write(self, step: Callable[[sqlite3.Connection], T]) -> T:
        """The step's result, once it is committed; whoever leaves before its turn has done nothing.

        Raises what a wrong step raises, and ControlError when the database does not answer.
        """
        async with self._turn:
            try:
                db = await self._when_free("BEGIN IMMEDIATE")
                result = step(db)
                db.execute("COMMIT")
            except _STEP_FAILED:
                self._roll_back()
                raise
            except (sqlite3.Error, OSError) as error:
                self._drop()
                raise ControlError("the store does not answer") from error
        self._count_commit()
        return result

    async def read(self, step: Callable[[sqlite3.Connection], T]) -> T:
        """A step of one short statement, which waits for no writer of another process."""
        async with self._turn:
            try:
                return step(await self._when_free("SELECT 1"))
            except (sqlite3.Error, OSError) as error:
                self._drop()
                raise ControlError("the store does not answer") from error

    async def read_apart(self, step: Callable[[sqlite3.Connection], T]) -> T:
        """A step that may take long, in a thread, all of it as of one instant."""
        try:
            return await asyncio.to_thread(self._read_apart, step)
        except (sqlite3.Error, OSError) as error:
            raise ControlError("the store does not answer") from error

    async def close(self) -> None:
        self._closed = True
        if self._checkpoint is not None:
            await self._checkpoint
        async with self._turn:
            self._drop()

    async def _when_free(self, statement: str) -> sqlite3.Connection:
        """Tries again every moment while other processes hold the file: SQLite itself would stop the loop to wait."""
        deadline = time.monotonic() + self._patience
        while not self._closed:
            try:
                if self._db is None:
                    self._db = connect(self._path)
                self._db.execute(statement)
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                    raise
            else:
                return self._db
            await asyncio.sleep(_PAUSE)
        raise ControlError("the store is closed")

    def _read_apart(self, step: Callable[[sqlite3.Connection], T]) -> T:
        with closing(connect_reader(self._path, self._patience)) as db:
            db.execute("BEGIN")
            return step(db)

    def _roll_back(self) -> None:
        if self._db is not None and self._db.in_transaction:
            self._db.execute("ROLLBACK")

    def _drop(self) -> None:
        """An open transaction is rolled back by closing."""
        if self._db is not None:
            self._db.close()
        self._db = None

    def _count_commit(self) -> None:
        self._commits += 1
        if self._commits >= _COMMITS_TO_CHECKPOINT and (self._checkpoint is None or self._checkpoint.done()):
            self._commits = 0
            self._checkpoint = asyncio.create_task(self._check_point())

    async def _check_point(self) -> None:
        try:
            await asyncio.to_thread(self._move_log)
        except (sqlite3.Error, OSError) as error:
            log.warning("the store's write-ahead log could not be moved into its file: %s", error)

    def _move_log(self) -> None:
        """Most is moved while others write; then they wait a moment for the rest, so that the log begins anew."""
        with closing(connect_reader(self._path, 0)) as db:
            db.execute("PRAGMA wal_checkpoint(PASSIVE)")
            db.execute("PRAGMA wal_checkpoint(RESTART)")
