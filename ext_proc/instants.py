"""Instants as people write and read them: `7d` from now, or a date. Dates without a zone are UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime

ALLOWED = "30m, 12h, 7d, 4w or a date as in 2027-01-31"
_SECONDS = {"m": 60, "h": 3600, "d": 86400, "w": 604800}
_LATEST = 253_402_300_000.0
"""The end of the year 9999, where dates end."""


def before(text: str, now: float) -> float:
    """`7d` ago, or the date, in Unix seconds. Raises ValueError, whose text says what is wrong."""
    return _instant(text, now, -1)


def after(text: str, now: float) -> float:
    """In `30d`, or at the date, in Unix seconds. Raises ValueError, whose text says what is wrong."""
    return _instant(text, now, 1)


def iso(at: float | None) -> str | None:
    """`2027-01-31T00:00:00Z`; None stays None."""
    return None if at is None else datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def day(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d")


def _instant(text: str, now: float, direction: int) -> float:
    span = re.fullmatch(r"([0-9]{1,6})([mhdw])", text)
    at = now + direction * int(span[1]) * _SECONDS[span[2]] if span else _date(text)
    if not 0 <= at <= _LATEST:
        raise ValueError(f"{text!r} is out of range")
    return at


def _date(text: str) -> float:
    try:
        date = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is no time; allowed: {ALLOWED}") from None
    return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
