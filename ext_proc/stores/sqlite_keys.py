"""Virtual keys, as steps in a transaction. Every change makes the version grow."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import orjson

from ext_proc.principal import Principal, VirtualKey

if TYPE_CHECKING:
    import sqlite3

_COLUMNS = "id, digest, name, principal, created_at, expires_at, revoked_at"


def add_key(db: sqlite3.Connection, key: VirtualKey) -> None:
    """Raises ValueError when its id or digest is taken."""
    if db.execute("SELECT 1 FROM keys WHERE id = ? OR digest = ?", (key.id, key.digest)).fetchone():
        raise ValueError(f"key {key.id!r} exists already")
    principal = orjson.dumps(asdict(key.principal)).decode()
    row = (key.id, key.digest, key.name, principal, key.created_at, key.expires_at, key.revoked_at)
    db.execute(f"INSERT INTO keys ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)", row)  # noqa: S608  a constant
    _grow(db)


def revoke_key(db: sqlite3.Connection, key_id: str, now: float) -> bool:
    """Whether there was such a key that was not revoked."""
    revoked = db.execute("UPDATE keys SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL", (now, key_id)).rowcount
    if revoked:
        _grow(db)
    return bool(revoked)


def find_key(db: sqlite3.Connection, digest: str) -> VirtualKey | None:
    row = db.execute(f"SELECT {_COLUMNS} FROM keys WHERE digest = ?", (digest,)).fetchone()  # noqa: S608  a constant
    return _key(row) if row else None


def list_keys(db: sqlite3.Connection) -> list[VirtualKey]:
    return [_key(row) for row in db.execute(f"SELECT {_COLUMNS} FROM keys ORDER BY created_at, id")]  # noqa: S608  a constant


def keys_version(db: sqlite3.Connection) -> int:
    return int(db.execute("SELECT value FROM meta WHERE name = 'keys'").fetchone()[0])


def _grow(db: sqlite3.Connection) -> None:
    db.execute("UPDATE meta SET value = value + 1 WHERE name = 'keys'")


def _key(row: tuple[Any, ...]) -> VirtualKey:
    key_id, digest, name, principal, *times = row
    members = orjson.loads(principal)
    return VirtualKey(key_id, digest, name, Principal(**members | {"models": tuple(members["models"])}), *times)
