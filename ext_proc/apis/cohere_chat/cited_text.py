"""The text of a streamed answer, kept where it may be cited, as Cohere repeats in a citation what it is about."""

from __future__ import annotations

from typing import Any

from ext_proc.apis.citations import TextPlace
from ext_proc.apis.cohere_chat.citations import write_citation
from ext_proc.chat import Document, Request
from ext_proc.parts import Citation, Part, TextDelta


class CitedText:
    """Nothing is kept of an answer to a request that brought no documents: none of it can be cited."""

    def __init__(self, request: Request) -> None:
        blocks = (block for message in request.messages for block in message.content)
        self._keeps = any(isinstance(block, Document) for block in blocks)
        self._place = TextPlace()
        self._pieces: list[str] = []

    def feed(self, part: Part) -> None:
        self._place.feed(part)
        if self._keeps and isinstance(part, TextDelta):
            self._pieces.append(part.text)

    def write(self, citation: Citation, block: int) -> dict[str, Any]:
        start, end = self._place.in_all(citation)
        self._pieces = ["".join(self._pieces)]
        return write_citation(citation, (start, end), self._pieces[0][start:end], block)
