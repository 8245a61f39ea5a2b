"""Whole Converse answers and errors: read, written, and the same in Messages."""

from __future__ import annotations

import json

import pytest

from ext_proc import errors
from ext_proc.apis import APIS
from ext_proc.apis.converse.errors import error_type
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

CONVERSE, CHAT = APIS["converse"], APIS["chat_completions"]
START = Start("", "")
WIRE_USAGE = {
    "inputTokens": 12,
    "outputTokens": 8,
    "totalTokens": 28,
    "cacheReadInputTokens": 5,
    "cacheWriteInputTokens": 3,
}
USAGE = UsageReport(Usage(20, 8, 5, 3))


def answer(*content, reason="end_turn", **members):
    return {
        "output": {"message": {"role": "assistant", "content": list(content)}},
        "stopReason": reason,
        "usage": WIRE_USAGE,
        "metrics": {"latencyMs": 0},
        **members,
    }


def thought(text, **signature):
    return {"reasoningContent": {"reasoningText": {"text": text, **signature}}}


# (the answer, its parts between start and usage)
ANSWERS = {
    "text": (answer({"text": "Grüße 😀"}), [TextDelta("Grüße 😀"), Finish("stop")]),
    "a limit": (answer({"text": "a"}, reason="max_tokens"), [TextDelta("a"), Finish("length")]),
    "a filter": (answer({"text": "a"}, reason="content_filtered"), [TextDelta("a"), Finish("content_filter")]),
    "nothing": (answer(), [Finish("stop")]),
    "thinking": (
        answer(
            thought("a", signature="s"),
            {"reasoningContent": {"redactedContent": "ZGF0YQ=="}},
            thought("b"),
            {"text": "c"},
        ),
        [
            ThinkingDelta("a"),
            ThinkingSignature("s"),
            ThinkingSignature(redacted="ZGF0YQ=="),
            ThinkingDelta("b"),
            TextDelta("c"),
            Finish("stop"),
        ],
    ),
    "tools": (
        answer(
            {"text": "a"},
            {"toolUse": {"toolUseId": "t0", "name": "f", "input": {"a": 1}}},
            {"toolUse": {"toolUseId": "t1", "name": "g", "input": {}}},
            reason="tool_use",
        ),
        [
            TextDelta("a"),
            ToolUseStart(0, "t0", "f"),
            ToolUseDelta(0, '{"a":1}'),
            ToolUseStart(1, "t1", "g"),
            ToolUseDelta(1, "{}"),
            Finish("tool_calls"),
        ],
    ),
    "a stop sequence": (
        answer({"text": "a"}, reason="stop_sequence", additionalModelResponseFields={"stop_sequence": "END"}),
        [TextDelta("a"), Finish("stop", "END")],
    ),
}


def body(value):
    return json.dumps(value).encode()


@pytest.mark.parametrize(("wire", "parts"), ANSWERS.values(), ids=ANSWERS)
def test_an_answer_is_read_and_written_alike(wire, parts):
    assert CONVERSE.read_answer(body(wire)) == [START, *parts, USAGE]
    assert json.loads(CONVERSE.write_answer([Start("msg_1", "claude", 7), *parts, USAGE])) == wire


# (the answer, its parts after the start)
READ = {
    "a stop sequence that is not told": (answer(reason="stop_sequence"), [Finish("stop"), USAGE]),
    "a guardrail": (
        answer({"text": "no"}, reason="guardrail_intervened"),
        [TextDelta("no"), Finish("content_filter"), USAGE],
    ),
    "a full context": (answer(reason="model_context_window_exceeded"), [Finish("length"), USAGE]),
    "a reason that is not known": (answer(reason="malformed_tool_use"), [Finish("stop"), USAGE]),
    "text with citations": (
        answer({"citationsContent": {"content": [{"text": "a"}, {"text": "b"}], "citations": [{}]}}),
        [TextDelta("ab"), Finish("stop"), USAGE],
    ),
    "what is not known": (
        answer({"image": {}}, {"toolUse": {"toolUseId": "s", "name": "x", "input": {}, "type": "server_tool_use"}}, {}),
        [Finish("stop"), USAGE],
    ),
    "no usage": (answer({"text": "a"}, usage={}), [TextDelta("a"), Finish("stop")]),
    "usage without a cache": (
        answer(usage={"inputTokens": 3, "outputTokens": 2, "totalTokens": 5}),
        [Finish("stop"), UsageReport(Usage(3, 2))],
    ),
}


@pytest.mark.parametrize(("wire", "parts"), READ.values(), ids=READ)
def test_what_only_a_provider_says_is_read(wire, parts):
    assert CONVERSE.read_answer(body(wire)) == [START, *parts]


