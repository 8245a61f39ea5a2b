"""Streamed Converse answers are read the same however they are cut, and written so that they can be read back."""

from __future__ import annotations

import contextlib
import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ext_proc.apis import APIS, eventstream
from ext_proc.apis.converse.reasoning import read_redacted, write_redacted
from ext_proc.apis.joined import join, take_apart
from ext_proc.chat import Request
from ext_proc.errors import KINDS, OverLimit, ProviderError
from ext_proc.parts import (
    Finish,
    Start,
    StreamFailure,
    TextDelta,
    ThinkingDelta,
    ThinkingSignature,
    ToolUseDelta,
    ToolUseStart,
    UsageReport,
)
from tests.apis.chat_completions_streams import CHAT_STREAMS
from tests.apis.converse_streams import CONVERSE_STREAMS, START, USAGE, begin, delta
from tests.apis.streams import merged, pieces, read, written
from tests.apis.test_round_trips import answers, ends, usages

CONVERSE, CHAT, MESSAGES = APIS["converse"], APIS["chat_completions"], APIS["messages"]

STREAMS = pytest.mark.parametrize(("stream", "parts"), CONVERSE_STREAMS.values(), ids=CONVERSE_STREAMS)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 1_000_000])
@STREAMS
def test_a_stream_reads_the_same_wherever_it_is_cut(stream, parts, size):
    assert read(CONVERSE, pieces(stream, size)) == parts


@pytest.mark.parametrize("show_usage", [True, False])
@pytest.mark.parametrize("size", [1, 7, 1_000_000])
@STREAMS
def test_bytes_pass_untouched_and_at_once(stream, parts, size, show_usage):
    observer = CONVERSE.stream_observer(show_usage)
    seen = []
    for piece in pieces(stream, size):
        shown, found = observer.feed(piece)
        assert shown == piece
        seen += found
    shown, found = observer.finish()
    assert (shown, seen + found) == (b"", parts)


def test_many_small_events_are_read_in_single_bytes():
    stream = begin() + delta(0, text="x" * 100) * 1_500
    assert len(read(CONVERSE, pieces(stream, 1))) == 1_501


PARTS = [
    Start("msg_1", "claude"),
    ThinkingDelta("a"),
    ThinkingDelta("b"),
    ThinkingSignature("s"),
    ThinkingSignature(redacted="d"),
    TextDelta("c"),
    ToolUseStart(0, "t0", "f"),
    ToolUseDelta(0, '{"a":'),
    ToolUseDelta(0, "1}"),
    ToolUseStart(1, "t1", "g"),
    ToolUseDelta(1, "{}"),
    Finish("tool_calls"),
    UsageReport(USAGE),
]


def test_what_is_written_is_read_back():
    assert read(CONVERSE, [written(CONVERSE, PARTS)]) == [START, *PARTS[1:]]


@pytest.mark.parametrize("other", [CHAT, MESSAGES], ids=["chat_completions", "messages"])
def test_a_stream_says_the_same_in_the_other_api(other):
    """Converse names neither the answer nor its model: the request does."""
    there, usage = merged(read(other, [written(other, read(CONVERSE, [written(CONVERSE, PARTS)]))]))
    assert (there[1:], usage) == (PARTS[1:-1], USAGE)
    assert there[0].model == "m"


@pytest.mark.parametrize("at", range(12))
def test_a_stream_that_is_cut_ends_validly_and_says_that_it_was_cut(at):
    stream = written(CONVERSE, PARTS[:at])
    assert_well_formed(stream)
    expected = PARTS[11] if at > 11 else Finish("length")
    assert read(CONVERSE, [stream])[-2] == expected


@pytest.mark.parametrize("at", range(13))
def test_an_error_ends_the_stream_at_any_moment(at):
    writer = CONVERSE.stream_writer(Request("m", (), stream=True))
    stream = writer.write(PARTS[:at]) + writer.fail(OverLimit("spent"))
    assert read(CONVERSE, [stream])[-1] == StreamFailure("rate_limit", "spent")
    assert (writer.write([TextDelta("late")]), writer.finish(), writer.fail(OverLimit("again"))) == (b"", b"", b"")


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_error_survives_the_stream(kind):
    """A request that is too large is one that is not valid."""
    stream = CONVERSE.stream_writer(Request("m", ())).fail(ProviderError("x" * 3000, kind=kind))
    expected = "invalid_request" if kind == "too_large" else kind
    assert read(CONVERSE, [stream]) == [StreamFailure(expected, "x" * 2000)]


def test_what_the_provider_broke_is_told_to_the_client():
    stream = written(CONVERSE, [START, TextDelta("a"), StreamFailure("overloaded", "busy"), TextDelta("b")])
    assert read(CONVERSE, [stream]) == [START, TextDelta("a"), StreamFailure("overloaded", "busy")]


