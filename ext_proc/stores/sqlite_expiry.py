"""Leases that nobody settled in time, as steps in a transaction: charged at their worst, and corrected later."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from ext_proc.limits import Amounts, Unit, charge, drawn, worst_charge
from ext_proc.stores.sqlite_accounts import amend, key_of, release

if TYPE_CHECKING:
    import sqlite3

MOST_EXPIRED = 100
"""In one step, so that no call waits long for the leases of others."""

_EXPIRED = "SELECT decision_id, holds, entry, closing FROM leases WHERE expires_at <= ? LIMIT ?"
_ENTRY = "INSERT OR IGNORE INTO entries (decision_id, at, entry, holds, event) VALUES (?, ?, ?, ?, ?)"
_CORRECTED_ENTRY = """
INSERT OR REPLACE INTO entries (decision_id, at, entry, holds, event)
VALUES (?1, ?2, ?3, (SELECT holds FROM entries WHERE decision_id = ?1), ?4)"""


def expire(db: sqlite3.Connection, now: float) -> int:
    """How many ended, MOST_EXPIRED at most: what is left holds on a little longer."""
    taken = db.execute(_EXPIRED, (now, MOST_EXPIRED)).fetchall()
    for decision_id, holds, entry, closing in taken:
        _expire(db, decision_id, _Ending.of(holds, entry, closing), now)
    return len(taken)


@dataclass(frozen=True, slots=True)
class _Ending:
    """How a lease ends by itself: with what the access log told, or without a word at its worst case."""

    holds: list[Any]
    entry: dict[str, Any]
    amounts: Amounts | None

    @classmethod
    def of(cls, holds: bytes, entry: bytes, closing: bytes | None) -> _Ending:
        if closing is not None:
            return cls(orjson.loads(holds), orjson.loads(entry), orjson.loads(closing))
        return cls(orjson.loads(holds), orjson.loads(entry) | {"outcome": "expired", "estimated": True}, None)

    def charge(self, db: sqlite3.Connection, account: int, unit: Unit, amount: int) -> int:
        if self.amounts is None:
            return worst_charge(unit, amount)
        return charge(unit, amount, self.amounts, key_of(db, account, self.amounts))


def _expire(db: sqlite3.Connection, decision_id: str, ending: _Ending, now: float) -> None:
    charges = []
    for account, unit, window, amount in ending.holds:
        spent = ending.charge(db, account, unit, amount)
        charged_in, epoch = release(db, account, window, amount, spent, now)
        charges.append((account, unit, charged_in, amount, spent, epoch))
    db.execute("DELETE FROM leases WHERE decision_id = ?", (decision_id,))
    db.execute("INSERT INTO expired VALUES (?, ?)", (decision_id, orjson.dumps(charges)))
    entry = ending.entry
    row = (decision_id, entry.get("at", now), orjson.dumps(entry), orjson.dumps(ending.holds), "event" in entry)
    db.execute(_ENTRY, row)


def correct(db: sqlite3.Connection, amounts: Amounts, row: tuple[str, float, bytes, bool]) -> bool:
    """A settlement after the lease expired: the true charge in the same buckets, and the entry once more."""
    taken = db.execute("DELETE FROM expired WHERE decision_id = ? RETURNING charges", row[:1]).fetchone()
    if taken is None:
        return False
    for account, unit, charged_in, amount, charged, epoch in orjson.loads(taken[0]):
        spent = charge(unit, amount, amounts, key_of(db, account, amounts))
        amend(db, account, charged_in, spent - charged, epoch)
    db.execute(_CORRECTED_ENTRY, row)
    return True


def draw_on_expired(db: sqlite3.Connection, decision_id: str, amounts: Amounts) -> bool:
    """Whether the lease has expired; what was drawn is then no more of its worst case, and only the rest is charged."""
    known = db.execute("SELECT charges FROM expired WHERE decision_id = ?", (decision_id,)).fetchone()
    if known is None:
        return False
    left = []
    for account, unit, charged_in, amount, charged, epoch in orjson.loads(known[0]):
        used = drawn(unit, amounts, key_of(db, account, amounts))
        covered = min(charged, used)
        amend(db, account, charged_in, used - covered, epoch)
        left.append((account, unit, charged_in, amount, charged - covered, epoch))
    db.execute("UPDATE expired SET charges = ? WHERE decision_id = ?", (orjson.dumps(left), decision_id))
    return True
