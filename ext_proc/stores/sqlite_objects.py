"""What providers keep for callers, as steps in a transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from ext_proc.stored import Kind, Stored

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

_COLUMNS = "id, kind, provider, owner, created_at, expires_at, facts, seen"
_KEEP = f"""
INSERT INTO objects ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET expires_at = coalesce(excluded.expires_at, expires_at), seen = coalesce(excluded.seen, seen)
WHERE owner = excluded.owner AND provider = excluded.provider"""  # noqa: S608  a constant
_LIVE = f"SELECT {_COLUMNS} FROM objects WHERE (expires_at IS NULL OR expires_at > ?)"  # noqa: S608  a constant
_FORGET_EXPIRED = """
DELETE FROM objects WHERE id IN (SELECT id FROM objects WHERE expires_at <= ? ORDER BY expires_at LIMIT 100)"""


def keep(db: sqlite3.Connection, objects: Iterable[Stored], now: float) -> None:
    db.execute(_FORGET_EXPIRED, (now,))
    db.executemany(_KEEP, [_row(one) for one in objects])


def find_object(db: sqlite3.Connection, object_id: str, now: float) -> Stored | None:
    row = db.execute(f"{_LIVE} AND id = ?", (now, object_id)).fetchone()
    return _stored(row) if row else None


def objects(db: sqlite3.Connection, owner: str, kind: Kind, now: float) -> list[Stored]:
    rows = db.execute(f"{_LIVE} AND owner = ? AND kind = ? ORDER BY created_at DESC, id DESC", (now, owner, kind))
    return [_stored(row) for row in rows]


def forget(db: sqlite3.Connection, object_id: str) -> None:
    db.execute("DELETE FROM objects WHERE id = ?", (object_id,))


def _row(one: Stored) -> tuple[Any, ...]:
    seen = None if one.seen is None else orjson.dumps(one.seen)
    return one.id, one.kind, one.provider, one.owner, one.created_at, one.expires_at, orjson.dumps(one.facts), seen


def _stored(row: tuple[Any, ...]) -> Stored:
    object_id, kind, provider, owner, created_at, expires_at, facts, seen = row
    told = None if seen is None else orjson.loads(seen)
    return Stored(object_id, kind, provider, owner, created_at, expires_at, orjson.loads(facts), told)
