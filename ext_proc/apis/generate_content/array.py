"""A streamed answer as one JSON array, which is how it comes when the call does not say `alt=sse`."""

from __future__ import annotations

import re

import orjson

from ext_proc.apis import sse
from ext_proc.apis.api import StreamReader
from ext_proc.apis.json_events import BROKEN, TOO_LARGE, JsonStreamReader, ReadEvent
from ext_proc.parts import Part

_OUTSIDE = re.compile(rb'["{}\[\]]')
_INSIDE = re.compile(rb'["\\]')
_BLANK = b" \t\r\n"


class EitherStreamReader:
    """Bytes of a stream to parts, be it events or an array, which the first byte tells."""

    def __init__(self, read_event: ReadEvent) -> None:
        self._read_event = read_event
        self._reader: StreamReader | None = None

    def feed(self, data: bytes) -> list[Part]:
        if self._reader is None:
            data = data.lstrip(_BLANK)
            if not data:
                return []
            known = ArrayReader if data.startswith((b"[", b"{")) else JsonStreamReader
            self._reader = known(self._read_event)
        return self._reader.feed(data)

    def finish(self) -> list[Part]:
        return [] if self._reader is None else self._reader.finish()


class ArrayReader:
    """Bytes of the array to parts, each object as soon as it is whole, in time linear in the bytes."""

    def __init__(self, read_event: ReadEvent, largest: int = sse.LARGEST_EVENT) -> None:
        self._read_event = read_event
        self._objects = _Objects()
        self._largest = largest
        self._deaf = False

    def feed(self, data: bytes) -> list[Part]:
        if self._deaf:
            return []
        parts = [part for item in self._objects.feed(data) for part in self._read(item)]
        self._deaf = self._objects.held > self._largest
        return [*parts, TOO_LARGE] if self._deaf else parts

    def finish(self) -> list[Part]:
        """An object that was cut in the middle is no failure of its own."""
        return []

    def _read(self, item: bytes) -> list[Part]:
        try:
            value = orjson.loads(item)
        except ValueError:
            return [BROKEN]
        return self._read_event(value)


class _Objects:
    """Finds where the objects of an array begin and end."""

    def __init__(self) -> None:
        self._held = bytearray()
        """The object that is not whole yet."""
        self._depth = 0
        self._in_string = False
        self._escaped = False

    @property
    def held(self) -> int:
        return len(self._held)

    def feed(self, data: bytes) -> list[bytes]:
        found: list[bytes] = []
        at, begin = int(self._escaped), 0
        self._escaped = self._escaped and not data
        while (match := (_INSIDE if self._in_string else _OUTSIDE).search(data, at)) is not None:
            at, before = match.end(), self._depth
            if match[0] == b"\\":
                self._escaped, at = at == len(data), at + 1
                continue
            self._turn(match[0])
            if before == 0 and self._depth == 1:
                begin = match.start()
            elif before == 1 and self._depth == 0:
                found.append(bytes(self._held + data[begin:at]))
                self._held.clear()
        self._held += data[begin:] if self._depth else b""
        return found

    def _turn(self, byte: bytes) -> None:
        """The array's own brackets count for nothing."""
        if byte == b'"':
            self._in_string = self._depth > 0 and not self._in_string
        elif byte == b"{" or self._depth:
            self._depth += 1 if byte in b"{[" else -1
