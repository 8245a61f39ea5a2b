"""Streamed answers are written so that they can be read back, cut or broken though they be."""

from __future__ import annotations

import json

import pytest

from ext_proc.chat import Request
from ext_proc.errors import OverLimit
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
from ext_proc.usage import Usage
from tests.apis.chat_completions_streams import CHAT_STREAMS
from tests.apis.streams import BOTH, CHAT, MESSAGES, START, USAGE, merged, read, written

PARTS = {
    "text": [START, TextDelta("a"), TextDelta("b"), Finish("stop"), UsageReport(USAGE)],
    "thinking and parallel tools": [
        START,
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
    ],
    "a limit": [START, TextDelta("a"), Finish("length"), UsageReport(USAGE)],
    "a filter": [START, TextDelta("a"), Finish("content_filter"), UsageReport(Usage(3, 2))],
}


def renamed(parts, start):
    return [start if isinstance(part, Start) else part for part in parts]


@pytest.mark.parametrize("parts", PARTS.values(), ids=PARTS)
@BOTH
def test_what_is_written_is_read_back(api, parts):
    others, usage = merged(read(api, [written(api, parts)]))
    assert others == renamed(merged(parts)[0], Start("chatcmpl-1", "claude") if api is CHAT else START)
    assert usage == merged(parts)[1]


@pytest.mark.parametrize("parts", PARTS.values(), ids=PARTS)
@pytest.mark.parametrize(("source", "target"), [(CHAT, MESSAGES), (MESSAGES, CHAT)], ids=["to messages", "to chat"])
def test_a_stream_says_the_same_in_the_other_api(source, target, parts):
    """Id and model included; the shape of the id is the target's."""
    stream = written(source, parts)
    others, usage = merged(read(target, [written(target, read(source, [stream]))]))
    assert others == renamed(merged(parts)[0], Start("chatcmpl-1", "claude") if target is CHAT else START)
    assert usage == merged(parts)[1]


@pytest.mark.parametrize("at", range(1, 12))
@BOTH
def test_a_stream_that_is_cut_ends_validly_and_says_that_it_was_cut(api, at):
    parts = PARTS["thinking and parallel tools"][:at]
    stream = written(api, parts)
    assert read(api, [stream])[-2 if api is MESSAGES else -1] == Finish("length")
    assert_well_formed(api, stream)


@BOTH
def test_an_empty_stream_is_ended_validly(api):
    assert_well_formed(api, written(api, []))


@pytest.mark.parametrize("at", range(13))
@BOTH
def test_an_error_ends_the_stream_at_any_moment(api, at):
    writer = api.stream_writer(Request("m", (), stream=True))
    stream = writer.write(PARTS["thinking and parallel tools"][:at]) + writer.fail(OverLimit("spent", code="budget"))
    assert read(api, [stream])[-1] == StreamFailure("rate_limit", "spent", "budget" if api is CHAT else None)
    assert (writer.write([TextDelta("late")]), writer.finish(), writer.fail(OverLimit("again"))) == (b"", b"", b"")


@BOTH
def test_what_the_provider_broke_is_told_to_the_client(api):
    stream = written(api, [START, TextDelta("a"), StreamFailure("overloaded", "busy"), TextDelta("b")])
    assert read(api, [stream])[-1].message == "busy"


def test_a_choice_ends_once_however_often_the_provider_says_so():
    stream = written(CHAT, [START, Finish("stop"), Finish("stop")])
    assert stream.count(b'"finish_reason":"stop"') == 1


def test_each_signature_stands_beside_the_thinking_that_it_signs():
    thoughts = [ThinkingDelta("a"), ThinkingSignature("s"), ThinkingDelta("b"), ThinkingSignature("t")]
    stream = written(CHAT, [START, *thoughts, Finish("stop")])
    deltas = [json.loads(event[6:])["choices"][0]["delta"] for event in stream.split(b"\n\n")[:-3]]
    assert [delta["thinking_blocks"][0] for delta in deltas if "thinking_blocks" in delta] == [
        {"index": 0, "type": "thinking", "thinking": "a", "signature": "s"},
        {"index": 1, "type": "thinking", "thinking": "b", "signature": "t"},
    ]


@BOTH
def test_nothing_follows_the_end(api):
    writer = api.stream_writer(Request("m", ()))
    writer.finish()
    assert (writer.write([TextDelta("a")]), writer.finish(), writer.fail(OverLimit("x"))) == (b"", b"", b"")


def test_usage_is_written_only_for_a_client_that_asked():
    parts = PARTS["text"]
    stream = written(CHAT, parts, Request("m", (), include_usage=False))
    assert b"usage" not in stream
    assert stream.endswith(b"data: [DONE]\n\n")


def test_the_role_comes_first_for_every_choice_in_order():
    """Clients append choices as they come."""
    stream = written(CHAT, [Start("x", "m"), TextDelta("b", 1), TextDelta("a", 0)], Request("m", (), n=2))
    first = [json.loads(line[6:]) for line in stream.split(b"\n\n")[:2]]
    assert [(event["choices"][0]["index"], event["choices"][0]["delta"]) for event in first] == [
        (0, {"role": "assistant", "content": None}),
        (1, {"role": "assistant", "content": None}),
    ]


def test_tool_uses_that_interleave_become_blocks_that_do_not():
    parts = CHAT_STREAMS["parallel tools that interleave"][1]
    stream = written(MESSAGES, parts)
    assert_well_formed(MESSAGES, stream)
    assert merged(read(MESSAGES, [stream]))[0][1:] == [
        ToolUseStart(0, "c0", "f"),
        ToolUseDelta(0, '{"a":'),
        ToolUseDelta(0, "1}"),
        ToolUseStart(1, "c1", "g"),
        ToolUseDelta(1, "{}"),
        Finish("tool_calls"),
    ]


def test_a_tool_use_is_streamed_live_when_the_one_before_it_is_whole():
    writer = MESSAGES.stream_writer(Request("m", ()))
    writer.write([START, ToolUseStart(0, "t0", "f"), ToolUseDelta(0, "{}")])
    assert b'"name":"g"' in writer.write([ToolUseStart(1, "t1", "g")])


def test_a_client_of_messages_runs_its_tools_although_the_provider_said_stop():
    stream = written(MESSAGES, [START, ToolUseStart(0, "t", "f"), ToolUseDelta(0, "{}"), Finish("stop")])
    assert b'"stop_reason":"tool_use"' in stream


def test_known_usage_stands_in_the_first_event_of_messages():
    writer = MESSAGES.stream_writer(Request("m", ()))
    first = writer.write([START, UsageReport(Usage(20, 1, 5, 3))])
    assert b'"input_tokens":12' in first


def assert_well_formed(api, stream):
    events = [block for block in stream.decode().split("\n\n") if block]
    if api is CHAT:
        assert events[-1] == "data: [DONE]"
        return
    names = [json.loads(event.split("data: ")[1])["type"] for event in events]
    assert names[0] == "message_start"
    assert names[-2:] == ["message_delta", "message_stop"]
    open_block, next_block = None, 0
    for event in (json.loads(event.split("data: ")[1]) for event in events[1:-2]):
        if event["type"] == "content_block_start":
            assert (open_block, event["index"]) == (None, next_block)
            open_block = event["index"]
        assert event["index"] == open_block
        if event["type"] == "content_block_stop":
            open_block, next_block = None, next_block + 1
    assert open_block is None
