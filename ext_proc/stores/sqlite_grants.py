"""What operators do to limits, as steps in a transaction: grant more of one, take that back, and reset it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ext_proc.leases import Grant
from ext_proc.limits import LARGEST, of_account_key

if TYPE_CHECKING:
    import sqlite3

_LIVE = "SELECT coalesce(sum(amount), 0) FROM grants WHERE key = ? AND until > ? AND id <> ?"
_GRANT = "INSERT OR IGNORE INTO grants (id, key, amount, at, until, note) VALUES (?, ?, ?, ?, ?, ?)"
_UNTOLD = "UPDATE accounts SET alerted = 0, alerted_until = 0 WHERE key = ?"


def grant(db: sqlite3.Connection, given: Grant, now: float) -> None:
    """Thresholds, now of a greater maximum, are told of again. Raises ValueError for a sum too large to count."""
    db.execute("DELETE FROM grants WHERE until <= ?", (now,))
    if db.execute(_LIVE, (given.key, now, given.id)).fetchone()[0] + given.amount > LARGEST:
        raise ValueError(f"limit {given.limit}: all grants together would be greater than {LARGEST}")
    until = math.inf if given.until is None else given.until
    if db.execute(_GRANT, (given.id, given.key, given.amount, given.at, until, given.note)).rowcount:
        db.execute(_UNTOLD, (given.key,))


def revoke_grant(db: sqlite3.Connection, grant_id: str, now: float) -> bool:
    """Whether it was there and had not ended."""
    return bool(db.execute("DELETE FROM grants WHERE id = ? AND until > ?", (grant_id, now)).rowcount)


def grants(db: sqlite3.Connection, now: float) -> list[Grant]:
    rows = db.execute("SELECT id, key, amount, at, until, note FROM grants WHERE until > ? ORDER BY at, id", (now,))
    return [_grant(*row) for row in rows]


def _grant(grant_id: str, key: str, amount: int, at: float, until: float, note: str) -> Grant:
    limit, unit, scope = of_account_key(key)
    return Grant(grant_id, limit, scope, unit, amount, at, None if until == math.inf else until, note)


def reset(db: sqlite3.Connection, limit: str, scope: str) -> int:
    """What was charged before can then no more be corrected, as it is forgotten. How many accounts that were."""
    rows = db.execute("SELECT id FROM accounts WHERE name = ? AND scope = ?", (limit, scope)).fetchall()
    for row in rows:
        db.execute("DELETE FROM spent WHERE account = ?", row)
        db.execute("UPDATE accounts SET epoch = epoch + 1, alerted = 0, alerted_until = 0 WHERE id = ?", row)
    return len(rows)
