"""InvokeModel says in other frames what Messages says; what Bedrock itself says in a stream is told as its own."""

from __future__ import annotations

import json

import pytest

from ext_proc.apis import APIS
from ext_proc.apis.json_events import BROKEN
from ext_proc.chat import Message, Request, Text
from ext_proc.errors import Malformed
from ext_proc.parts import StreamFailure, TextDelta
from tests.apis.converse_streams import exception
from tests.apis.invoke_streams import chunk, chunks
from tests.apis.messages_streams import MESSAGES_STREAMS
from tests.apis.streams import pieces, read, written

INVOKE, MESSAGES, VERTEX = APIS["invoke_model"], APIS["messages"], APIS["raw_predict"]
STREAMS = {name: case for name, case in MESSAGES_STREAMS.items() if name != "a stream cut within an event"}
TEXT = json.dumps({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "a"}})


@pytest.mark.parametrize("size", [1, 7, 64, 1_000_000])
@pytest.mark.parametrize(("stream", "parts"), STREAMS.values(), ids=STREAMS)
def test_a_stream_reads_as_that_of_messages_wherever_it_is_cut(stream, parts, size):
    framed = chunks(stream)
    assert read(INVOKE, pieces(framed, size)) == parts
    observer = INVOKE.stream_observer(True)
    assert b"".join(observer.feed(piece)[0] for piece in pieces(framed, size)) == framed
    assert observer.finish() == (b"", [])


@pytest.mark.parametrize(("stream", "parts"), STREAMS.values(), ids=STREAMS)
def test_a_stream_is_written_as_that_of_messages_is(stream, parts):
    del stream
    said = [part for part in parts if not isinstance(part, StreamFailure)]
    assert read(INVOKE, [written(INVOKE, said)]) == read(MESSAGES, [written(MESSAGES, said)])


FAILURES = [
    (exception("throttlingException", message="slow"), StreamFailure("rate_limit", "slow")),
    (exception("modelTimeoutException", message="late"), StreamFailure("timeout", "late")),
    (chunk("{"), BROKEN),
    (chunk("{}", bytes="no base64"), BROKEN),
    (chunk("{}", bytes=7), BROKEN),
    (
        chunk(TEXT)[:-1] + b"x",
        StreamFailure("api_error", "The provider's stream is broken: the checksum of a message is wrong."),
    ),
]


@pytest.mark.parametrize("size", [1, 1_000_000])
@pytest.mark.parametrize(("message", "failure"), FAILURES)
def test_what_breaks_a_stream_is_told(message, failure, size):
    assert read(INVOKE, pieces(chunk(TEXT) + message, size)) == [TextDelta("a"), failure]


def test_messages_of_a_kind_that_is_not_known_say_nothing():
    assert read(INVOKE, [chunk(TEXT, "other") + chunk("[]") + chunk(TEXT)]) == [TextDelta("a")]


ASKED = Request(
    "claude", (Message("user", (Text("hi"),)),), max_output_tokens=9, stream=True, service_tier="auto", user="u"
)
TURNS = [{"role": "user", "content": [{"type": "text", "text": "hi"}]}]


def test_a_request_has_a_version_and_neither_model_nor_stream():
    assert json.loads(INVOKE.write_request(ASKED)) == {
        "anthropic_version": "bedrock-2023-05-31",
        "messages": TURNS,
        "max_tokens": 9,
        "metadata": {"user_id": "u"},
    }


def test_a_request_to_vertex_says_whether_to_stream():
    assert json.loads(VERTEX.write_request(ASKED)) == {
        "anthropic_version": "vertex-2023-10-16",
        "messages": TURNS,
        "max_tokens": 9,
        "metadata": {"user_id": "u"},
        "stream": True,
    }


def test_what_the_path_and_the_body_say_is_one_request():
    members = {**json.loads(INVOKE.write_request(ASKED)), "anthropic_beta": ["x"], "model": "claude", "stream": True}
    read_again = INVOKE.read_request(members)
    assert (read_again.model, read_again.stream, read_again.user, read_again.unread) == ("claude", True, "u", {})


@pytest.mark.parametrize("members", [{}, {"anthropic_version": ""}, {"anthropic_version": 7}])
def test_a_body_without_a_version_is_refused(members):
    with pytest.raises(Malformed) as caught:
        INVOKE.outline({"model": "m", "max_tokens": 9, "messages": TURNS, **members})
    assert caught.value.param == "anthropic_version"
