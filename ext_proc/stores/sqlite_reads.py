"""What is read of limits and usage, and the outbox, as steps in a transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from ext_proc.limits import Balance
from ext_proc.windows import first_live_bucket, resets_at, split_window

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

_CLAIM_SECONDS = 30
_BALANCES = """
SELECT a.name, a.scope, a.unit, a.maximum, a.enforce, a.leased, sum(s.amount >> 31), sum(s.amount & 0x7fffffff)
FROM accounts a LEFT JOIN spent s ON s.account = a.id AND s.bucket >= ? WHERE a.time_window = ?
GROUP BY a.id ORDER BY a.name, a.scope"""
_WAITING = """
SELECT sequence, entry FROM entries WHERE exported = 0 AND claimed_until <= ? ORDER BY sequence LIMIT ?"""


def balances(db: sqlite3.Connection, now: float) -> list[Balance]:
    windows = [row[0] for row in db.execute("SELECT DISTINCT time_window FROM accounts ORDER BY time_window")]
    return [balance for window in windows for balance in _balances_of(db, window, now)]


def _balances_of(db: sqlite3.Connection, window: str, now: float) -> list[Balance]:
    parts = split_window(window)
    rows = db.execute(_BALANCES, (first_live_bucket(*parts, now), window))
    return [
        Balance(
            name,
            scope,
            unit,
            window,
            maximum,
            ((high or 0) << 31) + (low or 0),
            leased,
            resets_at(*parts, now),
            bool(enforce),
        )
        for name, scope, unit, maximum, enforce, leased, high, low in rows
    ]


def take_outbox(db: sqlite3.Connection, owner: str, most: int, now: float) -> list[tuple[int, dict[str, Any]]]:
    rows = db.execute(_WAITING, (now, most)).fetchall()
    claims = [(owner, now + _CLAIM_SECONDS, sequence) for sequence, _ in rows]
    db.executemany("UPDATE entries SET claimed_by = ?, claimed_until = ? WHERE sequence = ?", claims)
    return [(sequence, orjson.loads(entry)) for sequence, entry in rows]


def mark_exported(db: sqlite3.Connection, sequences: Sequence[int]) -> None:
    db.executemany("UPDATE entries SET exported = 1 WHERE sequence = ?", [(sequence,) for sequence in sequences])


def entries(db: sqlite3.Connection, since: float, until: float) -> list[dict[str, Any]]:
    rows = db.execute("SELECT entry FROM entries WHERE at >= ? AND at < ? ORDER BY at, sequence", (since, until))
    return [orjson.loads(entry) for (entry,) in rows]
