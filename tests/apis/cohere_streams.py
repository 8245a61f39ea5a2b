"""Streams of Cohere's Chat as it sends them, and the parts that they say."""

from __future__ import annotations

from ext_proc.parts import (
    Citation,
    Finish,
    Logprobs,
    Start,
    StreamFailure,
    TextDelta,
    ThinkingDelta,
    TokenLogprob,
    ToolUseDelta,
    ToolUseStart,
    UsageReport,
)
from ext_proc.usage import Usage
from tests.apis.cohere_examples import CITATION, USAGE, event
from tests.apis.streams import data_stream, named_stream

DONE = b"data: [DONE]\n\n"
START = Start("i", "")
COUNTED = UsageReport(Usage(5, 3, 2))


def text_start(index, kind="text"):
    return event("content-start", {"content": {"type": kind, kind: ""}}, index=index)


def delta(index, **content):
    return event("content-delta", {"content": content}, index=index)


def call_start(index, id_, name, arguments=""):
    call = {"id": id_, "type": "function", "function": {"name": name, "arguments": arguments}}
    return event("tool-call-start", {"tool_calls": call}, index=index)


def call_delta(index, arguments):
    return event("tool-call-delta", {"tool_calls": {"function": {"arguments": arguments}}}, index=index)


def end(reason, **more):
    return {"type": "message-end", "id": "i", "delta": {"finish_reason": reason, **more}}


BEGIN = event("message-start", {"role": "assistant", "content": [], "tool_plan": "", "tool_calls": []}, id="i")

COHERE_STREAMS = {
    "text in many scripts": (
        named_stream(
            BEGIN,
            text_start(0),
            delta(0, text="Grüße 😀"),
            delta(0, text="\u2028漢"),
            event("content-end", index=0),
            end("COMPLETE", usage=USAGE),
        )
        + DONE,
        [START, TextDelta("Grüße 😀"), TextDelta("\u2028漢"), Finish("stop"), COUNTED],
    ),
    "thinking, a plan and parallel tools": (
        named_stream(
            BEGIN,
            text_start(0, "thinking"),
            delta(0, thinking="a"),
            event("content-end", index=0),
            event("tool-plan-delta", {"tool_plan": "p"}),
            call_start(0, "c0", "f"),
            call_delta(0, '{"a":'),
            call_delta(0, "1}"),
            event("tool-call-end", index=0),
            call_start(1, "c1", "g", "{}"),
            event("tool-call-end", index=1),
            end("TOOL_CALL", usage=USAGE),
        )
        + DONE,
        [
            START,
            ThinkingDelta("a"),
            TextDelta("p"),
            ToolUseStart(0, "c0", "f"),
            ToolUseDelta(0, '{"a":'),
            ToolUseDelta(0, "1}"),
            ToolUseStart(1, "c1", "g"),
            ToolUseDelta(1, "{}"),
            Finish("tool_calls"),
            COUNTED,
        ],
    ),
    "citations and log probabilities, of a server without names": (
        data_stream(
            BEGIN,
            text_start(0),
            {**delta(0, text="hi"), "logprobs": {"text": "hi", "token_ids": [1, 2], "logprobs": [-0.5, -0.25]}},
            event("citation-start", {"citations": CITATION}, index=0),
            event("citation-end", index=0),
            event("content-end", index=0),
            {"type": "debug", "prompt": "x"},
            end("MAX_TOKENS"),
        )
        + DONE,
        [
            START,
            TextDelta("hi"),
            Logprobs((TokenLogprob("hi", -0.75),)),
            Citation("t", "n", document=0, span=(0, 2)),
            Finish("length"),
        ],
    ),
    "a failure": (
        named_stream(BEGIN, text_start(0), delta(0, text="a"), end("ERROR", error="it broke")),
        [START, TextDelta("a"), StreamFailure("api_error", "it broke")],
    ),
    "a timeout": (
        named_stream(BEGIN, end("TIMEOUT")),
        [START, StreamFailure("timeout", "The provider broke the stream.")],
    ),
    "an error in place of an event": (
        data_stream(BEGIN, {"id": "x", "message": "too busy"}),
        [START, StreamFailure("api_error", "too busy")],
    ),
    "content filtered": (named_stream(BEGIN, end("ERROR_TOXIC")), [START, Finish("content_filter")]),
    "a cut": (named_stream(BEGIN, text_start(0), delta(0, text="a")), [START, TextDelta("a")]),
}
