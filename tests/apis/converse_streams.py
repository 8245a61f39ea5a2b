"""Converse streams as Bedrock sends them, and the parts that they say."""

from __future__ import annotations

import json

from ext_proc.apis import eventstream
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

START = Start("", "")
USAGE = Usage(20, 8, 5, 3)
WIRE_USAGE = {
    "inputTokens": 12,
    "outputTokens": 8,
    "totalTokens": 28,
    "cacheReadInputTokens": 5,
    "cacheWriteInputTokens": 3,
}


def event(type_, **members):
    """With the padding by which Bedrock hides the length of a token."""
    headers = {":event-type": type_, ":content-type": "application/json", ":message-type": "event"}
    return eventstream.encode(headers, json.dumps({**members, "p": "abcdef"}, ensure_ascii=False).encode())


def exception(type_, **members):
    headers = {":exception-type": type_, ":content-type": "application/json", ":message-type": "exception"}
    return eventstream.encode(headers, json.dumps(members).encode())


def begin():
    return event("messageStart", role="assistant")


def block_start(index, **start):
    return event("contentBlockStart", contentBlockIndex=index, start=start)


def delta(index, **delta_):
    return event("contentBlockDelta", contentBlockIndex=index, delta=delta_)


def block_stop(index):
    return event("contentBlockStop", contentBlockIndex=index)


def stop(reason, **members):
    return event("messageStop", stopReason=reason, **members)


def metadata():
    return event("metadata", usage=WIRE_USAGE, metrics={"latencyMs": 7})


CONVERSE_STREAMS = {
    "text in many scripts": (
        begin()
        + delta(0, text="Grüße 😀")
        + delta(0, text="")
        + delta(0, text="\u2028漢")
        + block_stop(0)
        + stop("end_turn")
        + metadata(),
        [START, TextDelta("Grüße 😀"), TextDelta("\u2028漢"), Finish("stop"), UsageReport(USAGE)],
    ),
    "thinking": (
        begin()
        + delta(0, reasoningContent={"text": "a"})
        + delta(0, reasoningContent={"signature": "s"})
        + block_stop(0)
        + delta(1, reasoningContent={"redactedContent": "ZGF0YQ=="})
        + block_stop(1)
        + delta(2, text="b"),
        [
            START,
            ThinkingDelta("a"),
            ThinkingSignature("s"),
            ThinkingSignature(redacted="ZGF0YQ=="),
            TextDelta("b"),
        ],
    ),
    "tools": (
        begin()
        + delta(0, text="a")
        + block_stop(0)
        + block_start(1, toolUse={"toolUseId": "t0", "name": "f"})
        + delta(1, toolUse={"input": ""})
        + delta(1, toolUse={"input": '{"a":'})
        + delta(1, toolUse={"input": "1}"})
        + block_stop(1)
        + block_start(2, toolUse={"toolUseId": "s", "name": "search", "type": "server_tool_use"})
        + delta(2, toolUse={"input": "{}"})
        + block_stop(2)
        + block_start(3, toolUse={"toolUseId": "t1", "name": "g"})
        + delta(3, toolUse={"input": "{}"})
        + block_stop(3)
        + stop("tool_use"),
        [
            START,
            TextDelta("a"),
            ToolUseStart(0, "t0", "f"),
            ToolUseDelta(0, '{"a":'),
            ToolUseDelta(0, "1}"),
            ToolUseStart(1, "t1", "g"),
            ToolUseDelta(1, "{}"),
            Finish("tool_calls"),
        ],
    ),
    "a stop sequence": (
        stop("stop_sequence", additionalModelResponseFields={"stop_sequence": "END"}),
        [Finish("stop", "END")],
    ),
    "a limit": (stop("max_tokens"), [Finish("length")]),
    "a guardrail": (stop("guardrail_intervened"), [Finish("content_filter")]),
    "throttling": (
        begin() + exception("throttlingException", message="busy"),
        [START, StreamFailure("rate_limit", "busy")],
    ),
    "a model that fails": (
        exception("modelStreamErrorException", message="lost", originalStatusCode=500, originalMessage="x"),
        [StreamFailure("api_error", "lost")],
    ),
    "a request that is refused late": (
        exception("validationException", message="no"),
        [StreamFailure("invalid_request", "no")],
    ),
    "a service that is down": (
        exception("serviceUnavailableException", message="later"),
        [StreamFailure("overloaded", "later")],
    ),
    "an exception that says nothing": (
        exception("internalServerException"),
        [StreamFailure("api_error", "The provider broke the stream.")],
    ),
    "an error that is not modelled": (
        eventstream.encode(
            {":message-type": "error", ":error-code": "AccessDeniedException", ":error-message": "no"}, b""
        ),
        [StreamFailure("permission", "no")],
    ),
    "what is not known": (
        begin()
        + event("new", a=1)
        + eventstream.encode({":message-type": "event"}, b"")
        + delta(0, citation={"title": "t"})
        + block_start(1, image={"format": "png"})
        + delta(9, toolUse={"input": "{}"}),
        [START],
    ),
    "an event of broken JSON": (
        begin() + eventstream.encode({":event-type": "metadata", ":message-type": "event"}, b"{") + stop("end_turn"),
        [START, StreamFailure("api_error", "The provider sent an event that is not valid JSON."), Finish("stop")],
    ),
    "bytes that are no message": (
        begin() + b'data: {"error": "what?"}\n\n' + stop("end_turn"),
        [
            START,
            StreamFailure("api_error", "The provider's stream is broken: the checksum of a prelude is wrong."),
        ],
    ),
    "a stream cut within an event": (begin() + stop("end_turn")[:-3], [START]),
}
