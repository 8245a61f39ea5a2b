"""Responses streams as providers send them, and the parts that they say."""

from __future__ import annotations

from dataclasses import replace

from ext_proc.parts import (
    Citation,
    Finish,
    Logprobs,
    RefusalDelta,
    Start,
    StreamFailure,
    TextDelta,
    ThinkingDelta,
    ThinkingSignature,
    TokenLogprob,
    ToolUseDelta,
    ToolUseStart,
    UsageReport,
)
from tests.apis.streams import USAGE, named_stream

START = Start("resp_1", "gpt-5", 7)
COUNTS = {
    "input_tokens": 20,
    "input_tokens_details": {"cached_tokens": 5, "cache_write_tokens": 3},
    "output_tokens": 8,
    "output_tokens_details": {"reasoning_tokens": 4},
    "total_tokens": 28,
}


def response(status, **members):
    return {"id": "resp_1", "object": "response", "created_at": 7, "model": "gpt-5", "status": status, **members}


def event(type_, index=0, **members):
    return {"type": f"response.{type_}", "sequence_number": 0, "output_index": index, **members}


def added(index, type_, **members):
    return event("output_item.added", index, item={"type": type_, "status": "in_progress", **members})


def done(index, type_, **members):
    return event("output_item.done", index, item={"type": type_, "status": "completed", **members})


CREATED = {"type": "response.created", "response": response("in_progress", output=[])}
IN_PROGRESS = {"type": "response.in_progress", "response": response("in_progress", output=[])}


def ended(status="completed", **members):
    return {"type": f"response.{status}", "response": response(status, **members)}


PAGE = {"type": "url_citation", "url": "https://x/", "title": "X", "start_index": 1, "end_index": 4}
FILE = {"type": "file_citation", "file_id": "file-1", "filename": "a.pdf", "index": 4}


def cited(content_index, annotation, **members):
    return event("output_text.annotation.added", content_index=content_index, annotation=annotation, **members)


