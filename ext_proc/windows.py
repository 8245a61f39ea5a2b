"""Windows of limits: which bucket an instant falls into, from which bucket on it still counts, and when it resets.

`1m`, `24h`, `7d` slide; `hour day week month` follow the calendar of a time zone; `forever` never ends.
"""

from __future__ import annotations

import re
from zoneinfo import ZoneInfo

CALENDAR = ("hour", "day", "week", "month")


def seconds_of_window(window: str, tz: str | None) -> float | None:
    """The length of a sliding window in seconds, None for calendar windows and `forever`. Raises ValueError."""
    if tz is not None:
        ZoneInfo(tz)
    if window in CALENDAR or window == "forever":
        return None
    sliding = re.fullmatch(r"([1-9][0-9]{0,4})([smhd])", window)
    if sliding is None:
        raise ValueError(f"window: {window!r} is unknown; allowed: 30s, 1m, 24h, 7d, {', '.join(CALENDAR)}, forever")
    return int(sliding[1]) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[sliding[2]]
