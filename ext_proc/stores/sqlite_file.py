"""The database file: made for its owner alone, in WAL mode, with the schema of this version or refused."""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from ext_proc.errors import ControlError
from ext_proc.stores.sqlite_schema import SCHEMA, VERSION

if TYPE_CHECKING:
    from pathlib import Path

_PAUSE = 0.0005
_META = "CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID"


def connect(path: Path, patience: float) -> sqlite3.Connection:
    """A connection that waits `patience` seconds for other processes. Raises sqlite3.Error, OSError, ControlError."""
    _make_private(path)
    db = sqlite3.connect(path, timeout=patience, isolation_level=None, cached_statements=128)
    try:
        _prepare(db, patience)
    except BaseException:
        db.close()
        raise
    return db


def connect_writer(path: Path, patience: float) -> sqlite3.Connection:
    """A connection whose transactions are begun by `when_free`."""
    db = connect(path, patience)
    db.execute("PRAGMA busy_timeout = 0")
    return db


def _make_private(path: Path) -> None:
    """Only a new file is opened here: closing one would drop the locks that this process holds on it."""
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def _prepare(db: sqlite3.Connection, patience: float) -> None:
    when_free(db, "PRAGMA journal_mode = WAL", patience)
    db.execute("PRAGMA synchronous = NORMAL")
    db.execute("BEGIN IMMEDIATE")
    db.execute(_META)
    row = db.execute("SELECT value FROM meta WHERE name = 'schema'").fetchone()
    if row is None:
        _create(db)
    elif row[0] != VERSION:
        raise ControlError(f"the store has schema {row[0]}, this version of the service knows {VERSION}")
    db.execute("COMMIT")


def _create(db: sqlite3.Connection) -> None:
    for statement in SCHEMA.split(";\n"):
        db.execute(statement)
    db.executemany("INSERT INTO meta VALUES (?, ?)", [("schema", VERSION), ("keys", 0)])


def when_free(db: sqlite3.Connection, statement: str, patience: float) -> None:
    """Runs what needs a lock as soon as other processes let go of it: SQLite itself would sleep up to 100 ms more."""
    deadline = time.monotonic() + patience
    while True:
        try:
            db.execute(statement)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(_PAUSE)
        else:
            return
