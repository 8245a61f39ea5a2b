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


def _make_private(path: Path) -> None:
    """Only a new file is opened here: closing one would drop the locks that this process holds on it."""
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def _prepare(db: sqlite3.Connection, patience: float) -> None:
    _turn_to_wal(db, time.monotonic() + patience)
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


def _turn_to_wal(db: sqlite3.Connection, deadline: float) -> None:
    """SQLite does not wait for the lock that this change needs, so processes that start together must try again."""
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.005)
        else:
            return
