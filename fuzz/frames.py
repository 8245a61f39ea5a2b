"""Whether bytes are what clients can read: strict JSON, and streams of it in the frames of an API."""

from __future__ import annotations

import orjson

from ext_proc.apis import eventstream
from ext_proc.apis.api import Api

EVENTSTREAM = "application/vnd.amazon.eventstream"


def check_json(data: bytes) -> None:
    """One object, without what only some parsers take: NaN, lone surrogates, broken UTF-8."""
    assert isinstance(orjson.loads(data), dict), data


def check_frames(api: Api, data: bytes) -> None:
    """A stream that ends with its last event, each of which holds one object."""
    (_check_messages if api.stream_content_type == EVENTSTREAM else _check_events)(data)


def _check_messages(data: bytes) -> None:
    decoder = eventstream.Decoder()
    messages = decoder.feed(data)
    assert not decoder.broken, decoder.broken
    assert b"".join(eventstream.encode(message.headers, message.payload) for message in messages) == data
    for message in messages:
        if message.headers[":message-type"] != "error":  # which its headers tell
            check_json(message.payload)


def _check_events(data: bytes) -> None:
    """Written here with LF alone, so that this need not be our own decoder."""
    assert b"\r" not in data
    assert not data or data.endswith(b"\n\n")
    for event in data.split(b"\n\n")[:-1]:
        *names, last = event.split(b"\n")
        assert [name[:7] for name in names] in ([], [b"event: "]), event
        assert last.startswith(b"data: "), event
        if last != b"data: [DONE]":
            check_json(last[len(b"data: ") :])
