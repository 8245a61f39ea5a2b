"""Streamed InvokeModel answers: AWS event-stream messages, each of which holds one event of Messages as base64.

Spec: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModelWithResponseStream.html
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

import orjson

from ext_proc.apis import eventstream
from ext_proc.apis.api import StreamObserver
from ext_proc.apis.converse.errors import read_failure, write_failure
from ext_proc.apis.json_events import BROKEN, UntouchedStream
from ext_proc.apis.json_value import as_object, dump
from ext_proc.apis.messages.stream import Writer, event_reader
from ext_proc.chat import Request
from ext_proc.parts import Part, StreamFailure


def stream_reader() -> Reader:
    return Reader()


def stream_writer(request: Request) -> Writer:
    return Writer(request, frame, write_failure)


def stream_observer(_show_usage: bool) -> StreamObserver:  # noqa: FBT001  the one argument of Api.stream_observer
    """Usage is sent unasked, so there is nothing to hide."""
    return UntouchedStream(stream_reader())


# --- read -----------------------------------------------------------------------------------------------------------


class Chunks:
    """Bytes of a stream to the JSON of its events. After a broken message it is deaf."""

    def __init__(self) -> None:
        self._decoder = eventstream.Decoder()

    def feed(self, data: bytes) -> list[bytes | StreamFailure]:
        if self._decoder.broken:
            return []
        events = [event for message in self._decoder.feed(data) if (event := _event(message)) is not None]
        if self._decoder.broken:
            events.append(StreamFailure("api_error", f"The provider's stream is broken: {self._decoder.broken}."))
        return events

    def finish(self) -> list[bytes | StreamFailure]:
        """What was cut in the middle is no failure of its own."""
        return []


class Reader:
    """Bytes of a stream to parts."""

    def __init__(self) -> None:
        self._chunks = Chunks()
        self._read = event_reader()

    def feed(self, data: bytes) -> list[Part]:
        return [part for event in self._chunks.feed(data) for part in self._parts(event)]

    def finish(self) -> list[Part]:
        return []

    def _parts(self, event: bytes | StreamFailure) -> list[Part]:
        if isinstance(event, StreamFailure):
            return [event]
        try:
            return self._read(as_object(orjson.loads(event)))
        except ValueError:
            return [BROKEN]


def _event(message: eventstream.Message) -> bytes | StreamFailure | None:
    """The event that a message holds; nothing where it is of a kind that is not known."""
    headers = message.headers
    if headers.get(":message-type") == "error":
        told = {"message": headers.get(":error-message")}
        return read_failure(told, headers.get(":error-code", ""))
    members = _members(message.payload)
    if members is None:
        return BROKEN
    if headers.get(":message-type") == "exception":
        return read_failure(members, headers.get(":exception-type", ""))
    return _decoded(members.get("bytes")) if headers.get(":event-type") == "chunk" else None


def _members(payload: bytes) -> dict[str, Any] | None:
    try:
        value = orjson.loads(payload or b"{}")
    except ValueError:
        return None
    return value if isinstance(value, dict) else {}


def _decoded(data: Any) -> bytes | StreamFailure:
    try:
        return base64.b64decode(data, validate=True)
    except (binascii.Error, TypeError, ValueError):
        return BROKEN


# --- write ----------------------------------------------------------------------------------------------------------


def frame(event: bytes, _type: str) -> bytes:
    headers = {":event-type": "chunk", ":content-type": "application/json", ":message-type": "event"}
    return eventstream.encode(headers, dump({"bytes": base64.b64encode(event).decode()}))
