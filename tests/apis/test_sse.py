"""Server-sent events are read the same however the network cuts them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ext_proc.apis import sse

# (what it shows, the bytes, the events as (name, data))
STREAMS = [
    ("LF", b"data: a\n\ndata: b\n\n", [(b"", b"a"), (b"", b"b")]),
    ("CRLF", b"data: a\r\n\r\ndata: b\r\n\r\n", [(b"", b"a"), (b"", b"b")]),
    ("CR", b"data: a\r\rdata: b\r\r", [(b"", b"a"), (b"", b"b")]),
    ("mixed ends", b"data: a\r\n\ndata: b\n\r\ndata: c\r\n\r\n", [(b"", b"a"), (b"", b"b"), (b"", b"c")]),
    ("name", b"event: ping\ndata: {}\n\n", [(b"ping", b"{}")]),
    ("several lines", b"data: a\ndata:\ndata:  b\n\n", [(b"", b"a\n\n b")]),
    ("no space", b"data:a\nevent:e\n\n", [(b"e", b"a")]),
    ("comment", b": keep-alive\n\ndata: a\n\n", [(b"", b""), (b"", b"a")]),
    ("comment within", b": x\ndata: a\n: y\n\n", [(b"", b"a")]),
    ("other fields", b"id: 1\nretry: 10\ndata: a\nunknown\n\n", [(b"", b"a")]),
    ("BOM", b"\xef\xbb\xbfdata: a\n\n", [(b"", b"a")]),
    ("BOM in the middle is text", b"data: a\n\n\xef\xbb\xbfdata: b\n\n", [(b"", b"a"), (b"", b"")]),
    ("three line ends", b"data: a\n\n\ndata: b\n\n", [(b"", b"a"), (b"", b"b")]),
    (
        "line ends of Unicode are text",
        "data: a\u2028b\u0085c\x0bd\n\n".encode(),
        [(b"", "a\u2028b\u0085c\x0bd".encode())],
    ),
    ("long characters", "data: 😀é漢\n\n".encode(), [(b"", "😀é漢".encode())]),
    ("no blank line at the end", b"data: a\n\ndata: b", [(b"", b"a"), (b"", b"b")]),
    ("one line end at the end", b"data: a\r\n", [(b"", b"a")]),
]


def pieces(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


def decoded(chunks: list[bytes]) -> list[sse.Event]:
    decoder = sse.Decoder()
    events = [event for chunk in chunks for event in decoder.feed(chunk)]
    return events + decoder.finish()


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64])
@pytest.mark.parametrize(("data", "events"), [row[1:] for row in STREAMS], ids=[row[0] for row in STREAMS])
def test_events_are_the_same_wherever_the_bytes_are_cut(data, events, size):
    assert [(event.name, event.data) for event in decoded(pieces(data, size))] == events


@settings(max_examples=150)
@given(
    st.lists(st.sampled_from([b"data: x", b"\n", b"\r", b"\r\n", b"event: e", b":", b"\xef\xbb\xbf", b"y"])), st.data()
)
def test_no_byte_is_lost_and_no_cut_matters(tokens, data):
    """Whatever the bytes: the raw events put together are the stream, cut or not."""
    stream = b"".join(tokens)
    at = data.draw(st.integers(0, len(stream)))
    cut = decoded([stream[:at], stream[at:]])
    assert b"".join(event.raw for event in cut) == stream
    assert cut == decoded([stream]) == decoded(pieces(stream, 1))


def test_an_event_is_given_as_soon_as_its_blank_line_is_there():
    decoder = sse.Decoder()
    assert decoder.feed(b"data: a\n") == []
    assert [event.data for event in decoder.feed(b"\n")] == [b"a"]


def test_an_incomplete_event_may_not_grow_without_bounds():
    decoder = sse.Decoder(largest=100)
    decoder.feed(b"data: " + b"x" * 90)
    with pytest.raises(sse.TooLargeError):
        decoder.feed(b"x" * 10)


def test_many_events_at_once_are_no_large_event():
    assert len(sse.Decoder(largest=100).feed(b"data: x\n\n" * 1000)) == 1000


@pytest.mark.parametrize(
    "stream", [b"data: " + b"x" * 400_000 + b"\n\n", b"data: xxxxxxxx\r\n\r\n" * 20_000], ids=["one", "many"]
)
def test_long_streams_are_read_byte_by_byte(stream):
    assert decoded(pieces(stream, 1)) == decoded([stream])


def test_what_is_encoded_is_read_back():
    stream = sse.encode(b'{"a":1}', "ping") + sse.encode(b"[DONE]")
    assert [(event.name, event.data) for event in decoded([stream])] == [(b"ping", b'{"a":1}'), (b"", b"[DONE]")]
