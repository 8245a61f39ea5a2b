"""One change of a body that otherwise passes untouched."""

from __future__ import annotations

from typing import NamedTuple


class Edit(NamedTuple):
    """Bytes `start` to `end` give way to `new`."""

    start: int
    end: int
    new: str
