"""AWS event streams are read the same however the network cuts them, and what is broken is found."""

from __future__ import annotations

import struct
from zlib import crc32

import pytest
from botocore.eventstream import EventStreamBuffer
from hypothesis import given, settings
from hypothesis import strategies as st

from ext_proc.apis import eventstream

# A message with one header of every type that the format knows, as the format's authors lay it out.
EVERY_TYPE = b"".join(
    [
        *(b"\x04true\x00", b"\x05false\x01", b"\x04byte\x02\x07", b"\x05short\x03\x01\x02"),
        *(b"\x03int\x04\x01\x02\x03\x04", b"\x04long\x05" + bytes(8), b"\x05bytes\x06\x00\x02ab"),
        *(b"\x06string\x07\x00\x03\xc3\xa9x", b"\x04time\x08" + bytes(8), b"\x04uuid\x09" + bytes(16)),
    ]
)


def framed(headers: bytes, payload: bytes = b"") -> bytes:
    prelude = struct.pack(">II", 16 + len(headers) + len(payload), len(headers))
    body = prelude + struct.pack(">I", crc32(prelude)) + headers + payload
    return body + struct.pack(">I", crc32(body))


def prelude(total: int, headers: int) -> bytes:
    lengths = struct.pack(">II", total, headers)
    return lengths + struct.pack(">I", crc32(lengths))


GOOD = eventstream.encode({":event-type": "a"}, b"{}")


def pieces(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


def decoded(chunks: list[bytes]) -> tuple[list[eventstream.Message], str]:
    decoder = eventstream.Decoder()
    return [message for chunk in chunks for message in decoder.feed(chunk)], decoder.broken


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes((data[at] ^ 1,)) + data[at + 1 :]


names = st.text(min_size=1, max_size=20)
messages = st.tuples(st.dictionaries(names, st.text(max_size=20), max_size=4), st.binary(max_size=40))


@settings(max_examples=100, deadline=None)
@given(sent=st.lists(messages, max_size=4), size=st.integers(1, 60))
def test_what_is_encoded_is_read_back_wherever_it_is_cut(sent, size):
    stream = b"".join(eventstream.encode(headers, payload) for headers, payload in sent)
    read, broken = decoded(pieces(stream, size))
    assert [(message.headers, message.payload) for message in read] == sent
    assert broken == ""


@settings(max_examples=50, deadline=None)
@given(headers=st.dictionaries(names, st.text(max_size=20), max_size=4), payload=st.binary(max_size=40))
def test_the_official_decoder_reads_what_is_encoded(headers, payload):
    buffer = EventStreamBuffer()
    buffer.add_data(eventstream.encode(headers, payload))
    (message,) = list(buffer)
    assert (message.headers, message.payload) == (headers, payload)


def test_headers_of_every_type_are_passed_over_and_strings_are_kept():
    (message,), broken = decoded(pieces(framed(EVERY_TYPE, b"x"), 3))
    assert (message.headers, message.payload, broken) == ({"string": "éx"}, b"x", "")


BROKEN = {
    "a prelude": (flipped(GOOD, 3), "the checksum of a prelude is wrong"),
    "the checksum of a prelude": (flipped(GOOD, 9), "the checksum of a prelude is wrong"),
    "a header": (flipped(GOOD, 20), "the checksum of a message is wrong"),
    "a payload": (flipped(GOOD, len(GOOD) - 5), "the checksum of a message is wrong"),
    "a checksum": (flipped(GOOD, len(GOOD) - 1), "the checksum of a message is wrong"),
    "a message without end": (prelude(16 * 1024 * 1024 + 1, 0), "a message is too large"),
    "a message that is no message": (prelude(4, 0), "a message is shorter than its headers"),
    "more headers than message": (prelude(30, 40), "a message is shorter than its headers"),
    "a type of header that is not known": (framed(b"\x01a\x0a"), "the headers of a message cannot be read"),
    "a header that is cut": (framed(b"\x01a\x07\x00\x09b"), "the headers of a message cannot be read"),
    "a length that is cut": (framed(b"\x01a\x07\x00"), "the headers of a message cannot be read"),
    "a name that is cut": (framed(b"\x09a"), "the headers of a message cannot be read"),
    "a string that is no UTF-8": (framed(b"\x01a\x07\x00\x01\xff"), "the headers of a message cannot be read"),
    "an event of another kind of stream": (b'event: x\ndata: {"a":1}\n\n', "the checksum of a prelude is wrong"),
}


@pytest.mark.parametrize("size", [1, 7, 1000])
@pytest.mark.parametrize(("data", "why"), BROKEN.values(), ids=BROKEN)
def test_what_is_broken_is_found_and_nothing_after_it_is_read(data, why, size):
    read, broken = decoded(pieces(GOOD + data + GOOD, size))
    assert ([message.payload for message in read], broken) == ([b"{}"], why)


@settings(max_examples=150, deadline=None)
@given(stream=st.binary(max_size=60) | st.builds(flipped, st.just(GOOD), st.integers(0, len(GOOD) - 1)))
def test_no_bytes_raise_anything(stream):
    assert decoded([stream]) == decoded(pieces(stream, 1))


def test_a_large_message_is_read():
    payload = b"x" * (15 * 1024 * 1024)
    (message,), broken = decoded(pieces(eventstream.encode({}, payload), 1_000_000))
    assert (message.payload == payload, broken) == (True, "")


@pytest.mark.parametrize(
    "stream", [eventstream.encode({}, b"x" * 400_000), GOOD * 9_000], ids=["one message", "many messages"]
)
def test_long_streams_are_read_byte_by_byte(stream):
    assert decoded(pieces(stream, 1)) == decoded([stream])
