"""Answers of generateContent, whole and streamed, keep what they say in every direction."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ext_proc.apis import APIS
from ext_proc.apis.joined import join, take_apart
from ext_proc.chat import Request, Thinking
from ext_proc.errors import ProviderError
from ext_proc.parts import (
    Finish,
    RefusalDelta,
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
from tests.apis.generate_content_streams import COUNTS, GEMINI_START, GEMINI_STREAMS, called, candidate, response
from tests.apis.streams import pieces, read
from tests.apis.test_round_trips import answers, usages

CHAT, MESSAGES, GEMINI = APIS["chat_completions"], APIS["messages"], APIS["generate_content"]
USAGE = UsageReport(Usage(20, 8, 5, 0, 4))
WRITTEN_COUNTS = {
    "promptTokenCount": 20,
    "candidatesTokenCount": 4,
    "totalTokenCount": 28,
    "cachedContentTokenCount": 5,
    "thoughtsTokenCount": 4,
}


def body(value):
    return json.dumps(value).encode()


# (what, candidate, the parts between start and usage)
ANSWERS = {
    "a text": (candidate({"text": "hi"}, finish="STOP"), [TextDelta("hi"), Finish("stop")]),
    "a limit": (candidate({"text": "hi"}, finish="MAX_TOKENS"), [TextDelta("hi"), Finish("length")]),
    "a filter": (candidate({"text": "hi"}, finish="SAFETY"), [TextDelta("hi"), Finish("content_filter")]),
    "nothing but a filter": (candidate({"text": ""}, finish="SAFETY"), [Finish("content_filter")]),
    "calls": (
        candidate(called(id="t0", args={"a": 1}), called("g", id="t1", args={}), finish="STOP"),
        [
            ToolUseStart(0, "t0", "f"),
            ToolUseDelta(0, '{"a":1}'),
            ToolUseStart(1, "t1", "g"),
            ToolUseDelta(1, "{}"),
            Finish("tool_calls"),
        ],
    ),
    "thinking that led to a call": (
        candidate(
            {"thought": True, "text": "a"},
            {**called(id="t0", args={}), "thoughtSignature": "c2Vh"},
            finish="STOP",
        ),
        [
            ThinkingDelta("a"),
            ThinkingSignature("gemini:c2Vh"),
            ToolUseStart(0, "t0", "f"),
            ToolUseDelta(0, "{}"),
            Finish("tool_calls"),
        ],
    ),
    "a sealed text": (
        candidate({"text": "hi"}, {"text": "", "thoughtSignature": "c2Vh"}, finish="STOP"),
        [TextDelta("hi"), ThinkingSignature("gemini:c2Vh"), Finish("stop")],
    ),
}


@pytest.mark.parametrize(("said", "parts"), ANSWERS.values(), ids=ANSWERS)
def test_an_answer_is_read_and_written(said, parts):
    parts = [GEMINI_START, *parts, USAGE]
    assert GEMINI.read_answer(body(response(said, usage=COUNTS))) == parts
    assert json.loads(GEMINI.write_answer(parts)) == response(said, usage=WRITTEN_COUNTS)


@pytest.mark.parametrize("reason", ["stop", "length", "content_filter"])
def test_an_end_keeps_its_reason_in_other_apis(reason):
    parts = [Start("r1", "m"), TextDelta("hi"), Finish(reason)]
    for other in (CHAT, MESSAGES):
        read_there = other.read_answer(other.write_answer(GEMINI.read_answer(GEMINI.write_answer(parts))))
        assert Finish(reason) in read_there


def test_all_choices_are_written_in_order():
    answer = json.loads(
        GEMINI.write_answer([GEMINI_START, TextDelta("b", 1), TextDelta("a"), Finish("length", choice=1)])
    )
    assert answer["candidates"] == [
        candidate({"text": "a"}, finish="STOP"),
        candidate({"text": "b"}, finish="MAX_TOKENS", index=1),
    ]


def test_an_id_of_another_api_loses_its_shape():
    assert json.loads(GEMINI.write_answer([Start("chatcmpl-1", "m")]))["responseId"] == "1"


@pytest.mark.parametrize(
    "answer", [b"", b"<html>", b"[]", b"7", b'{"error":{"message":"busy"}}', b'{"error":"busy"}', b"\xff"]
)
def test_what_is_no_answer_is_the_providers_fault(answer):
    with pytest.raises(ProviderError):
        GEMINI.read_answer(answer)


# Streams


def chunks(stream):
    return [json.loads(event.removeprefix("data: ")) for event in stream.decode().split("\n\n") if event]


def written(parts, api=GEMINI):
    writer = api.stream_writer(Request("m", (), stream=True, include_usage=True))
    return b"".join([writer.write([part]) for part in parts]) + writer.finish()


def test_calls_that_interleave_are_written_whole():
    parts = [
        GEMINI_START,
        ToolUseStart(0, "t0", "f"),
        ToolUseDelta(0, '{"a":'),
        ToolUseStart(1, "t1", "g"),
        ToolUseDelta(1, "{}"),
        ToolUseDelta(0, "1}"),
        Finish("tool_calls"),
        USAGE,
    ]
    assert chunks(written(parts)) == [
        response(
            candidate(called(id="t0", args={"a": 1}), called("g", id="t1", args={}), finish="STOP"),
            usage=WRITTEN_COUNTS,
        )
    ]


def test_text_is_written_at_once():
    writer = GEMINI.stream_writer(Request("m", ()))
    assert chunks(writer.write([GEMINI_START, TextDelta("a")])) == [response(candidate({"text": "a"}))]
    assert chunks(writer.write([RefusalDelta("no")])) == [response(candidate({"text": "no"}))]


def test_a_seal_stands_at_the_call_that_it_led_to():
    seal = ThinkingSignature("gemini:c2Vh")
    parts = [GEMINI_START, ThinkingDelta("a"), seal, ToolUseStart(0, "t", "f"), ToolUseDelta(0, "{}")]
    assert [item["candidates"][0]["content"]["parts"] for item in chunks(written(parts))] == [
        [{"thought": True, "text": "a"}],
        [{**called(id="t", args={}), "thoughtSignature": "c2Vh"}],
    ]


def test_a_stream_that_is_cut_says_so():
    assert chunks(written([GEMINI_START, TextDelta("a")]))[-1]["candidates"][0]["finishReason"] == "MAX_TOKENS"
    assert read(GEMINI, [written([])])[-1] == Finish("length")


def test_an_error_ends_the_stream():
    writer = GEMINI.stream_writer(Request("m", ()))
    stream = writer.write(
        [GEMINI_START, TextDelta("a"), StreamFailure("rate_limit", "spent", "budget"), TextDelta("b")]
    )
    assert read(GEMINI, [stream])[1:] == [TextDelta("a"), StreamFailure("rate_limit", "spent", "budget")]
    assert (writer.write([TextDelta("late")]), writer.finish(), writer.fail(ProviderError("x"))) == (b"", b"", b"")


@pytest.mark.parametrize("ends", [b"\n", b"\r\n", b"\r"], ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize("size", [1, 2, 7, 64, 1_000_000])
@pytest.mark.parametrize(("stream", "parts"), GEMINI_STREAMS.values(), ids=GEMINI_STREAMS)
def test_a_stream_reads_the_same_wherever_it_is_cut(stream, parts, size, ends):
    stream = stream.replace(b"\n", ends)
    assert read(GEMINI, pieces(stream, size)) == parts
    observer = GEMINI.stream_observer(False)
    seen = [observer.feed(piece) for piece in pieces(stream, size)] + [observer.finish()]
    assert b"".join(shown for shown, _ in seen) == stream
    assert [part for _, found in seen for part in found] == parts


# Round trips


def parts_of(blocks, reason, usage):
    usage = Usage(usage.input_tokens, usage.output_tokens, usage.cache_read_input_tokens)
    used = any(isinstance(part, ToolUseStart) for part in take_apart(blocks))
    end = {"tool_calls": "tool_calls" if used else "stop"}.get(reason, reason)
    return [GEMINI_START, *take_apart(blocks), Finish(end), UsageReport(usage)]


ends = st.sampled_from(["length", "tool_calls", "content_filter"])


@settings(max_examples=100, deadline=None)
@given(blocks=answers, reason=ends, usage=usages)
def test_a_whole_answer_survives(blocks, reason, usage):
    """Foreign signatures and sealed thinking included."""
    parts = parts_of(blocks, reason, usage)
    assert join(GEMINI.read_answer(GEMINI.write_answer(parts))) == join(parts)


@settings(max_examples=100, deadline=None)
@given(blocks=answers, reason=ends, usage=usages, size=st.integers(1, 50))
def test_a_streamed_answer_survives_every_cut(blocks, reason, usage, size):
    parts = parts_of(blocks, reason, usage)
    assert join(read(GEMINI, pieces(written(parts), size))) == join(parts)


@pytest.mark.parametrize("api", [CHAT, MESSAGES], ids=["chat_completions", "messages"])
@settings(max_examples=60, deadline=None)
@given(blocks=answers, reason=ends, usage=usages)
def test_an_answer_survives_the_way_through_another_api(api, blocks, reason, usage):
    parts = parts_of(blocks, reason, usage)
    through = read(GEMINI, [written(read(api, [written(parts, api)]))])
    assert join(through).choices == join(parts).choices
    assert join(through).usage == join(parts).usage


def test_a_signature_survives_an_sdk_that_changes_the_alphabet():
    thought = Thinking("", "a?>b?>c??>")
    seal = json.loads(GEMINI.write_answer([*take_apart([thought])]))["candidates"][0]["content"]["parts"][0]
    changed = {**seal, "thoughtSignature": seal["thoughtSignature"].translate(str.maketrans("+/", "-_"))}
    members = {"model": "m", "contents": [{"role": "model", "parts": [changed]}]}
    assert GEMINI.read_request(members).messages[0].content == (thought,)
