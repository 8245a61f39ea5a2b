"""Amazon's SDK accepts what we write, from a real server: whole answers, streams, and the exceptions that it raises."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, EventStreamError

from ext_proc.apis import APIS
from ext_proc.apis.converse.errors import TYPE_HEADER, error_type
from ext_proc.chat import Request
from ext_proc.errors import ControlError, Forbidden, Malformed, NotFound, OverLimit, ProviderError, Unauthenticated
from ext_proc.parts import (
    Finish,
    Start,
    TextDelta,
    ThinkingDelta,
    ThinkingSignature,
    ToolUseDelta,
    ToolUseStart,
    UsageReport,
)
from ext_proc.usage import Usage

CONVERSE, MESSAGES = APIS["converse"], APIS["messages"]
TURNS = [{"role": "user", "content": [{"text": "hi"}]}]
SCHEMA = {"type": "object", "properties": {}, "additionalProperties": False}
PARTS = [
    Start("chatcmpl-1", "served", 7),
    ThinkingDelta("a"),
    ThinkingDelta("b"),
    ThinkingSignature("s"),
    ThinkingSignature(redacted="d_-"),
    TextDelta("Grüße "),
    TextDelta("😀"),
    ToolUseStart(0, "t0", "f"),
    ToolUseDelta(0, '{"a":'),
    ToolUseStart(1, "t1", "g"),
    ToolUseDelta(1, "{}"),
    ToolUseDelta(0, "1}"),
    Finish("tool_calls"),
    UsageReport(Usage(20, 8, 5, 3)),
]


@contextmanager
def client(body, status=200, kind="application/json", headers=()):
    """The SDK, calling a server that answers every call with these bytes; gives what was asked as well."""
    asked = []

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self):
            asked.append((self.path, json.loads(self.rfile.read(int(self.headers["content-length"])))))
            self.send_response(status)
            for name, value in (("content-type", kind), ("content-length", str(len(body))), *headers):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    sdk = boto3.session.Session().client(
        "bedrock-runtime",
        region_name="us-east-1",
        endpoint_url=f"http://127.0.0.1:{server.server_port}",
        aws_access_key_id="k",
        aws_secret_access_key="s",
        config=Config(retries={"total_max_attempts": 1}),
    )
    try:
        yield sdk, asked
    finally:
        sdk.close()
        server.shutdown()
        thread.join()
        server.server_close()


def written(parts):
    writer = CONVERSE.stream_writer(Request("m", ()))
    return b"".join([writer.write([part]) for part in parts]) + writer.finish()


def streamed(body):
    with client(body, kind=CONVERSE.stream_content_type) as (sdk, _):
        answer = sdk.converse_stream(modelId="m", messages=TURNS)
        return list(answer["stream"])


def test_the_sdk_reads_a_whole_answer():
    with client(CONVERSE.write_answer(PARTS)) as (sdk, asked):
        answer = sdk.converse(modelId="eu.anthropic.claude-v1:0", messages=TURNS)
    assert asked[0][0] == "/model/eu.anthropic.claude-v1%3A0/converse"
    assert answer["output"]["message"] == {
        "role": "assistant",
        "content": [
            {"reasoningContent": {"reasoningText": {"text": "ab", "signature": "s"}}},
            {"reasoningContent": {"redactedContent": b"\0text:d_-"}},
            {"text": "Grüße 😀"},
            {"toolUse": {"toolUseId": "t0", "name": "f", "input": {"a": 1}}},
            {"toolUse": {"toolUseId": "t1", "name": "g", "input": {}}},
        ],
    }
    assert (answer["stopReason"], answer["metrics"]) == ("tool_use", {"latencyMs": 0})
    assert answer["usage"] == {
        "inputTokens": 12,
        "outputTokens": 8,
        "totalTokens": 28,
        "cacheReadInputTokens": 5,
        "cacheWriteInputTokens": 3,
    }


def test_what_the_sdk_gives_out_can_be_sent_back():
    """And is then what the provider of the answer had signed."""
    with client(CONVERSE.write_answer(PARTS)) as (sdk, asked):
        message = sdk.converse(modelId="m", messages=TURNS)["output"]["message"]
        result = {
            "toolResult": {
                "toolUseId": "t0",
                "content": [{"json": {"b": 2}}, {"image": {"format": "png", "source": {"bytes": b"\x01"}}}],
            }
        }
        sdk.converse(
            modelId="m",
            messages=[*TURNS, message, {"role": "user", "content": [result]}],
            system=[{"text": "s"}, {"cachePoint": {"type": "default"}}],
            toolConfig={"tools": [{"toolSpec": {"name": "f", "inputSchema": {"json": {}}}}], "toolChoice": {"any": {}}},
            inferenceConfig={"maxTokens": 9, "temperature": 0.5, "topP": 0.5, "stopSequences": ["x"]},
        )
    request = CONVERSE.read_request({"model": "m", **asked[1][1]})
    assert [(block.text, block.signature, block.redacted) for block in request.messages[1].content[:2]] == [
        ("ab", "s", None),
        ("", None, "d_-"),
    ]
    assert request.messages[2].content[0].content[1].data == "AQ=="
    assert (request.system[0].cache, request.max_output_tokens, request.tool_choice.mode) == (True, 9, "required")


def test_the_sdk_reads_a_stream():
    events = streamed(written(PARTS))
    assert [next(iter(event)) for event in events if "contentBlockDelta" not in event] == [
        "messageStart",
        *("contentBlockStop",) * 3,
        *("contentBlockStart", "contentBlockStop") * 2,
        "messageStop",
        "metadata",
    ]
    deltas = [event["contentBlockDelta"]["delta"] for event in events if "contentBlockDelta" in event]
    assert deltas == [
        {"reasoningContent": {"text": "a"}},
        {"reasoningContent": {"text": "b"}},
        {"reasoningContent": {"signature": "s"}},
        {"reasoningContent": {"redactedContent": b"\0text:d_-"}},
        {"text": "Grüße "},
        {"text": "😀"},
        {"toolUse": {"input": '{"a":'}},
        {"toolUse": {"input": "1}"}},
        {"toolUse": {"input": "{}"}},
    ]
    assert events[-2] == {"messageStop": {"stopReason": "tool_use"}}
    assert events[-1]["metadata"]["usage"]["totalTokens"] == 28


@pytest.mark.parametrize("at", range(len(PARTS)))
def test_the_sdk_reads_a_stream_that_was_cut(at):
    expected = "tool_use" if Finish("tool_calls") in PARTS[:at] else "max_tokens"
    assert streamed(written(PARTS[:at]))[-2] == {"messageStop": {"stopReason": expected}}


# Each error, and the code that the SDK raises for it in the middle of a stream.
STREAM_ERRORS = [
    (OverLimit("x"), "throttlingException"),
    (Malformed("x"), "validationException"),
    (ControlError("x"), "serviceUnavailableException"),
    (ProviderError("x"), "internalServerException"),
    (Forbidden("x"), "AccessDeniedException"),
]


@pytest.mark.parametrize(("error", "code"), STREAM_ERRORS)
def test_the_sdk_raises_the_error_that_ends_a_stream(error, code):
    writer = CONVERSE.stream_writer(Request("m", ()))
    with pytest.raises(EventStreamError) as caught:
        streamed(writer.write(PARTS[:3]) + writer.fail(error))
    assert caught.value.response["Error"] == {"Code": code, "Message": "x"}


ERRORS = [
    (Malformed("x"), "ValidationException"),
    (Forbidden("x"), "AccessDeniedException"),
    (NotFound("x"), "ResourceNotFoundException"),
    (OverLimit("x"), "ThrottlingException"),
    (ControlError("x"), "ServiceUnavailableException"),
    (ProviderError("x", status=500), "InternalServerException"),
    (ProviderError("x", status=408, kind="timeout"), "ModelTimeoutException"),
]


@pytest.mark.parametrize("named", [True, False], ids=["with the header", "by the body alone"])
@pytest.mark.parametrize(("error", "name"), ERRORS)
def test_the_sdk_raises_its_own_error_for_each_of_ours(error, name, named):
    headers = [(TYPE_HEADER, error_type(error))] if named else []
    with client(CONVERSE.write_error(error, "r"), error.status, headers=headers) as (sdk, _):
        with pytest.raises(getattr(sdk.exceptions, name)) as caught:
            sdk.converse(modelId="m", messages=TURNS)
        assert caught.value.response["Error"]["Message"] == "x"


def test_an_error_that_the_service_does_not_model_is_told_by_its_code():
    error = Unauthenticated("x")
    with client(CONVERSE.write_error(error, "r"), error.status) as (sdk, _):
        with pytest.raises(ClientError) as caught:
            sdk.converse(modelId="m", messages=TURNS)
        assert caught.value.response["Error"]["Code"] == "UnrecognizedClientException"


def test_the_sdk_would_send_what_we_write_to_a_provider():
    """It checks every member and type of a request before it sends it."""
    body = {
        "model": "eu.anthropic.claude-opus-4-8",
        "max_tokens": 9000,
        "system": [{"type": "text", "text": "s", "cache_control": {"type": "ephemeral"}}],
        "messages": [
            {"role": "user", "content": "hi"},
            {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "f", "input": {}}]},
            {
                "role": "user",
                "content": [{"type": "tool_result", "tool_use_id": "t", "content": "r", "is_error": True}],
            },
        ],
        "tools": [{"name": "f", "input_schema": {}, "strict": True, "cache_control": {"type": "ephemeral"}}],
        "tool_choice": {"type": "tool", "name": "f"},
        "thinking": {"type": "enabled", "budget_tokens": 2000},
        "output_config": {"effort": "low", "format": {"type": "json_schema", "schema": SCHEMA}},
    }
    sent = json.loads(CONVERSE.write_request(MESSAGES.read_request(body)))
    with client(CONVERSE.write_answer(PARTS)) as (sdk, asked):
        sdk.converse(modelId="m", **sent)
    assert asked[0][1] == sent
