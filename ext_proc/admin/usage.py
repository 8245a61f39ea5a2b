"""What was called, by whom and what it cost, as `tollkeeper usage` sums it up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from pydantic import Field

from ext_proc.admin.problem import Problem, Wrong
from ext_proc.admin.route import Ask, Desk, Part
from ext_proc.instants import before, iso
from ext_proc.usage_totals import GROUPS, summed

MOST_ROWS = 1000
LONGEST = 92 * 86400.0
"""Seconds that one question may span."""


class UsageQuery(Part):
    by: str = Field(default="model", max_length=256, description=f"With commas: {', '.join(GROUPS)}.")
    since: str = Field(default="7d", max_length=64, description="7d, 12h or a date, as 2027-01-31 (UTC).")
    until: str | None = Field(default=None, max_length=64, description="That instant excluded; now when left out.")


class UsageSums(Part):
    """`rows` are the dearest first, each with its groups; `total` is of all, those that were left off included."""

    since: str | None
    until: str | None
    by: list[str]
    rows: list[dict[str, Any]]
    left_off: int = Field(description="How many rows there are beside those that are shown.")
    total: dict[str, Any]


async def show_usage(desk: Desk, ask: Ask) -> UsageSums:
    query: UsageQuery = ask.query
    names = _groups(query.by)
    start = _instant("since", lambda: before(query.since, ask.now))
    end = _instant("until", lambda: before(query.until, ask.now) if query.until else ask.now + 1)
    if not 0 < end - start <= LONGEST + 1:
        raise _invalid("since", f"until must be after it, by at most {LONGEST / 86400:.0f} days")
    entries = await desk.store.entries(start, end)
    sums, total = await asyncio.to_thread(summed, entries, names)
    rows = [dict(zip(names, group, strict=True)) | totals.row() for group, totals in sums.items()]
    return UsageSums(
        since=iso(start),
        until=iso(end),
        by=names,
        rows=rows[:MOST_ROWS],
        left_off=max(0, len(rows) - MOST_ROWS),
        total=total.row(),
    )


def _groups(by: str) -> list[str]:
    names = [name.strip() for name in by.split(",")]
    unknown = [name for name in names if name not in GROUPS]
    if unknown:
        raise _invalid("by", f"{unknown[0]!r} is unknown; allowed: {', '.join(GROUPS)}")
    return list(dict.fromkeys(names))


def _instant(name: str, read: Callable[[], float]) -> float:
    try:
        return read()
    except ValueError as error:
        raise _invalid(name, str(error)) from None


def _invalid(name: str, problem: str) -> Problem:
    return Problem("invalid", "A parameter does not hold.", errors=[Wrong(at=name, problem=problem)])