def test_a_client_runs_its_tools_although_the_provider_said_stop():
    parts = [START, ToolUseStart(0, "t", "f"), ToolUseDelta(0, '{"a'), Finish("stop")]
    wire = json.loads(CONVERSE.write_answer(parts))
    assert wire["stopReason"] == "tool_use"
    assert wire["output"]["message"]["content"][0]["toolUse"]["input"] == {"invalid_json": '{"a'}


def test_a_refusal_is_text():
    wire = json.loads(CONVERSE.write_answer([START, RefusalDelta("no"), Finish("stop")]))
    assert wire["output"]["message"]["content"] == [{"text": "no"}]


@pytest.mark.parametrize(
    ("wire", "kind"),
    [
        (b"", "api_error"),
        (b"[]", "api_error"),
        (b"{}", "api_error"),
        (b'{"error":{"message":"busy"}}', "api_error"),
        (b'{"message":"busy","__type":"com.amazon.coral.service#ThrottlingException"}', "rate_limit"),
        (b'{"Output":{"__type":"UnknownOperationException"},"Version":"1.0"}', "api_error"),
    ],
)
def test_what_is_no_answer_is_the_providers_fault(wire, kind):
    with pytest.raises(ProviderError) as caught:
        CONVERSE.read_answer(wire)
    assert caught.value.kind == kind


def test_a_broken_stream_is_no_answer():
    with pytest.raises(ProviderError, match="busy"):
        CONVERSE.write_answer([START, StreamFailure("overloaded", "busy")])


# A status, its headers and its body, then what is read: kind and message.
ERRORS = [
    (400, {"x-amzn-errortype": "ValidationException:http://internal/"}, {"message": "x"}, "invalid_request", "x"),
    (429, {"x-amzn-errortype": "ThrottlingException"}, {"message": "x"}, "rate_limit", "x"),
    (429, {"x-amzn-errortype": "ModelNotReadyException"}, {"message": "x"}, "overloaded", "x"),
    (403, {"x-amzn-errortype": "UnrecognizedClientException"}, {"message": "x"}, "authentication", "x"),
    (403, {"x-amzn-errortype": "AccessDeniedException"}, {"Message": "x"}, "permission", "x"),
    (403, {}, {"message": "x", "__type": "com.amazon.x#ExpiredTokenException"}, "authentication", "x"),
    (404, {}, {"message": "x"}, "not_found", "x"),
    (408, {"x-amzn-errortype": "ModelTimeoutException"}, {"message": "x"}, "timeout", "x"),
    (424, {"x-amzn-errortype": "ModelErrorException"}, {"message": "x", "originalStatusCode": 500}, "api_error", "x"),
    (503, {"x-amzn-errortype": "ServiceUnavailableException"}, {"message": "x"}, "overloaded", "x"),
    (502, {}, "<html>", "api_error", "The provider answered with status 502."),
    (500, {"x-amzn-errortype": "Odd"}, {"message": ["x"]}, "api_error", "The provider answered with status 500."),
]


@pytest.mark.parametrize(("status", "headers", "wire", "kind", "message"), ERRORS)
def test_a_providers_error_keeps_what_it_says(status, headers, wire, kind, message):
    error = CONVERSE.read_error(status, headers, body(wire))
    assert (error.status, error.kind, error.message) == (status, kind, message)


@pytest.mark.parametrize("kind", errors.KINDS)
def test_every_kind_survives_being_written_and_read(kind):
    status = next((status for status, known in errors.KIND_OF_STATUS.items() if known == kind), 500)
    wire = CONVERSE.write_error(ProviderError("x", status=status, kind=kind), None)
    again = CONVERSE.read_error(status, {}, wire)
    assert (again.kind, again.message) == (kind, "x")


def test_errors_have_amazons_shape():
    error = errors.OverLimit("spent", code="budget_exceeded", param="model")
    assert json.loads(CONVERSE.write_error(error, "req_1")) == {
        "message": "`model`: spent",
        "__type": "ThrottlingException",
    }
    assert error_type(error) == "ThrottlingException"


def test_the_time_to_try_again_is_kept_and_a_message_is_bounded():
    error = CONVERSE.read_error(429, {"retry-after": "7"}, body({"message": "x" * 5000}))
    assert (error.retry_after, len(error.message)) == (7.0, 2000)


def test_an_answer_says_the_same_in_another_api():
    wire, _ = ANSWERS["tools"]
    other = CHAT.write_answer(CONVERSE.read_answer(body(wire)))
    assert json.loads(CONVERSE.write_answer(CHAT.read_answer(other))) == wire
