"""Streams whose events hold one JSON object each: what Chat Completions, Messages and their like share.

A reader of such an API is a function from one event to parts; here stand the machines around it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson

from ext_proc.apis import sse
from ext_proc.apis.api import StreamReader
from ext_proc.parts import Part, StreamFailure

BROKEN = StreamFailure("api_error", "The provider sent an event that is not valid JSON.")
TOO_LARGE = StreamFailure("api_error", "The provider sent an event that is too large.")

ReadEvent = Callable[[Mapping[str, Any]], list[Part]]


class JsonStreamReader:
    """Bytes of a stream to parts. After an event that is too large it is deaf, as the rest has no known beginning."""

    def __init__(self, read_event: ReadEvent) -> None:
        self._decoder = sse.Decoder()
        self._read_event = read_event
        self._deaf = False

    def feed(self, data: bytes) -> list[Part]:
        if self._deaf:
            return []
        try:
            events = self._decoder.feed(data)
        except sse.TooLargeError:
            self._deaf = True
            return [TOO_LARGE]
        return [part for event in events for part in read_json_event(event, self._read_event)]

    def finish(self) -> list[Part]:
        # What was cut in the middle is no failure of its own.
        parts = [part for event in self._decoder.finish() for part in read_json_event(event, self._read_event)]
        return [] if self._deaf else [part for part in parts if part is not BROKEN]


class UntouchedStream:
    """Observes a stream whose every byte the client may see, at once and exactly as it came."""

    def __init__(self, reader: StreamReader) -> None:
        self._reader = reader

    def feed(self, data: bytes) -> tuple[bytes, list[Part]]:
        return data, self._reader.feed(data)

    def finish(self) -> tuple[bytes, list[Part]]:
        return b"", self._reader.finish()


class FilteredStream:
    """Observes a stream of which the client may not see the events that `hidden` names; others keep every byte."""

    def __init__(self, read_event: ReadEvent, hidden: Callable[[Mapping[str, Any]], bool]) -> None:
        self._decoder = sse.Decoder()
        self._read_event = read_event
        self._hidden = hidden
        self._deaf = False

    def feed(self, data: bytes) -> tuple[bytes, list[Part]]:
        if self._deaf:
            return data, []
        try:
            return self._pass(self._decoder.feed(data))
        except sse.TooLargeError:
            self._deaf = True
            return self._decoder.held, [TOO_LARGE]

    def finish(self) -> tuple[bytes, list[Part]]:
        if self._deaf:
            return b"", []
        shown, parts = self._pass(self._decoder.finish())
        return shown, [part for part in parts if part is not BROKEN]

    def _pass(self, events: list[sse.Event]) -> tuple[bytes, list[Part]]:
        shown: list[bytes] = []
        parts: list[Part] = []
        for event in events:
            value = load_event(event)
            if value is None or not self._hidden(value):
                shown.append(event.raw)
            parts += [BROKEN] if value is None else self._read_event(value)
        return b"".join(shown), parts


def read_json_event(event: sse.Event, read_event: ReadEvent) -> list[Part]:
    value = load_event(event)
    return [BROKEN] if value is None else read_event(value)


def load_event(event: sse.Event) -> Mapping[str, Any] | None:
    """The event's object; empty for an event that holds none, `None` for one that is broken."""
    if not event.data.strip() or event.data.startswith(b"[DONE]"):
        return {}
    try:
        value = orjson.loads(event.data)
    except ValueError:
        return None
    return value if isinstance(value, dict) else {}
