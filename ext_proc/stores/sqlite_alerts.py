"""Thresholds that are reached, as a step in a transaction: an event in the outbox for each, once a window."""

from __future__ import annotations

import math
from secrets import token_hex
from typing import TYPE_CHECKING, Any

import orjson

from ext_proc.limits import LARGEST, threshold_amount
from ext_proc.windows import first_live_bucket, resets_at, split_window

if TYPE_CHECKING:
    import sqlite3

_TERMS = """
SELECT name, scope, unit, time_window, thresholds, leased, alerted * (alerted_until > ?2),
maximum + coalesce((SELECT sum(amount) FROM grants WHERE key = a.key AND until > ?2), 0)
FROM accounts a WHERE id = ?1"""
_SETTLED = "SELECT sum(amount >> 31), sum(amount & 0x7fffffff) FROM spent WHERE account = ? AND bucket >= ?"
_EVENT = "INSERT INTO entries (decision_id, at, entry, event) VALUES (?, ?, ?, 1)"
_ALERTED = "UPDATE accounts SET alerted = ?, alerted_until = ? WHERE id = ?"


def alert(db: sqlite3.Connection, account: int, now: float) -> None:
    name, scope, unit, window, thresholds, leased, alerted, maximum = db.execute(_TERMS, (account, now)).fetchone()
    parts = split_window(window)
    high, low = db.execute(_SETTLED, (account, first_live_bucket(*parts, now))).fetchone()
    settled, maximum = ((high or 0) << 31) + (low or 0), min(maximum, LARGEST)
    reached = [t for t in orjson.loads(thresholds) if t > alerted and settled >= threshold_amount(maximum, t)]
    if not reached:
        return
    resets = resets_at(*parts, now)
    facts = {"limit": name, "scope": scope, "unit": unit, "window": window, "maximum": maximum, "settled": settled}
    for percent in reached:
        _tell(db, now, {**facts, "leased": leased, "resets_at": resets, "percent": percent})
    db.execute(_ALERTED, (max(reached), math.inf if resets is None else resets, account))


def _tell(db: sqlite3.Connection, now: float, facts: dict[str, Any]) -> None:
    event = {"event": "threshold", "decision_id": token_hex(16), "at": now, **facts}
    db.execute(_EVENT, (event["decision_id"], now, orjson.dumps(event)))
