"""What is read of limits, leases and usage, and the outbox, as steps in a transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from ext_proc.leases import Hold, LiveLease
from ext_proc.limits import LARGEST, Balance, of_account_key
from ext_proc.windows import first_live_bucket, resets_at, split_window

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

_CLAIM_SECONDS = 30
_BALANCES = """
SELECT a.name, a.scope, a.unit, a.maximum, a.enforce, a.leased,
(SELECT sum(amount) FROM grants WHERE key = a.key AND until > ?3), sum(s.amount >> 31), sum(s.amount & 0x7fffffff)
FROM accounts a LEFT JOIN spent s ON s.account = a.id AND s.bucket >= ?1 WHERE a.time_window = ?2
GROUP BY a.id ORDER BY a.name, a.scope"""
_ENTRIES = "SELECT entry FROM entries WHERE at >= ? AND at < ? AND event = 0 ORDER BY at, sequence"
_WAITING = """
SELECT sequence, entry FROM entries WHERE exported = 0 AND claimed_until <= ? ORDER BY sequence LIMIT ?"""


def balances(db: sqlite3.Connection, now: float) -> list[Balance]:
    windows = [row[0] for row in db.execute("SELECT DISTINCT time_window FROM accounts ORDER BY time_window")]
    return [balance for window in windows for balance in _balances_of(db, window, now)]


def _balances_of(db: sqlite3.Connection, window: str, now: float) -> list[Balance]:
    parts = split_window(window)
    rows = db.execute(_BALANCES, (first_live_bucket(*parts, now), window, now))
    return [
        Balance(
            limit=name,
            scope=scope,
            unit=unit,
            window=window,
            maximum=min(maximum + (granted or 0), LARGEST),
            settled=((high or 0) << 31) + (low or 0),
            leased=leased,
            resets_at=resets_at(*parts, now),
            enforce=bool(enforce),
            granted=granted or 0,
        )
        for name, scope, unit, maximum, enforce, leased, granted, high, low in rows
    ]


def leases(db: sqlite3.Connection, limit: str | None) -> list[LiveLease]:
    keys = dict(db.execute("SELECT id, key FROM accounts"))
    rows = db.execute("SELECT decision_id, expires_at, holds, entry FROM leases ORDER BY expires_at, decision_id")
    live = [LiveLease(row[0], row[1], _holds(keys, row[2]), orjson.loads(row[3])) for row in rows]
    return [one for one in live if limit is None or limit in {hold.limit for hold in one.holds}]


def _holds(keys: dict[int, str], holds: bytes) -> tuple[Hold, ...]:
    rows = [(of_account_key(keys[account]), amount) for account, _, _, amount in orjson.loads(holds)]
    return tuple(Hold(limit, unit, scope, amount) for (limit, unit, scope), amount in rows)


def take_outbox(db: sqlite3.Connection, owner: str, most: int, now: float) -> list[tuple[int, dict[str, Any]]]:
    rows = db.execute(_WAITING, (now, most)).fetchall()
    claims = [(owner, now + _CLAIM_SECONDS, sequence) for sequence, _ in rows]
    db.executemany("UPDATE entries SET claimed_by = ?, claimed_until = ? WHERE sequence = ?", claims)
    return [(sequence, orjson.loads(entry)) for sequence, entry in rows]


def mark_exported(db: sqlite3.Connection, sequences: Sequence[int]) -> None:
    db.executemany("UPDATE entries SET exported = 1 WHERE sequence = ?", [(sequence,) for sequence in sequences])


def entries(db: sqlite3.Connection, since: float, until: float) -> list[dict[str, Any]]:
    rows = db.execute(_ENTRIES, (since, until))
    return [orjson.loads(entry) for (entry,) in rows]
