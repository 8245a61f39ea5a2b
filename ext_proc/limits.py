"""Limits and what calls claim of them: names, windows and amounts, without I/O.

Every amount is an integer: calls, tokens, nano-dollars or slots. A sliding window is kept in sixty buckets and counts
the oldest one whole, so that it never forgets too early; a calendar window is one bucket.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Unit = Literal["requests", "tokens", "input_tokens", "output_tokens", "usd", "concurrent"]
UNITS: tuple[Unit, ...] = ("requests", "tokens", "input_tokens", "output_tokens", "usd", "concurrent")
NANO = 1_000_000_000
"""Nano-dollars in a dollar."""

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
