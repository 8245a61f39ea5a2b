"""Leases over limits, as steps in a transaction: reserve, settle, expire. Each checks all before it writes anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from ext_proc.leases import Lease, Reserved, Settlement
from ext_proc.limits import LARGEST, Amounts, Balance, Claim, Unit, charge, worst_charge
from ext_proc.windows import bucket, first_live_bucket, resets_at, split_window

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

_STANDING = """
SELECT a.id, a.leased, a.time_window, a.maximum, a.enforce, sum(s.amount >> 31), sum(s.amount & 0x7fffffff)
FROM accounts a LEFT JOIN spent s ON s.account = a.id AND s.bucket >= ? WHERE a.key = ?"""
_KNOWN = """
SELECT 1 FROM leases WHERE decision_id = ?1 UNION ALL SELECT 1 FROM entries WHERE decision_id = ?1"""
_NEW_ACCOUNT = """
INSERT INTO accounts (key, name, scope, unit, time_window, maximum, enforce, leased) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"""
_UPDATE_ACCOUNT = "UPDATE accounts SET leased = leased + ?, time_window = ?, maximum = ?, enforce = ? WHERE id = ?"
_SPEND = f"""
INSERT INTO spent VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET amount = min(amount + excluded.amount, {LARGEST})
RETURNING amount"""  # noqa: S608  a constant
_CLOSING = """
INSERT INTO leases VALUES (?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET expires_at = excluded.expires_at, entry = excluded.entry, closing = excluded.closing"""
_EXPIRED = "SELECT decision_id, holds, entry, closing FROM leases WHERE expires_at <= ? LIMIT ?"
_NEW_ENTRY = "INSERT OR IGNORE INTO entries (decision_id, at, entry) VALUES (?, ?, ?)"
_CORRECTED_ENTRY = "INSERT OR REPLACE INTO entries (decision_id, at, entry) VALUES (?, ?, ?)"

MOST_EXPIRED = 100
"""In one step, so that no call waits long for the leases of others."""


class _Standing(NamedTuple):
    """Where a claim's account stands; `account` is None for one that no call claimed of before."""

    claim: Claim
    account: int | None
    settled: int
    leased: int
    changed: bool

    @property
    def fits(self) -> bool:
        return self.settled + self.leased + self.claim.amount <= self.claim.maximum

    def balance(self, held: int, now: float) -> Balance:
        c = self.claim
        resets = resets_at(*split_window(c.window), now)
        return Balance(
            c.limit, c.scope, c.unit, c.window, c.maximum, self.settled, self.leased + held, resets, c.enforce
        )


def reserve(db: sqlite3.Connection, lease: Lease, entry: bytes, now: float) -> Reserved:
    """`entry` is the lease's, as JSON. Raises ValueError when a sum would be too large to count."""
    expire(db, now)
    standings = [_standing(db, claim, now) for claim in lease.claims]
    if db.execute(_KNOWN, (lease.decision_id,)).fetchone():
        return Reserved(tuple(standing.balance(0, now) for standing in standings))
    over = [standing for standing in standings if not standing.fits]
    refused = tuple(s.balance(0, now) for s in over if s.claim.enforce)
    shadowed = tuple(s.balance(0, now) for s in over if not s.claim.enforce)
    if refused:
        _hold(db, (s for s in standings if s.changed), nothing=True)
        return Reserved(tuple(s.balance(0, now) for s in standings), refused, shadowed)
    _check_sums(standings)
    holds = _hold(db, standings)
    held = (lease.decision_id, lease.expires_at, orjson.dumps(holds), entry)
    db.execute("INSERT INTO leases VALUES (?, ?, ?, ?, NULL)", held)
    return Reserved(tuple(s.balance(s.claim.amount, now) for s in standings), (), shadowed)


def _standing(db: sqlite3.Connection, claim: Claim, now: float) -> _Standing:
    live = first_live_bucket(*split_window(claim.window), now)
    account, leased, *terms, high, low = db.execute(_STANDING, (live, claim.key)).fetchone()
    changed = terms != [claim.window, claim.maximum, claim.enforce]
    return _Standing(claim, account, ((high or 0) << 31) + (low or 0), leased or 0, changed)


def _check_sums(standings: Sequence[_Standing]) -> None:
    """Only a shadow limit comes so far: an enforced one has refused."""
    for s in standings:
        if s.settled + s.leased + s.claim.amount > LARGEST:
            raise ValueError(f"limit {s.claim.limit}: the sum would be greater than {LARGEST}")


def _hold(
    db: sqlite3.Connection, standings: Iterable[_Standing], *, nothing: bool = False
) -> list[tuple[int, Unit, str, int]]:
    """Adds each claim's amount, or nothing, to its account, which keeps the terms that were claimed last."""
    holds = []
    for s in standings:
        amount = 0 if nothing else s.claim.amount
        holds.append((_account(db, s, amount), s.claim.unit, s.claim.window, amount))
    return holds


def _account(db: sqlite3.Connection, standing: _Standing, amount: int) -> int:
    c = standing.claim
    if standing.account is None:
        terms = (c.key, c.limit, c.scope, c.unit, c.window, c.maximum, c.enforce, amount)
        created = db.execute(_NEW_ACCOUNT, terms).lastrowid
        assert created is not None
        return created
    db.execute(_UPDATE_ACCOUNT, (amount, c.window, c.maximum, c.enforce, standing.account))
    return standing.account


def settle(db: sqlite3.Connection, rows: Iterable[tuple[Settlement, bytes]], now: float) -> int:
    """How many were new: the first for their decision, or the first after its lease expired.

    What they release is summed up first, as the calls of a batch mostly share their accounts.
    """
    released: dict[tuple[int, str], tuple[int, int]] = {}
    new = 0
    for settlement, entry in rows:
        row = (settlement.decision_id, settlement.entry.get("at", now), entry)
        if db.execute(_NEW_ENTRY, row).rowcount:
            new += 1
            _take(db, settlement, released)
        else:
            new += _correct(db, settlement.amounts, row)
    for (account, window), (held, spent) in released.items():
        _release(db, account, window, held, min(spent, LARGEST), now)
    return new


def _take(db: sqlite3.Connection, settlement: Settlement, released: dict[tuple[int, str], tuple[int, int]]) -> None:
    """Ends its lease and adds what that held and what the call spent to `released`, by account and window."""
    ended = "DELETE FROM leases WHERE decision_id = ? RETURNING holds"
    taken = db.execute(ended, (settlement.decision_id,)).fetchone()
    for account, unit, window, amount in orjson.loads(taken[0]) if taken else ():
        held, spent = released.get((account, window), (0, 0))
        released[account, window] = (held + amount, spent + charge(unit, amount, settlement.amounts))


def settle_later(db: sqlite3.Connection, rows: Iterable[tuple[Settlement, bytes, float]]) -> None:
    """Each lease, or one made for this, ends when it is due with this settlement, if no other one comes before."""
    for settlement, entry, due in rows:
        known = db.execute("SELECT 1 FROM entries WHERE decision_id = ?", (settlement.decision_id,)).fetchone()
        if not known:
            db.execute(_CLOSING, (settlement.decision_id, due, b"[]", entry, orjson.dumps(settlement.amounts)))


def _release(db: sqlite3.Connection, account: int, window: str, held: int, spent: int, now: float) -> int:
    """Replaces what a lease held by what was spent, and returns the bucket; a first charge in it clears old ones."""
    db.execute("UPDATE accounts SET leased = leased - ? WHERE id = ?", (held, account))
    current = bucket(*split_window(window), now)
    if not spent:
        return current
    if db.execute(_SPEND, (account, current, spent)).fetchone()[0] == spent:
        live = first_live_bucket(*split_window(window), now)
        db.execute("DELETE FROM spent WHERE account = ? AND bucket < ?", (account, live))
    return current


def _correct(db: sqlite3.Connection, amounts: Amounts, row: tuple[str, float, bytes]) -> bool:
    """A settlement after the lease expired: the true charge in the same buckets, and the entry once more."""
    taken = db.execute("DELETE FROM expired WHERE decision_id = ? RETURNING charges", row[:1]).fetchone()
    if taken is None:
        return False
    for account, unit, charged_in, amount, charged in orjson.loads(taken[0]):
        _amend(db, account, charged_in, charge(unit, amount, amounts) - charged)
    db.execute(_CORRECTED_ENTRY, row)
    return True


def _amend(db: sqlite3.Connection, account: int, charged_in: int, difference: int) -> None:
    """A bucket that is gone needs no correction; one that was never charged may."""
    amended = db.execute(
        f"UPDATE spent SET amount = max(0, min(amount + ?, {LARGEST})) WHERE account = ? AND bucket = ?",  # noqa: S608  a constant
        (difference, account, charged_in),
    )
    if not amended.rowcount and difference > 0:
        db.execute(_SPEND, (account, charged_in, difference))


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

    def charge(self, unit: Unit, amount: int) -> int:
        return worst_charge(unit, amount) if self.amounts is None else charge(unit, amount, self.amounts)


def _expire(db: sqlite3.Connection, decision_id: str, ending: _Ending, now: float) -> None:
    charges = []
    for account, unit, window, amount in ending.holds:
        spent = ending.charge(unit, amount)
        charges.append((account, unit, _release(db, account, window, amount, spent, now), amount, spent))
    db.execute("DELETE FROM leases WHERE decision_id = ?", (decision_id,))
    db.execute("INSERT INTO expired VALUES (?, ?)", (decision_id, orjson.dumps(charges)))
    db.execute(_NEW_ENTRY, (decision_id, ending.entry.get("at", now), orjson.dumps(ending.entry)))
