"""Server-sent events: a decoder of bytes that may be cut anywhere, and an encoder.

Lines end with LF, CR or CRLF and nothing else; U+2028 and its like are text.
Spec: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
"""

from __future__ import annotations

import re
from dataclasses import dataclass

LARGEST_EVENT = 16 * 1024 * 1024
"""Bytes that are held back while an event is incomplete."""

BOM = b"\xef\xbb\xbf"

# Atomic groups, as the two bytes of one CRLF must never count as two line ends.
_EVENT_END = re.compile(rb"(?>\r\n|\r|\n)(?>\r\n|\r|\n)")
_LINE_END = re.compile(rb"\r\n|\r|\n")
# Nearly every event is one such, and is read by this alone: its fields cost a third of what it costs to split them.
_PLAIN = re.compile(rb"(?:event: ([^\r\n]*)\n)?data: ([^\r\n]*)\n\n")
_LONGEST_END = 4


@dataclass(frozen=True, slots=True)
class Event:
    """One event: its `name` (empty when not given), its `data`, and all the bytes that it came as."""

    name: bytes
    data: bytes
    raw: bytes


class TooLargeError(Exception):
    """An event is larger than `LARGEST_EVENT`."""


class Decoder:
    """Bytes to events, in time linear in the bytes, however small the pieces."""

    def __init__(self, largest: int = LARGEST_EVENT) -> None:
        self._held = bytearray()
        self._searched = 0
        self._largest = largest
        self._at_start = True

    @property
    def held(self) -> bytes:
        """The bytes of the incomplete event."""
        return bytes(self._held)

    def feed(self, data: bytes) -> list[Event]:
        """The events that `data` completes. Raises `TooLargeError` when the incomplete one is too large."""
        self._held += data
        events, begin = [], 0
        while (end := self._event_end()) is not None:
            events.append(self._event(bytes(self._held[begin:end])))
            begin = self._searched = end
        del self._held[:begin]
        self._searched = max(0, len(self._held) - _LONGEST_END + 1)
        if len(self._held) > self._largest and not events:
            raise TooLargeError
        return events

    def finish(self) -> list[Event]:
        """The stream has ended; what stands without its blank line is given as an event too."""
        rest = bytes(self._held)
        self._held.clear()
        self._searched = 0
        return [self._event(rest)] if rest else []

    def _event_end(self) -> int | None:
        if self._searched >= len(self._held):
            return None
        match = _EVENT_END.search(self._held, self._searched)
        if match is None:
            return None
        # A CR at the very end may be half of a CRLF: the next byte will tell.
        undecided = match.end() == len(self._held) and self._held.endswith(b"\r")
        return None if undecided else match.end()

    def _event(self, raw: bytes) -> Event:
        body = raw.removeprefix(BOM) if self._at_start else raw
        self._at_start = False
        name, data = _fields(body)
        return Event(name, data, raw)


def encode(data: bytes, name: str | None = None) -> bytes:
    """One event. `data` must be free of line ends, as JSON is."""
    head = b"" if name is None else b"event: " + name.encode() + b"\n"
    return head + b"data: " + data + b"\n\n"


def _fields(body: bytes) -> tuple[bytes, bytes]:
    plain = _PLAIN.fullmatch(body)
    if plain is not None:
        return plain[1] or b"", plain[2]
    name, data = b"", []
    for line in _LINE_END.split(body):
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"data":
            data.append(value)
        elif field == b"event":
            name = value
    return name, b"\n".join(data)
