"""Where an answer comes from: `groundingMetadata`, and `citationMetadata` for what it recites, as citations.

They count in bytes of the text, citations in characters of their text block.
Spec: https://ai.google.dev/gemini-api/docs/google-search
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from ext_proc.apis.citations import Span, TextPlace
from ext_proc.apis.json_value import as_array, as_count, as_object, as_text
from ext_proc.parts import Citation, Part, TextDelta

LONGEST_BLOCK = 256 * 1024
"""Bytes of a text block within which places are looked up; citations of a longer one are about all of it."""
_SOURCES = ("web", "retrievedContext", "maps")


class Cited(NamedTuple):
    """A citation, and the bytes of all the text that it is about."""

    citation: Citation
    start: int
    end: int
    text: str


class TextBytes:
    """The present text block of one choice, while the parts go by, and where it stands in all the text."""

    def __init__(self) -> None:
        self._place = TextPlace()
        self._before = self._length = 0
        self._block = bytearray()

    def feed(self, part: Part) -> None:
        if isinstance(part, TextDelta):
            if not self._place.length:
                self._before, self._length = self.length, 0
                self._block.clear()
            said = part.text.encode("utf-8", "replace")
            self._length += len(said)
            self._block += said[: LONGEST_BLOCK - len(self._block)]
        self._place.feed(part)

    @property
    def length(self) -> int:
        """Of all the text."""
        return self._before + self._length

    def span(self, start: int, end: int) -> Span | None:
        """These bytes of all the text, as characters of the present block; nothing where they are all of it."""
        first = min(max(start - self._before, 0), self._length)
        last = min(max(end - self._before, first), self._length)
        if self._is_too_long or (first, last) == (0, self._length):
            return None
        head = len(self._decoded(0, first))
        return head, head + len(self._decoded(first, last))

    def cited(self, citation: Citation) -> Cited:
        if citation.span is None or self._is_too_long:
            said = "" if self._is_too_long else self._decoded(0, self._length)
            return Cited(citation, self._before, self.length, said)
        text = self._decoded(0, self._length)
        start, end = citation.span
        first = self._before + len(text[:start].encode())
        return Cited(citation, first, first + len(text[start:end].encode()), text[start:end])

    @property
    def _is_too_long(self) -> bool:
        return self._length > len(self._block)

    def _decoded(self, start: int, end: int) -> str:
        """A place within a character is taken for its beginning."""
        return self._block[self._edge(start) : self._edge(end)].decode("utf-8", "replace")

    def _edge(self, at: int) -> int:
        while 0 < at < len(self._block) and self._block[at] & 0xC0 == 0x80:
            at -= 1
        return at


class GroundingReader:
    """Reads the citations of one choice, each once: in a stream they may be told again and again."""

    def __init__(self) -> None:
        self._sources: list[Citation | None] = []
        self._told: set[Citation] = set()

    def read(self, candidate: Mapping[str, Any], text: TextBytes, starts: Sequence[int]) -> list[Citation]:
        """`starts` says where in all the text each part of this candidate begins."""
        grounding = as_object(candidate.get("groundingMetadata"))
        found = [*self._grounded(grounding, text, starts), *_recited(candidate, text)]
        fresh = [citation for citation in dict.fromkeys(found) if citation not in self._told]
        self._told.update(fresh)
        return fresh

    def _grounded(self, grounding: Mapping[str, Any], text: TextBytes, starts: Sequence[int]) -> Iterable[Citation]:
        if chunks := as_array(grounding.get("groundingChunks")):
            self._sources = [_source(as_object(chunk)) for chunk in chunks]
        supports = [as_object(support) for support in as_array(grounding.get("groundingSupports"))]
        if chunks and not supports:
            yield from filter(None, self._sources)
        for support in supports:
            span = _segment(as_object(support.get("segment")), text, starts)
            for at in as_array(support.get("groundingChunkIndices")):
                known = self._sources[at] if isinstance(at, int) and 0 <= at < len(self._sources) else None
                if known is not None:
                    yield replace(known, span=span)


def write_grounding(cited: Sequence[Cited]) -> dict[str, Any]:
    """Members of a candidate."""
    if not cited:
        return {}
    sources = list(dict.fromkeys(replace(one.citation, span=None, choice=0) for one in cited))
    numbers = {source: at for at, source in enumerate(sources)}
    supports: dict[tuple[int, int], dict[str, Any]] = {}
    for citation, start, end, text in cited:
        segment = {"startIndex": start, "endIndex": end, "text": text}
        support = supports.setdefault((start, end), {"segment": segment, "groundingChunkIndices": []})
        support["groundingChunkIndices"].append(numbers[replace(citation, span=None, choice=0)])
    chunks = [_write_source(source) for source in sources]
    return {"groundingMetadata": {"groundingChunks": chunks, "groundingSupports": list(supports.values())}}


def _segment(segment: Mapping[str, Any], text: TextBytes, starts: Sequence[int]) -> Span | None:
    if not segment:
        return None
    part = as_count(segment.get("partIndex"))
    base = starts[part] if 0 < part < len(starts) else 0
    return text.span(base + as_count(segment.get("startIndex")), base + as_count(segment.get("endIndex")))


def _source(chunk: Mapping[str, Any]) -> Citation | None:
    source = next((as_object(chunk[kind]) for kind in _SOURCES if chunk.get(kind)), {})
    url = as_text(source.get("uri"))
    return Citation(as_text(source.get("text")) or None, as_text(source.get("title")) or None, url) if url else None


def _write_source(citation: Citation) -> dict[str, Any]:
    members = {"uri": citation.url, "title": citation.title, "text": citation.cited_text}
    kind = "web" if citation.url and citation.cited_text is None else "retrievedContext"
    return {kind: {key: value for key, value in members.items() if value is not None}}


def _recited(candidate: Mapping[str, Any], text: TextBytes) -> Iterable[Citation]:
    """Gemini and Vertex AI have two names for the list."""
    metadata = as_object(candidate.get("citationMetadata"))
    for item in as_array(metadata.get("citations") or metadata.get("citationSources")):
        source = as_object(item)
        if url := as_text(source.get("uri")):
            span = text.span(as_count(source.get("startIndex")), as_count(source.get("endIndex")))
            yield Citation(title=as_text(source.get("title")) or None, url=url, span=span)