def test_tool_uses_that_interleave_become_blocks_that_do_not():
    stream = written(CONVERSE, CHAT_STREAMS["parallel tools that interleave"][1])
    assert_well_formed(stream)
    assert merged(read(CONVERSE, [stream]))[0] == [
        START,
        ToolUseStart(0, "c0", "f"),
        ToolUseDelta(0, '{"a":'),
        ToolUseDelta(0, "1}"),
        ToolUseStart(1, "c1", "g"),
        ToolUseDelta(1, "{}"),
        Finish("tool_calls"),
    ]


def test_a_tool_use_is_streamed_live_when_the_one_before_it_is_whole():
    writer = CONVERSE.stream_writer(Request("m", ()))
    writer.write([START, ToolUseStart(0, "t0", "f"), ToolUseDelta(0, "{}")])
    assert b'"name":"g"' in writer.write([ToolUseStart(1, "t1", "g")])


def test_a_client_runs_its_tools_although_the_provider_said_stop():
    stream = written(CONVERSE, [START, ToolUseStart(0, "t", "f"), ToolUseDelta(0, "{}"), Finish("stop")])
    assert b'"stopReason":"tool_use"' in stream


def test_other_choices_are_not_written():
    stream = written(CONVERSE, [START, TextDelta("a"), TextDelta("b", 1), Finish("stop")])
    assert [part for part in read(CONVERSE, [stream]) if isinstance(part, TextDelta)] == [TextDelta("a")]


@settings(max_examples=100, deadline=None)
@given(blocks=answers, reason=ends, usage=usages, size=st.integers(1, 50))
def test_an_answer_survives_whole_and_in_pieces(blocks, reason, usage, size):
    """But for the count of thought, which Converse does not tell."""
    parts = [START, *take_apart(blocks), Finish(reason), UsageReport(usage)]
    counted = join(CONVERSE.read_answer(CONVERSE.write_answer(parts)))
    stream = written(CONVERSE, parts)
    assert counted == join(read(CONVERSE, pieces(stream, size)))
    assert counted.choices == join(parts).choices
    assert counted.usage.total_tokens == usage.total_tokens
    assert_well_formed(stream)


@settings(max_examples=200)
@given(seal=st.text(max_size=12) | st.text("AQgw=+/-_", max_size=12) | st.binary(max_size=6).map(lambda b: b.hex()))
def test_any_seal_survives_and_is_base64_on_the_wire(seal):
    assert read_redacted(write_redacted(seal)) == seal
    assert write_redacted(write_redacted(seal)) == write_redacted(seal)


words = st.sampled_from(
    re.findall(
        r"\w+",
        """text toolUse toolUseId name input type reasoningContent signature redactedContent start delta stopReason
        contentBlockIndex usage inputTokens outputTokens additionalModelResponseFields stop_sequence message""",
    )
)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 2**70) | st.floats() | st.text(max_size=4) | words,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(words, inner, max_size=4),
    max_leaves=10,
)
types = st.sampled_from(["messageStart", "contentBlockStart", "contentBlockDelta", "messageStop", "metadata", "x"])
framed = st.builds(
    lambda kind, type_, value: eventstream.encode(
        {":message-type": kind, ":event-type": type_, ":exception-type": type_, ":error-code": type_},
        json.dumps(value).encode(),
    ),
    st.sampled_from(["event", "event", "exception", "error", ""]),
    types,
    values,
)


@settings(max_examples=200, deadline=None)
@given(events=st.lists(framed | st.binary(max_size=20), max_size=6))
def test_any_events_are_read_and_can_be_written(events):
    """Streams raise nothing at all: it would be too late."""
    parts = read(CONVERSE, events)
    for api in (CONVERSE, CHAT, MESSAGES):
        assert isinstance(written(api, parts), bytes)


@settings(max_examples=100, deadline=None)
@given(value=values)
def test_any_answer_is_read_or_blamed_on_the_provider(value):
    wire = json.dumps({"output": {"message": {"content": [value]}}, "usage": value, "stopReason": value}).encode()
    with contextlib.suppress(ProviderError):
        assert isinstance(json.loads(CONVERSE.write_answer(CONVERSE.read_answer(wire))), dict)


def assert_well_formed(stream):
    events = [
        (message.headers[":event-type"], json.loads(message.payload)) for message in eventstream.Decoder().feed(stream)
    ]
    names = [name for name, _ in events]
    assert names[0] == "messageStart"
    assert names[-2:] == ["messageStop", "metadata"]
    open_block, next_block = None, 0
    for name, members in events[1:-2]:
        if name == "contentBlockStart" or open_block is None:
            assert (open_block, members["contentBlockIndex"]) == (None, next_block)
            open_block = next_block
        assert members["contentBlockIndex"] == open_block
        if name == "contentBlockStop":
            open_block, next_block = None, next_block + 1
    assert open_block is None
