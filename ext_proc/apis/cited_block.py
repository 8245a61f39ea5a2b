"""The citations of one block of a streamed text, which come anywhere within it and are told after it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ext_proc.apis.citations import TextPlace
from ext_proc.parts import Citation, Part


class CitedBlock:
    """Blocks go by one after the other. Text that goes on before one is not what its citations are about."""

    def __init__(self) -> None:
        self._place = TextPlace()
        self._index: int | None = None
        self._begin = 0
        self._held: list[Citation] = []

    def at(self, index: int) -> None:
        """Something of this block comes next."""
        if index != self._index:
            self._index, self._begin, self._held = index, self._place.length, []

    def hold(self, citation: Citation) -> None:
        self._held.append(citation)

    def saw(self, parts: Iterable[Part]) -> None:
        for part in parts:
            self._place.feed(part)

    def ended(self) -> list[Part]:
        span = (self._begin, self._place.length) if self._begin else None
        cited: list[Part] = [replace(citation, span=span) for citation in self._held]
        self._held = []
        self.saw(cited)
        return cited
