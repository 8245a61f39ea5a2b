"""What text a citation is about: its span counts in the characters of its text block, and APIs count otherwise."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise

from ext_proc.chat import Text
from ext_proc.parts import (
    Citation,
    Part,
    RefusalDelta,
    TextDelta,
    ThinkingDelta,
    ThinkingSignature,
    TokenLogprob,
    ToolUseStart,
)

Span = tuple[int, int]

_CLOSING = (ThinkingDelta, ThinkingSignature, RefusalDelta, ToolUseStart)


class TextPlace:
    """Where in all the text of one choice its present text block stands, while the parts go by."""

    def __init__(self) -> None:
        self._start = self._end = 0
        self._closed = False

    def feed(self, part: Part) -> None:
        if isinstance(part, TextDelta):
            self.say(part.text)
        elif isinstance(part, _CLOSING) or (isinstance(part, Citation) and part.span is None):
            self._closed = True

    def say(self, text: str) -> None:
        if self._closed:
            self._start, self._closed = self._end, False
        self._end += len(text)

    @property
    def end(self) -> int:
        """Of all the text."""
        return self._end

    @property
    def length(self) -> int:
        """Of the block that more text would go on."""
        return 0 if self._closed else self._end - self._start

    def in_all(self, citation: Citation) -> Span:
        """What the citation is about, in characters from the beginning of all the text."""
        start, end = citation.span or (0, self._end - self._start)
        return start + self._start, end + self._start

    def in_block(self, start: int, end: int) -> Span:
        """What lies between these characters of all the text, as a span of the present text block."""
        return clamped((start - self._start, end - self._start), self._end - self._start)


def one_text(texts: Iterable[Text]) -> Text:
    """The texts as one, whose citations all have spans."""
    said: list[str] = []
    citations: list[Citation] = []
    logprobs: list[TokenLogprob] = []
    at = 0
    for block in texts:
        spans = [citation.span or (0, len(block.text)) for citation in block.citations]
        moved = [(start + at, end + at) for start, end in spans]
        citations += [replace(one, span=span) for one, span in zip(block.citations, moved, strict=True)]
        said.append(block.text)
        logprobs += block.logprobs
        at += len(block.text)
    return Text("".join(said), citations=tuple(citations), logprobs=tuple(logprobs))


def cited_pieces(block: Text) -> tuple[Text, ...]:
    """The text cut to pieces that their citations are about as a whole, without spans, for the APIs that cite so.

    A citation stands with the piece that ends where its span does.
    """
    if all(citation.span is None for citation in block.citations):
        return (block,)
    ends: dict[int, list[Citation]] = {}
    cuts = {0, len(block.text)}
    for citation in block.citations:
        start, end = _within(citation, len(block.text))
        cuts |= {start, end}
        ends.setdefault(end, []).append(replace(citation, span=None))
    return tuple(
        Text(block.text[start:end], block.cache and end == len(block.text), tuple(ends.get(end, ())))
        for start, end in pairwise(sorted(cuts))
    )


def clamped(span: Span, length: int) -> Span:
    """What of it lies within a text so long."""
    start, end = span
    first = min(max(start, 0), length)
    return first, max(min(end, length), first)


def _within(citation: Citation, length: int) -> Span:
    """What the span covers of a text so long; at its very beginning, all of it."""
    start, end = citation.span or (0, length)
    last = min(end, length) if end > 0 else length
    return min(max(start, 0), last), last
