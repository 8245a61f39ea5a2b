"""Limits and what calls claim of them: names, windows and amounts, without I/O.

Every amount is an integer: calls, tokens, nano-dollars or slots. A sliding window is kept in sixty buckets and counts
the oldest one whole, so that it never forgets too early; a calendar window is one bucket.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

Unit = Literal["requests", "tokens", "input_tokens", "output_tokens", "usd", "concurrent"]
UNITS: tuple[Unit, ...] = ("requests", "tokens", "input_tokens", "output_tokens", "usd", "concurrent")
NANO = 1_000_000_000
"""Nano-dollars in a dollar."""

LARGEST = 2**62
"""No amount, and no sum that a limit holds, may be greater; so two of them still fit into 64 bits."""

Amounts = dict[str, int]
"""What a call used by unit. What stands under an account's own key goes before that, for this account alone."""

Outage = Literal["deny", "allow", "local"]
"""While the store is away, a limit refuses, is not enforced, or serves from what the worker leased beforehand."""


def account_key(limit: str, unit: Unit, scope: str) -> str:
    """Names one limit for one scope; neither a limit's name nor a unit has a bar in it."""
    return f"{limit}|{unit}|{scope}"


def of_account_key(key: str) -> tuple[str, Unit, str]:
    """The limit, the unit and the scope."""
    limit, unit, scope = key.split("|", 2)
    return limit, next(known for known in UNITS if known == unit), scope


@dataclass(frozen=True, slots=True)
class Claim:
    """What one call asks of one limit. `scope` is the limit's `per` attributes with this call's values."""

    limit: str
    scope: str
    unit: Unit
    window: str
    maximum: int
    amount: int
    enforce: bool = True
    thresholds: tuple[int, ...] = ()
    """Percents of the maximum; when what is settled reaches one, an event says so, once a window."""
    outage: Outage = "deny"

    @property
    def key(self) -> str:
        return account_key(self.limit, self.unit, self.scope)


@dataclass(frozen=True, slots=True)
class Balance:
    """Where one limit stands for one scope; `resets_at` is in Unix seconds, None for `forever` and `concurrent`.

    `maximum` includes what is `granted` at present.
    """

    limit: str
    scope: str
    unit: Unit
    window: str
    maximum: int
    settled: int
    leased: int
    resets_at: float | None
    enforce: bool = True
    granted: int = 0

    @property
    def key(self) -> str:
        return account_key(self.limit, self.unit, self.scope)

    @property
    def remaining(self) -> int:
        return max(0, self.maximum - self.settled - self.leased)


def charge(unit: Unit, reserved: int, amounts: Amounts, key: str = "") -> int:
    """What a lease of `reserved` costs once the call has used `amounts`: a request is one, a slot is given back."""
    if unit == "concurrent":
        return 0
    return amounts.get(key, amounts.get(unit, reserved if unit == "requests" else 0))


def drawn(unit: Unit, amounts: Amounts, key: str = "") -> int:
    """What a settlement that draws on a lease costs: a request where it says so, as an attempt is none."""
    return 0 if unit == "concurrent" else amounts.get(key, amounts.get(unit, 0))


def are_apart(amounts: Amounts) -> bool:
    """Whether an account has an amount of its own."""
    return any("|" in name for name in amounts)


def worst_charge(unit: Unit, reserved: int) -> int:
    """What a lease costs that nobody settled in time."""
    return 0 if unit == "concurrent" else reserved


def threshold_amount(maximum: int, percent: int) -> int:
    """What reaches a threshold: never less than its percent of the maximum."""
    return -(-maximum * percent // 100)


def check_amounts(amounts: Iterable[int]) -> None:
    """Raises ValueError unless each is an integer that a store can count."""
    for amount in amounts:
        if type(amount) is not int or not 0 <= amount <= LARGEST:
            raise ValueError(f"an amount is an integer from 0 to {LARGEST}, not {amount!r}")
