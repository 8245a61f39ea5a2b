"""Streams whose events keep their bytes while their frames change, from one dialect to another."""

from __future__ import annotations

from typing import Any

import orjson

from ext_proc.apis import sse
from ext_proc.apis.dialect import Dialect
from ext_proc.apis.json_events import BROKEN, TOO_LARGE
from ext_proc.errors import ProviderError
from ext_proc.parts import Part, StreamFailure


class ServerSentFrames:
    """Server-sent events to their data. After an event that is too large it is deaf."""

    def __init__(self) -> None:
        self._decoder = sse.Decoder()
        self._deaf = False

    def feed(self, data: bytes) -> list[bytes | StreamFailure]:
        if self._deaf:
            return []
        try:
            return [event.data for event in self._decoder.feed(data) if event.data.strip()]
        except sse.TooLargeError:
            self._deaf = True
            return [TOO_LARGE]

    def finish(self) -> list[bytes | StreamFailure]:
        """What was cut in the middle is no failure of its own."""
        return [event.data for event in self._decoder.finish() if _object(event.data) is not None]


class Reframed:
    """Observes a stream of one dialect for a client of another. After a failure it says nothing more."""

    def __init__(self, source: Dialect, target: Dialect) -> None:
        self._frames = source.frames()
        self._read = source.event_reader()
        self._target = target
        self._over = False

    def feed(self, data: bytes) -> tuple[bytes, list[Part]]:
        return self._pass(self._frames.feed(data))

    def finish(self) -> tuple[bytes, list[Part]]:
        return self._pass(self._frames.finish())

    def _pass(self, events: list[bytes | StreamFailure]) -> tuple[bytes, list[Part]]:
        shown: list[bytes] = []
        parts: list[Part] = []
        for event in events:
            if self._over:
                break
            written, read = self._event(event)
            shown.append(written)
            parts += read
        return b"".join(shown), parts

    def _event(self, event: bytes | StreamFailure) -> tuple[bytes, list[Part]]:
        if isinstance(event, StreamFailure):
            return self._fail(event), [event]
        value = _object(event)
        if value is None:
            return self._fail(BROKEN), [BROKEN]
        parts = self._read(value)
        failure = next((part for part in parts if isinstance(part, StreamFailure)), None)
        if failure is not None:
            return self._fail(failure), parts
        type_ = value.get("type")
        return self._target.frame(event, type_) if isinstance(type_, str) else b"", parts

    def _fail(self, failure: StreamFailure) -> bytes:
        self._over = True
        return self._target.failure(ProviderError(failure.message, kind=failure.kind, code=failure.code))


def _object(event: bytes) -> dict[str, Any] | None:
    try:
        value = orjson.loads(event)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
