"""How every limit stands, for each scope that it is counted for, and what is granted of it, as operators see it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ext_proc.instants import iso
from ext_proc.leases import Grant
from ext_proc.limits import Balance
from ext_proc.settings_limits import Limit


@dataclass(frozen=True, slots=True)
class Standing:
    """One limit for one scope. `balance` is None before its first call, `limit` when the file no longer has it."""

    limit: Limit | None
    balance: Balance | None

    @property
    def name(self) -> str:
        return self.limit.name if self.limit else self.balance.limit if self.balance else ""

    @property
    def granted(self) -> int:
        return self.balance.granted if self.balance else 0

    @property
    def maximum(self) -> int:
        """With what is granted."""
        if self.limit is None:
            return self.balance.maximum if self.balance else 0
        return self.limit.maximum + self.granted

    def row(self) -> dict[str, Any]:
        used, leased = (self.balance.settled, self.balance.leased) if self.balance else (0, 0)
        return {
            "limit": self.name,
            "scope": self.balance.scope if self.balance else None,
            "unit": self.limit.unit if self.limit else self.balance and self.balance.unit,
            "window": self._window(),
            "mode": self.limit.mode if self.limit else "removed",
            "used": used,
            "leased": leased,
            "maximum": self.maximum,
            "granted": self.granted,
            "remaining": max(0, self.maximum - used - leased),
            "resets_at": iso(self.balance.resets_at) if self.balance else None,
        }

    def _window(self) -> str | None:
        if self.limit is None:
            return self.balance.window or None if self.balance else None
        return f"{self.limit.window} {self.limit.tz}" if self.limit.tz else self.limit.window


def standings(limits: Iterable[Limit], balances: Iterable[Balance]) -> list[Standing]:
    """In the order of the file; limits that it no longer has come last."""
    own: dict[tuple[str, str], list[Balance]] = {}
    for balance in balances:
        own.setdefault((balance.limit, balance.unit), []).append(balance)
    found: list[Standing] = []
    for limit in limits:
        theirs = own.pop((limit.name, limit.unit), [])
        found += [Standing(limit, balance) for balance in theirs] or [Standing(limit, None)]
    return found + [Standing(None, balance) for rest in own.values() for balance in rest]


def grant_row(grant: Grant) -> dict[str, Any]:
    """Dollars are nano-dollars here."""
    return {
        "id": grant.id,
        "limit": grant.limit,
        "scope": grant.scope,
        "unit": grant.unit,
        "amount": grant.amount,
        "at": iso(grant.at),
        "until": iso(grant.until),
        "note": grant.note,
    }
