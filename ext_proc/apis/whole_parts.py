"""What the parts of an answer that never streams share, whatever it gives: who answered, and what it cost."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ext_proc.parts import Start, UsageReport
from ext_proc.usage import Usage


def start_of(parts: Iterable[Any]) -> Start:
    return next((part for part in parts if isinstance(part, Start)), Start("", ""))


def usage_of(parts: Iterable[Any]) -> Usage | None:
    return next((part.usage for part in parts if isinstance(part, UsageReport)), None)
