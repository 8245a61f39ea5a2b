"""Leases over limits, as steps in a transaction: reserve, extend, settle. Each checks all before it writes anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from ext_proc.leases import Extension, Lease, Reserved, Settlement
from ext_proc.limits import charge, drawn
from ext_proc.stores.sqlite_accounts import Held, Standing, check_sums, hold, key_of, release, standing
from ext_proc.stores.sqlite_expiry import correct, draw_on_expired, expire

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

_KNOWN = """
SELECT 1 FROM leases WHERE decision_id = ?1 UNION ALL SELECT 1 FROM entries WHERE decision_id = ?1"""
_LIVE = "SELECT holds FROM leases WHERE decision_id = ? AND expires_at > ? AND closing IS NULL"
_RENEW = """
UPDATE leases SET expires_at = max(expires_at, ?) WHERE decision_id = ? AND expires_at > ? AND closing IS NULL"""
_CLOSING = """
INSERT INTO leases VALUES (?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET expires_at = excluded.expires_at, entry = excluded.entry, closing = excluded.closing"""
_NEW_ENTRY = "INSERT OR IGNORE INTO entries (decision_id, at, entry, holds, event) VALUES (?, ?, ?, ?, ?)"

Released = dict[tuple[int, str], tuple[int, int]]
"""What was held and what is spent, by account and window."""


def reserve(db: sqlite3.Connection, lease: Lease, entry: bytes, now: float) -> Reserved:
    """`entry` is the lease's, as JSON. Raises ValueError when a sum would be too large to count."""
    expire(db, now)
    standings = [standing(db, claim, now) for claim in lease.claims]
    if db.execute(_KNOWN, (lease.decision_id,)).fetchone():
        return Reserved(tuple(s.balance(0, now) for s in standings))
    reserved, holds = _held(db, standings, now)
    if reserved.granted:
        held = (lease.decision_id, lease.expires_at, orjson.dumps(holds), entry)
        db.execute("INSERT INTO leases VALUES (?, ?, ?, ?, NULL)", held)
    return reserved


def preview(db: sqlite3.Connection, lease: Lease, now: float) -> Reserved:
    """Writes nothing. Raises ValueError when a sum would be too large to count."""
    standings = [standing(db, claim, now) for claim in lease.claims]
    return _judged(standings, now)


def extend(db: sqlite3.Connection, extension: Extension, now: float) -> Reserved:
    """Raises ValueError when a sum would be too large to count."""
    expire(db, now)
    standings = [standing(db, claim, now) for claim in extension.claims]
    live = db.execute(_LIVE, (extension.decision_id, now)).fetchone()
    if live is None:
        return Reserved(tuple(s.balance(0, now) for s in standings), ended=True)
    reserved, more = _held(db, standings, now)
    if reserved.granted:
        holds = orjson.dumps(_joined(orjson.loads(live[0]), more))
        longer = "UPDATE leases SET holds = ?, expires_at = max(expires_at, ?) WHERE decision_id = ?"
        db.execute(longer, (holds, extension.expires_at, extension.decision_id))
    return reserved


def renew(db: sqlite3.Connection, extensions: Iterable[Extension], now: float) -> list[str]:
    renewals = [(one.expires_at, one.decision_id, now) for one in extensions]
    return [renewal[1] for renewal in renewals if not db.execute(_RENEW, renewal).rowcount]


def _held(db: sqlite3.Connection, standings: Sequence[Standing], now: float) -> tuple[Reserved, list[Held]]:
    judged = _judged(standings, now)
    if judged.granted:
        return judged, hold(db, standings)
    hold(db, (s for s in standings if s.changed), nothing=True)
    return judged, []


def _judged(standings: Sequence[Standing], now: float) -> Reserved:
    over = [s for s in standings if not s.fits]
    refused = tuple(s.balance(0, now) for s in over if s.claim.enforce)
    shadowed = tuple(s.balance(0, now) for s in over if not s.claim.enforce)
    if refused:
        return Reserved(tuple(s.balance(0, now) for s in standings), refused, shadowed)
    check_sums(standings)
    return Reserved(tuple(s.balance(s.claim.amount, now) for s in standings), (), shadowed)


def _joined(holds: Sequence[Held], more: Sequence[Held]) -> list[Held]:
    """One hold of each account, in its latest window."""
    joined = {held[0]: held for held in holds}
    for account, unit, window, amount in more:
        before = joined[account][3] if account in joined else 0
        joined[account] = (account, unit, window, before + amount)
    return list(joined.values())


def settle(db: sqlite3.Connection, rows: Iterable[tuple[Settlement, bytes]], now: float) -> int:
    """How many were new: the first for their decision, or the first after its lease expired.

    What they release is summed up first, as the calls of a batch mostly share their accounts.
    """
    released: Released = {}
    new = 0
    for settlement, entry in rows:
        if _enter(db, settlement, entry, released, now):
            new += 1
            for decision_id in settlement.draws_on:
                _draw(db, decision_id, settlement, released)
    for (account, window), (held, spent) in released.items():
        release(db, account, window, held, spent, now)
    return new


def _enter(db: sqlite3.Connection, settlement: Settlement, entry: bytes, released: Released, now: float) -> bool:
    """Ends its lease, adds what that held and what the call spent to `released`, and writes its entry."""
    ended = "DELETE FROM leases WHERE decision_id = ? RETURNING holds"
    taken = db.execute(ended, (settlement.decision_id,)).fetchone()
    event = "event" in settlement.entry
    row = (settlement.decision_id, settlement.entry.get("at", now), entry, taken and taken[0], event)
    if not db.execute(_NEW_ENTRY, row).rowcount:
        return correct(db, settlement.own, (*row[:3], event))
    for account, unit, window, amount in orjson.loads(taken[0]) if taken else ():
        _add(
            released,
            (account, window),
            amount,
            charge(unit, amount, settlement.own, key_of(db, account, settlement.own)),
        )
    return True


def _draw(db: sqlite3.Connection, decision_id: str, settlement: Settlement, released: Released) -> None:
    """Takes what was used out of a lease that stays open; of one that has ended, out of its worst case or on top."""
    live = db.execute("SELECT holds FROM leases WHERE decision_id = ?", (decision_id,)).fetchone()
    if live is None and draw_on_expired(db, decision_id, settlement.amounts):
        return
    ended = db.execute("SELECT holds FROM entries WHERE decision_id = ?", (decision_id,)).fetchone()
    holds, left = (live or ended or (None,))[0], []
    for account, unit, window, amount in orjson.loads(holds) if holds else ():
        used = drawn(unit, settlement.amounts, key_of(db, account, settlement.amounts))
        taken = min(amount, used) if live else 0
        _add(released, (account, window), taken, used)
        left.append((account, unit, window, amount - taken))
    if live:
        db.execute("UPDATE leases SET holds = ? WHERE decision_id = ?", (orjson.dumps(left), decision_id))


def _add(released: Released, key: tuple[int, str], held: int, spent: int) -> None:
    before = released.get(key, (0, 0))
    released[key] = (before[0] + held, before[1] + spent)


def settle_later(db: sqlite3.Connection, rows: Iterable[tuple[Settlement, bytes, float]]) -> None:
    """Each lease, or one made for this, ends when it is due with this settlement, if no other one comes before."""
    for settlement, entry, due in rows:
        known = db.execute("SELECT 1 FROM entries WHERE decision_id = ?", (settlement.decision_id,)).fetchone()
        if not known:
            db.execute(_CLOSING, (settlement.decision_id, due, b"[]", entry, orjson.dumps(settlement.amounts)))