RESPONSES_STREAMS = {
    "sources of two parts, and log probabilities": (
        named_stream(
            CREATED,
            added(0, "message", content=[]),
            event("output_text.delta", content_index=0, delta="One. ", logprobs=[{"token": "One. ", "logprob": -1}]),
            cited(0, PAGE, annotation_index=0),
            event("output_text.delta", content_index=1, delta="Two."),
            cited(1, FILE, annotation_index=0),
            cited(1, {"type": "file_path", "file_id": "f", "index": 0}, annotation_index=1),
            event("output_text.delta", content_index=1, delta=""),
            done(0, "message", content=[{"type": "output_text", "text": "One. ", "annotations": [PAGE]}]),
            ended(),
        ),
        [
            START,
            TextDelta("One. "),
            Logprobs((TokenLogprob("One. ", -1.0),)),
            Citation(title="X", url="https://x/", span=(1, 4)),
            TextDelta("Two."),
            Citation(title="a.pdf", span=(9, 9)),
            Finish("stop"),
        ],
    ),
    "sources that are told with the whole item alone": (
        named_stream(
            CREATED,
            added(0, "reasoning", summary=[]),
            event("reasoning_summary_text.delta", 0, delta="hm"),
            event("output_text.delta", 1, content_index=0, delta="Text."),
            done(1, "message", content=[{"type": "output_text", "text": "Text.", "annotations": [PAGE]}]),
            done(2, "message", content=[{"type": "output_text", "text": "More.", "annotations": [PAGE]}]),
        ),
        [
            START,
            ThinkingDelta("hm"),
            TextDelta("Text."),
            Citation(title="X", url="https://x/", span=(1, 4)),
            TextDelta("More."),
            Citation(title="X", url="https://x/", span=(6, 9)),
        ],
    ),
    "the tier that served": (
        named_stream(CREATED, ended(usage=COUNTS, service_tier="priority")),
        [START, Finish("stop"), UsageReport(replace(USAGE, service_tier="priority"))],
    ),
    "text in many scripts, and usage": (
        named_stream(
            CREATED,
            IN_PROGRESS,
            added(0, "message", content=[]),
            event("content_part.added", part={"type": "output_text", "text": ""}),
            event("output_text.delta", delta="Grüße 😀", obfuscation="x"),
            event("output_text.delta", delta="\u2028漢"),
            event("output_text.done", text="Grüße 😀\u2028漢"),
            event("content_part.done", part={"type": "output_text", "text": "Grüße 😀\u2028漢"}),
            done(0, "message", content=[{"type": "output_text", "text": "Grüße 😀\u2028漢"}]),
            ended(usage=COUNTS),
        ),
        [START, TextDelta("Grüße 😀"), TextDelta("\u2028漢"), Finish("stop"), UsageReport(USAGE)],
    ),
    "parallel tools that interleave": (
        named_stream(
            CREATED,
            added(0, "function_call", id="fc_0", call_id="c0", name="f", arguments=""),
            event("function_call_arguments.delta", delta='{"a":'),
            added(1, "function_call", id="fc_1", call_id="c1", name="g", arguments=""),
            event("function_call_arguments.delta", 1, delta="{}"),
            event("function_call_arguments.delta", delta="1}"),
            event("function_call_arguments.done", arguments='{"a":1}'),
            done(0, "function_call", call_id="c0", name="f", arguments='{"a":1}'),
            done(1, "function_call", call_id="c1", name="g", arguments="{}"),
            ended(),
        ),
        [
            START,
            ToolUseStart(0, "c0", "f"),
            ToolUseDelta(0, '{"a":'),
            ToolUseStart(1, "c1", "g"),
            ToolUseDelta(1, "{}"),
            ToolUseDelta(0, "1}"),
            Finish("tool_calls"),
        ],
    ),
    "thinking in paragraphs, with its seal": (
        named_stream(
            CREATED,
            added(0, "reasoning", summary=[], encrypted_content="early"),
            event("reasoning_summary_part.added", summary_index=0, part={"type": "summary_text", "text": ""}),
            event("reasoning_summary_text.delta", summary_index=0, delta="a"),
            event("reasoning_summary_part.added", summary_index=1, part={"type": "summary_text", "text": ""}),
            event("reasoning_summary_text.delta", summary_index=1, delta="b"),
            done(0, "reasoning", summary=[{"type": "summary_text", "text": "a"}], encrypted_content="s"),
            done(1, "reasoning", summary=[], encrypted_content="redacted_thinking:d"),
            done(2, "reasoning", summary=[]),
        ),
        [
            START,
            ThinkingDelta("a"),
            ThinkingDelta("\n\n"),
            ThinkingDelta("b"),
            ThinkingSignature("responses:s"),
            ThinkingSignature(redacted="d"),
        ],
    ),
    "thinking that is told twice, as it is and as a summary": (
        named_stream(
            CREATED,
            event("reasoning_text.delta", delta="a"),
            event("reasoning_summary_part.added", summary_index=0, part={}),
            event("reasoning_summary_text.delta", delta="s"),
            event("reasoning_text.delta", delta="b"),
        ),
        [START, ThinkingDelta("a"), ThinkingDelta("b")],
    ),
    "items without deltas": (
        named_stream(
            CREATED,
            done(0, "reasoning", summary=[{"type": "summary_text", "text": "a"}], encrypted_content="s"),
            done(1, "message", content=[{"type": "output_text", "text": "b"}, {"type": "refusal", "refusal": "no"}]),
            added(2, "function_call", call_id="c0", name="f", arguments="{}"),
            done(2, "function_call", call_id="c0", name="f", arguments="{}"),
            done(3, "function_call", id="fc_1", name="g", arguments=""),
        ),
        [
            START,
            ThinkingDelta("a"),
            ThinkingSignature("responses:s"),
            TextDelta("b"),
            RefusalDelta("no"),
            ToolUseStart(0, "c0", "f"),
            ToolUseDelta(0, "{}"),
            ToolUseStart(1, "fc_1", "g"),
        ],
    ),
    "a refusal": (
        named_stream(CREATED, event("refusal.delta", delta="no"), ended(usage=None)),
        [START, RefusalDelta("no"), Finish("stop")],
    ),
    "a limit": (
        named_stream(ended("incomplete", incomplete_details={"reason": "max_output_tokens"})),
        [Finish("length")],
    ),
    "a filter": (
        named_stream(ended("incomplete", incomplete_details={"reason": "content_filter"})),
        [Finish("content_filter")],
    ),
    "what is not known": (
        b": keep-alive\n\n"
        + named_stream(
            CREATED,
            {"type": "new"},
            added(0, "web_search_call", id="ws_1"),
            event("web_search_call.searching"),
            done(0, "web_search_call", id="ws_1"),
            event("function_call_arguments.delta", 9, delta="{}"),
            event("output_text.annotation.added", annotation={}),
        ),
        [START],
    ),
    "an error in the middle, told twice": (
        named_stream(
            CREATED,
            {"type": "error", "code": "rate_limit_exceeded", "message": "busy", "param": None},
            ended("failed", error={"code": "rate_limit_exceeded", "message": "busy"}),
        ),
        [START, StreamFailure("rate_limit", "busy", "rate_limit_exceeded")],
    ),
    "an error within an error": (
        named_stream({"type": "error", "error": {"type": "invalid_request_error", "code": "c", "message": "x"}}),
        [StreamFailure("invalid_request", "x", "c")],
    ),
    "a failure that counts": (
        named_stream(CREATED, ended("failed", error={"code": "server_error", "message": "oh"}, usage=COUNTS)),
        [START, UsageReport(USAGE), StreamFailure("api_error", "oh", "server_error")],
    ),
    "an event of broken JSON": (
        named_stream(CREATED) + b"event: x\ndata: {\n\n" + named_stream(ended()),
        [START, StreamFailure("api_error", "The provider sent an event that is not valid JSON."), Finish("stop")],
    ),
    "a stream cut within an event": (
        named_stream(CREATED) + b'event: response.output_item.added\ndata: {"ty',
        [START],
    ),
}
