"""Instants as options say them, and spans of time."""

from __future__ import annotations

from ext_proc import instants
from ext_proc.cli.failure import Failure
from ext_proc.instants import iso as iso  # noqa: PLC0414  beside the spans


def before(text: str, now: float, option: str) -> float:
    """`7d` ago, or the date, in Unix seconds. Raises Failure."""
    try:
        return instants.before(text, now)
    except ValueError as error:
        raise Failure(f"{option}: {error}") from None


def after(text: str, now: float, option: str) -> float:
    """In `30d`, or at the date, in Unix seconds. Raises Failure."""
    try:
        return instants.after(text, now)
    except ValueError as error:
        raise Failure(f"{option}: {error}") from None


def span(seconds: float) -> str:
    """`3 d 4 h`: the two greatest parts of a span of time."""
    left = max(0, round(seconds))
    parts = []
    for length, unit in ((86400, "d"), (3600, "h"), (60, "min"), (1, "s")):
        count, left = divmod(left, length)
        parts.append(f"{count} {unit}" if count else "")
    first = next((at for at, part in enumerate(parts) if part), 3)
    return " ".join(part for part in parts[first : first + 2] if part) or "0 s"
