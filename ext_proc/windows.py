"""Windows of limits: which bucket an instant falls into, from which bucket on it still counts, and when it resets.

`30s`, `1m`, `24h`, `7d` slide over sixty buckets and count the oldest one whole, so that a unit is remembered for the
window and at most a sixtieth of it more; `hour day week month` follow a time zone's calendar; `forever` never ends.
Every bucket is its start in Unix time in sixtieths of a second, so that a limit whose window is changed keeps its past.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

CALENDAR = ("hour", "day", "week", "month")
TICKS = 60
"""Ticks of a bucket's number in a second: a sliding window of n seconds moves on every n ticks."""


@lru_cache(maxsize=1024)
def seconds_of_window(window: str, tz: str | None) -> float | None:
    """The length of a sliding window in seconds, None for calendar windows and `forever`. Raises ValueError."""
    if tz is not None:
        _zone(tz)
    if window in CALENDAR or window == "forever":
        return None
    sliding = re.fullmatch(r"([1-9][0-9]{0,4})([smhd])", window)
    if sliding is None:
        raise ValueError(f"window: {window!r} is unknown; allowed: 30s, 1m, 24h, 7d, {', '.join(CALENDAR)}, forever")
    return int(sliding[1]) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[sliding[2]]


@lru_cache(maxsize=1024)
def split_window(written: str) -> tuple[str, str | None]:
    """A claim's window, as in `month@Europe/Berlin`, `1m` or nothing for `concurrent`, as (window, time zone)."""
    window, _, tz = written.partition("@")
    return window, tz or None


def bucket(window: str, tz: str | None, now: float) -> int:
    """The bucket that is charged at `now`."""
    width = _width(window)
    if width:
        return int(now * TICKS) // width * width
    return _period(window, tz, int(now // 60))[0] * TICKS if window in CALENDAR else 0


def first_live_bucket(window: str, tz: str | None, now: float) -> int:
    """The oldest bucket that still counts at `now`."""
    width = _width(window)
    if width:
        return (int(now * TICKS) - width * TICKS) // width * width
    return bucket(window, tz, now)


def resets_at(window: str, tz: str | None, now: float) -> float | None:
    """When all that was charged until `now` is forgotten, in Unix seconds; None for never."""
    width = _width(window)
    if width:
        return (bucket(window, tz, now) + width) / TICKS + width
    return float(_period(window, tz, int(now // 60))[1]) if window in CALENDAR else None


@lru_cache(maxsize=1024)
def _width(window: str) -> int:
    """The ticks of one bucket of a sliding window, which are as many as the window has seconds; else 0."""
    return int(seconds_of_window(window, None) or 0) if window else 0


@lru_cache(maxsize=4096)
def _period(window: str, tz: str | None, minute: int) -> tuple[int, int]:
    """The calendar period around a Unix minute, as Unix seconds. Time zones change on whole minutes since 1972."""
    zone = _zone(tz)
    local = datetime.fromtimestamp(minute * 60, zone)
    if window == "hour":
        return _hour(local, zone)
    first = _first_day(window, local)
    return int(first.timestamp()), int(_first_day(window, first + timedelta(days=_AFTER[window])).timestamp())


def _zone(tz: str | None) -> tzinfo:
    try:
        return ZoneInfo(tz) if tz else UTC
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"tz: {tz!r} is unknown; allowed: names of the IANA database, as in Europe/Berlin") from error


_AFTER = {"day": 1, "week": 7, "month": 32}
"""Days from the first day of a period into the next one."""


def _first_day(window: str, local: datetime) -> datetime:
    """Midnight on the period's first day; `fold=0` takes the earlier one where clocks are set back over midnight."""
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    if window == "week":
        return midnight - timedelta(days=midnight.weekday())
    return midnight.replace(day=1) if window == "month" else midnight


def _hour(local: datetime, zone: tzinfo) -> tuple[int, int]:
    """The hour on the wall; one in which clocks are changed by half an hour is longer or shorter."""
    start = _hour_start(local)
    later = (_hour_start(datetime.fromtimestamp(start + hours * 3600, zone)) for hours in (1, 2))
    return start, next(end for end in later if end > start)


def _hour_start(local: datetime) -> int:
    return int(local.replace(minute=0, second=0, microsecond=0).timestamp())
