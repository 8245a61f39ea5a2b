"""Instants as people write them: `7d` from now, or a date. Dates without a zone are UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from ext_proc.cli.failure import Failure

_SECONDS = {"m": 60, "h": 3600, "d": 86400, "w": 604800}
_LATEST = 253_402_300_000.0
"""The end of the year 9999, where dates end."""


def before(text: str, now: float, option: str) -> float:
    """`7d` ago, or the date, in Unix seconds. Raises Failure."""
    return _instant(text, now, -1, option)


def after(text: str, now: float, option: str) -> float:
    """In `30d`, or at the date, in Unix seconds. Raises Failure."""
    return _instant(text, now, 1, option)


def _instant(text: str, now: float, direction: int, option: str) -> float:
    span = re.fullmatch(r"([0-9]{1,6})([mhdw])", text)
    at = now + direction * int(span[1]) * _SECONDS[span[2]] if span else _date(text, option)
    if not 0 <= at <= _LATEST:
        raise Failure(f"{option}: {text!r} is out of range")
    return at


def _date(text: str, option: str) -> float:
    try:
        date = datetime.fromisoformat(text)
    except ValueError:
        raise Failure(f"{option}: {text!r} is no time; allowed: 30m, 12h, 7d, 4w or a date as in 2027-01-31") from None
    return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()


def iso(at: float | None) -> str | None:
    """`2027-01-31T00:00:00Z`; None stays None."""
    return None if at is None else datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def day(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d")


def span(seconds: float) -> str:
    """`3 d 4 h`: the two greatest parts of a span of time."""
    left = max(0, round(seconds))
    parts = []
    for length, unit in ((86400, "d"), (3600, "h"), (60, "min"), (1, "s")):
        count, left = divmod(left, length)
        parts.append(f"{count} {unit}" if count else "")
    first = next((at for at, part in enumerate(parts) if part), 3)
    return " ".join(part for part in parts[first : first + 2] if part) or "0 s"
