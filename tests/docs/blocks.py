"""The fenced blocks of the README and the guides, with the place of each."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Block:
    page: str
    line: int
    language: str
    text: str

    def __str__(self):
        return f"{self.page}:{self.line}"


def blocks_of(page):
    text = page.read_text()
    name = str(page.relative_to(ROOT))
    return [Block(name, text[: found.start()].count("\n") + 1, found[1], found[2]) for found in _FENCE.finditer(text)]


BLOCKS = [block for page in PAGES for block in blocks_of(page)]


def settings_of_readme():
    return next(block.text for block in BLOCKS if block.page == "README.md" and block.language == "yaml")
