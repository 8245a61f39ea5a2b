"""A stream that comes as one array says the same as one of events."""

from __future__ import annotations

import json

import pytest

from ext_proc.apis import APIS
from ext_proc.parts import StreamFailure
from tests.apis.generate_content_streams import GEMINI_START, GEMINI_STREAMS, candidate, response
from tests.apis.streams import pieces, read

GEMINI = APIS["generate_content"]
WHOLE = {
    name: (stream, parts)
    for name, (stream, parts) in GEMINI_STREAMS.items()
    if name not in ("an event of broken JSON", "a stream cut within an event")
}


def array(stream, indent=None):
    data = [line.removeprefix(b"data: ") for line in stream.split(b"\n") if line.startswith(b"data: ")]
    chunks = [json.loads(item) for item in data]
    return json.dumps(chunks, indent=indent, ensure_ascii=indent is None).encode()


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("size", [1, 2, 7, 64, 1_000_000])
@pytest.mark.parametrize(("stream", "parts"), WHOLE.values(), ids=WHOLE)
def test_an_array_reads_as_the_events_do_wherever_it_is_cut(stream, parts, size, indent):
    assert read(GEMINI, pieces(array(stream, indent), size)) == parts


@pytest.mark.parametrize("size", [1, 1_000_000])
def test_brackets_and_quotes_within_text_end_nothing(size):
    text = 'a"}]\\{["\\\\'
    stream = b" \n" + json.dumps([response(candidate({"text": text}))] * 2).encode()
    cut = [piece for whole in pieces(stream, size) for piece in (whole, b"")]
    assert [part.text for part in read(GEMINI, cut)[1:]] == [text, text]


def test_an_array_that_is_cut_says_what_had_come():
    stream = json.dumps([response(candidate()), response(candidate({"text": "a"}))]).encode()
    assert read(GEMINI, [stream[:-9]]) == [GEMINI_START]


def test_an_object_of_broken_json_fails_the_stream():
    assert read(GEMINI, [b'[{"a" 1}', b"]"]) == [
        StreamFailure("api_error", "The provider sent an event that is not valid JSON.")
    ]


def test_an_object_without_end_fails_the_stream_and_is_not_kept():
    reader = GEMINI.stream_reader()
    found = [part for _ in range(18) for part in reader.feed(b"[{" + b"x" * 1_000_000)]
    assert found == [StreamFailure("api_error", "The provider sent an event that is too large.")]
    assert reader.finish() == []


@pytest.mark.parametrize("stream", [b"", b" \n", b"[", b"[]", b"]}{", b"}]", b"{}", b'["a"]', b"[[{}]]"])
def test_odd_arrays_say_nothing(stream):
    assert read(GEMINI, [stream]) == []


@pytest.mark.parametrize("size", [1, 1000])
def test_answers_of_a_megabyte_are_read_wherever_they_are_cut(size):
    stream = json.dumps([response(candidate({"text": "x" * 150_000}))] * 2).encode()
    assert read(GEMINI, pieces(stream, size)) == read(GEMINI, [stream])
