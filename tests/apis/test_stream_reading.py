"""Streamed answers are read the same however they are cut, and pass on untouched."""

from __future__ import annotations

import pytest

from ext_proc.apis import APIS
from ext_proc.parts import StreamFailure
from tests.apis.chat_completions_streams import CHAT_STREAMS
from tests.apis.cohere_streams import COHERE_STREAMS
from tests.apis.messages_streams import MESSAGES_STREAMS
from tests.apis.responses_streams import RESPONSES_STREAMS
from tests.apis.streams import BOTH, CHAT, CHAT_USAGE, MESSAGES, block_delta, chunk, data_stream, delta, pieces, read

STREAMS = [
    pytest.param(api, stream, parts, id=f"{api.name}, {name}")
    for api, streams in (
        (CHAT, CHAT_STREAMS),
        (MESSAGES, MESSAGES_STREAMS),
        (APIS["responses"], RESPONSES_STREAMS),
        (APIS["cohere_chat"], COHERE_STREAMS),
    )
    for name, (stream, parts) in streams.items()
]


@pytest.mark.parametrize("ends", [b"\n", b"\r\n", b"\r"], ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 1_000_000])
@pytest.mark.parametrize(("api", "stream", "parts"), STREAMS)
def test_a_stream_reads_the_same_wherever_it_is_cut(api, stream, parts, size, ends):
    assert read(api, pieces(stream.replace(b"\n", ends), size)) == parts


@pytest.mark.parametrize("size", [1, 7, 64, 1_000_000])
@pytest.mark.parametrize(("api", "stream", "parts"), STREAMS)
def test_bytes_pass_untouched_and_at_once_when_usage_is_shown(api, stream, parts, size):
    observer = api.stream_observer(True)
    seen = []
    for piece in pieces(stream, size):
        shown, found = observer.feed(piece)
        assert shown == piece
        seen += found
    shown, found = observer.finish()
    assert (shown, seen + found) == (b"", parts)


@pytest.mark.parametrize("ends", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize("size", [1, 7, 64, 1_000_000])
@pytest.mark.parametrize(("api", "stream", "parts"), STREAMS)
def test_only_the_usage_event_is_hidden_from_a_client_that_did_not_ask(api, stream, parts, size, ends):
    stream = stream.replace(b"\n", ends)
    hidden = data_stream(chunk(usage=CHAT_USAGE)).replace(b"\n", ends)
    observer = api.stream_observer(False)
    results = [observer.feed(piece) for piece in pieces(stream, size)] + [observer.finish()]
    assert b"".join(shown for shown, _ in results) == stream.replace(hidden, b"")
    assert [part for _, found in results for part in found] == parts


def test_a_client_waits_for_no_more_than_the_event_that_is_incomplete():
    observer = CHAT.stream_observer(False)
    whole = data_stream(chunk(delta(content="a")))
    assert observer.feed(whole + b"data: {")[0] == whole


def test_an_event_without_end_fails_the_stream_and_is_not_kept():
    reader = CHAT.stream_reader()
    found = [part for _ in range(18) for part in reader.feed(b"x" * 1_000_000)]
    assert found == [StreamFailure("api_error", "The provider sent an event that is too large.")]
    assert reader.finish() == []


def test_an_event_without_end_still_passes_to_the_client():
    observer = CHAT.stream_observer(False)
    data = [b"data: "] + [b"x" * 1_000_000] * 20
    results = [observer.feed(piece) for piece in data] + [observer.finish()]
    assert b"".join(shown for shown, _ in results) == b"".join(data)


@BOTH
def test_many_events_are_read_in_single_bytes(api):
    event = chunk(delta(content="x" * 100)) if api is CHAT else block_delta(0, type="text_delta", text="x" * 100)
    stream = data_stream(event) * (300_000 // len(data_stream(event)))
    assert read(api, pieces(stream, 1)) == read(api, [stream])
