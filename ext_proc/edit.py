"""One change of a body that otherwise passes untouched."""

from __future__ import annotations

from enum import Enum, auto
from typing import NamedTuple


class Gone(Enum):
    """In place of a member's new value: it is to go, name and all."""

    GONE = auto()


GONE = Gone.GONE


class Edit(NamedTuple):
    """Bytes `start` to `end` give way to `new`."""

    start: int
    end: int
    new: str
