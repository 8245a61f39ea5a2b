"""Accounts, each a limit for one scope, as steps in a transaction: where one stands, what is held and spent of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import orjson

from ext_proc.limits import LARGEST, Amounts, Balance, Claim, Unit, are_apart
from ext_proc.stores.sqlite_alerts import alert
from ext_proc.windows import bucket, first_live_bucket, resets_at, split_window

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

Held = tuple[int, Unit, str, int]
"""What a lease holds of one account: its id, unit and window, and the amount."""

_STANDING = """
SELECT a.id, a.leased, (SELECT sum(amount) FROM grants WHERE key = ?2 AND until > ?3),
a.time_window, a.maximum, a.enforce, a.thresholds, sum(s.amount >> 31), sum(s.amount & 0x7fffffff)
FROM accounts a LEFT JOIN spent s ON s.account = a.id AND s.bucket >= ?1 WHERE a.key = ?2"""
_NEW_ACCOUNT = """
INSERT INTO accounts (key, name, scope, unit, time_window, maximum, enforce, thresholds, leased)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"""
_UPDATE_ACCOUNT = """
UPDATE accounts SET leased = leased + ?, time_window = ?, maximum = ?, enforce = ?, thresholds = ? WHERE id = ?"""
_SPEND = f"""
INSERT INTO spent VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET amount = min(amount + excluded.amount, {LARGEST})
RETURNING amount"""  # noqa: S608  a constant


class Standing(NamedTuple):
    """Where a claim's account stands; `account` is None for one that no call claimed of before."""

    claim: Claim
    account: int | None
    settled: int
    leased: int
    granted: int
    changed: bool

    @property
    def maximum(self) -> int:
        return min(self.claim.maximum + self.granted, LARGEST)

    @property
    def fits(self) -> bool:
        return self.settled + self.leased + self.claim.amount <= self.maximum

    def balance(self, held: int, now: float) -> Balance:
        c = self.claim
        resets = resets_at(*split_window(c.window), now)
        return Balance(
            limit=c.limit,
            scope=c.scope,
            unit=c.unit,
            window=c.window,
            maximum=self.maximum,
            settled=self.settled,
            leased=self.leased + held,
            resets_at=resets,
            enforce=c.enforce,
            granted=self.granted,
        )


def standing(db: sqlite3.Connection, claim: Claim, now: float) -> Standing:
    live = first_live_bucket(*split_window(claim.window), now)
    account, leased, granted, *terms, high, low = db.execute(_STANDING, (live, claim.key, now)).fetchone()
    changed = terms != [claim.window, claim.maximum, claim.enforce, _thresholds(claim)]
    return Standing(claim, account, ((high or 0) << 31) + (low or 0), leased or 0, granted or 0, changed)


def check_sums(standings: Sequence[Standing]) -> None:
    """Only a shadow limit comes so far: an enforced one has refused. Raises ValueError."""
    for s in standings:
        if s.settled + s.leased + s.claim.amount > LARGEST:
            raise ValueError(f"limit {s.claim.limit}: the sum would be greater than {LARGEST}")


def hold(db: sqlite3.Connection, standings: Iterable[Standing], *, nothing: bool = False) -> list[Held]:
    """Adds each claim's amount, or nothing, to its account, which keeps the terms that were claimed last."""
    holds = []
    for s in standings:
        amount = 0 if nothing else s.claim.amount
        holds.append((_account(db, s, amount), s.claim.unit, s.claim.window, amount))
    return holds


def _account(db: sqlite3.Connection, standing: Standing, amount: int) -> int:
    c = standing.claim
    if standing.account is None:
        terms = (c.key, c.limit, c.scope, c.unit, c.window, c.maximum, c.enforce, _thresholds(c), amount)
        created = db.execute(_NEW_ACCOUNT, terms).lastrowid
        assert created is not None
        return created
    db.execute(_UPDATE_ACCOUNT, (amount, c.window, c.maximum, c.enforce, _thresholds(c), standing.account))
    return standing.account


def _thresholds(claim: Claim) -> str:
    return orjson.dumps(claim.thresholds).decode() if claim.thresholds else "[]"


def key_of(db: sqlite3.Connection, account: int, amounts: Amounts) -> str:
    """The account's key, where amounts stand under keys."""
    if not are_apart(amounts):
        return ""
    return str(db.execute("SELECT key FROM accounts WHERE id = ?", (account,)).fetchone()[0])


def release(db: sqlite3.Connection, account: int, window: str, held: int, spent: int, now: float) -> tuple[int, int]:
    """Replaces what a lease held by what was spent. The bucket that was charged, and the account's epoch."""
    took = "UPDATE accounts SET leased = leased - ? WHERE id = ? RETURNING epoch, thresholds"
    epoch, thresholds = db.execute(took, (held, account)).fetchone()
    current = bucket(*split_window(window), now)
    if not spent:
        return current, epoch
    if db.execute(_SPEND, (account, current, min(spent, LARGEST))).fetchone()[0] == spent:
        live = first_live_bucket(*split_window(window), now)
        db.execute("DELETE FROM spent WHERE account = ? AND bucket < ?", (account, live))
    if thresholds != "[]":
        alert(db, account, now)
    return current, epoch


def amend(db: sqlite3.Connection, account: int, charged_in: int, difference: int, epoch: int) -> None:
    """Corrects a charge, unless a reset has forgotten it since. A bucket that is gone may be charged anew."""
    if not db.execute("SELECT 1 FROM accounts WHERE id = ? AND epoch = ?", (account, epoch)).fetchone():
        return
    amended = db.execute(
        f"UPDATE spent SET amount = max(0, min(amount + ?, {LARGEST})) WHERE account = ? AND bucket = ?",  # noqa: S608  a constant
        (difference, account, charged_in),
    )
    if not amended.rowcount and difference > 0:
        db.execute(_SPEND, (account, charged_in, difference))
