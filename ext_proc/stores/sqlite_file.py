"""The database file: made for its owner alone, in WAL mode, with the schema of this version, led there, or refused."""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress
from typing import TYPE_CHECKING

from ext_proc.errors import ControlError
from ext_proc.stores.sqlite_schema import MIGRATIONS, SCHEMA, VERSION

if TYPE_CHECKING:
    from pathlib import Path

_LONGEST_LOG = 50_000
"""Pages of 4 kB. Checkpoints have a thread and come much earlier; this is a bound for when they fail."""
_META = "CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID"


def connect(path: Path) -> sqlite3.Connection:
    """A connection that waits for nobody: SQLITE_BUSY is raised at once. Also raises OSError and ControlError."""
    _make_private(path)
    db = sqlite3.connect(path, timeout=0, isolation_level=None, cached_statements=128)
    try:
        _prepare(db)
    except BaseException:
        db.close()
        raise
    return db


def connect_reader(path: Path, patience: float) -> sqlite3.Connection:
    """A connection to a file that is there, which waits `patience` seconds for other processes."""
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", timeout=patience, isolation_level=None, uri=True)


def _make_private(path: Path) -> None:
    """Only a new file is opened here: closing one would drop the locks that this process holds on it."""
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def _prepare(db: sqlite3.Connection) -> None:
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = NORMAL")
    db.execute(f"PRAGMA wal_autocheckpoint = {_LONGEST_LOG}")
    db.execute("BEGIN IMMEDIATE")
    db.execute(_META)
    row = db.execute("SELECT value FROM meta WHERE name = 'schema'").fetchone()
    if row is None:
        _create(db)
    elif row[0] != VERSION:
        _migrate(db, row[0])
    db.execute("COMMIT")


def _create(db: sqlite3.Connection) -> None:
    _run(db, SCHEMA)
    db.executemany("INSERT INTO meta VALUES (?, ?)", [("schema", VERSION), ("keys", 0)])


def _migrate(db: sqlite3.Connection, found: int) -> None:
    """In the open transaction, so that of several processes one does it."""
    for version in range(found, VERSION):
        if version not in MIGRATIONS:
            break
        _run(db, MIGRATIONS[version])
        found = version + 1
    if found != VERSION:
        raise ControlError(f"the store has schema {found}, this version of the service knows {VERSION}")
    db.execute("UPDATE meta SET value = ? WHERE name = 'schema'", (VERSION,))


def _run(db: sqlite3.Connection, statements: str) -> None:
    for statement in statements.split(";\n"):
        db.execute(statement)
