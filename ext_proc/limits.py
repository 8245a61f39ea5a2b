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

Amounts = dict[Unit, int]


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

    @property
    def key(self) -> str:
        return f"{self.limit}|{self.unit}|{self.scope}"


@dataclass(frozen=True, slots=True)
class Balance:
    """Where one limit stands for one scope; `resets_at` is in Unix seconds, None for `forever` and `concurrent`."""

    limit: str
    scope: str
    unit: Unit
    window: str
    maximum: int
    settled: int
    leased: int
    resets_at: float | None
    enforce: bool = True

    @property
    def remaining(self) -> int:
        return max(0, self.maximum - self.settled - self.leased)


def charge(unit: Unit, reserved: int, amounts: Amounts) -> int:
    """What a lease of `reserved` costs once the call has used `amounts`: a request is one, a slot is given back."""
    if unit == "concurrent":
        return 0
    return amounts.get(unit, reserved if unit == "requests" else 0)


def worst_charge(unit: Unit, reserved: int) -> int:
    """What a lease costs that nobody settled in time."""
    return 0 if unit == "concurrent" else reserved


def check_amounts(amounts: Iterable[int]) -> None:
    """Raises ValueError unless each is an integer that a store can count."""
    for amount in amounts:
        if type(amount) is not int or not 0 <= amount <= LARGEST:
            raise ValueError(f"an amount is an integer from 0 to {LARGEST}, not {amount!r}")
