"""How the demo looks: titled steps, labelled lines, text as it comes. Plain when piped, and never wider than 80."""

from __future__ import annotations

import textwrap
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

WIDTH = 80
LABEL = 12
INDENT = "   "


def console() -> Console:
    found = Console(highlight=False)
    return Console(highlight=False, width=min(found.width, WIDTH), soft_wrap=False)


@dataclass(slots=True)
class Show:
    console: Console = field(default_factory=console)

    def say(self, text: str, style: str = "") -> None:
        """Broken between words only, so that a path or a command stays whole."""
        width = self.console.width
        for line in textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False) or [""]:
            self.verbatim(line, style)

    def verbatim(self, text: str, style: str = "") -> None:
        """As it is: it can be copied and pasted."""
        self.console.print(Text(text, style), soft_wrap=True)

    def step(self, number: int, title: str) -> None:
        self.console.print()
        self.verbatim(f"{number}  {title}", "bold cyan")

    def line(self, label: str, text: str, style: str = "") -> None:
        width = self.console.width - LABEL - len(INDENT)
        lines = textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False) or [""]
        self._labelled(label, lines[0], style)
        for more in lines[1:]:
            self._labelled("", more, style)

    def stream(self, label: str, pieces: Iterable[str]) -> str:
        """Prints the pieces as they come and returns them all."""
        self.console.print(Text.assemble(INDENT, (f"{label:<{LABEL}}", "dim")), end="")
        column, start, text = 0, LABEL + len(INDENT), ""
        for piece in pieces:
            text += piece
            if column and start + column + len(piece) > self.console.width:
                self.console.print("\n" + " " * start, end="")
                column, piece = 0, piece.lstrip()  # noqa: PLW2901  a space before a new line
            self.console.print(Text(piece, "green"), end="", soft_wrap=True)
            column += len(piece)
        self.console.print()
        return text

    def ok(self, text: str, since: float) -> None:
        told = Text.assemble(INDENT, ("✓ ", "bold green"), text, (f"  {time.monotonic() - since:.1f} s", "dim"))
        self.console.print(told, soft_wrap=True)

    def failed(self, reason: str, logs: dict[str, Sequence[str]]) -> None:
        self.verbatim(f"{INDENT}✗ {reason}", "bold red")
        for name, lines in logs.items():
            self.verbatim(f"{INDENT}  the end of {name}'s log:", "dim")
            for line in lines or ["(nothing)"]:
                self.verbatim(f"{INDENT}  {line}", "dim")

    def code(self, text: str, language: str) -> None:
        if self.console.is_terminal:
            self.console.print(Syntax(text.rstrip(), language, theme="ansi_dark", background_color="default"))
        else:
            self.verbatim(text.rstrip())

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[str]], names: int) -> None:
        """The first `names` columns are words, the others numbers; the last row is the total."""
        table = Table(box=SIMPLE_HEAD, pad_edge=False, show_footer=True)
        for at, name in enumerate(columns):
            table.add_column(name, rows[-1][at], justify="left" if at < names else "right")
        for row in rows[:-1]:
            table.add_row(*row)
        self.console.print(table)

    def _labelled(self, label: str, text: str, style: str) -> None:
        self.console.print(Text.assemble(INDENT, (f"{label:<{LABEL}}", "dim"), (text, style)), soft_wrap=True)
