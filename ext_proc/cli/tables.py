"""Tables and JSON as the commands print them. What came from outside cannot steer the terminal."""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING, Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ext_proc.dollars import usd as usd  # noqa: PLC0414  beside the other amounts

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_STEERING = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
RIGHT = ">"
"""A column's name that begins with this is aligned to the right."""


def show_table(columns: Sequence[str], rows: Iterable[Sequence[object]], total: Sequence[object] | None = None) -> None:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_footer=total is not None)
    for at, name in enumerate(columns):
        footer = _text(total[at]) if total else ""
        justify = "right" if name.startswith(RIGHT) else "left"
        table.add_column(name.removeprefix(RIGHT), footer, justify=justify, overflow="fold")  # type: ignore[arg-type]  # one of its words
    for row in rows:
        table.add_row(*map(_text, row))
    _console().print(table)


def show_json(value: Any) -> None:
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def cell(value: object) -> str:
    """One line without control or direction characters; nothing is a dash."""
    return _STEERING.sub("·", str(value)) if value not in (None, "") else "-"


def number(count: int) -> str:
    return f"{count:,}"


def bar(part: int, whole: int, width: int = 10) -> str:
    filled = width if whole <= 0 else min(width, -(-part * width // whole))
    return "█" * filled + "░" * (width - filled)


def _text(value: object) -> Text:
    return Text(cell(value))


def _console() -> Console:
    return Console(width=None if sys.stdout.isatty() else 400, highlight=False)
