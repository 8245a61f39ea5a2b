"""The SDKs that call InvokeModel read what we write, and say what we read: Amazon's and Anthropic's."""

from __future__ import annotations

import json

import anthropic
import pytest
from botocore.exceptions import ClientError, EventStreamError

from ext_proc.apis import APIS
from ext_proc.apis.converse.errors import error_headers, write_error, write_failure
from ext_proc.apis.paths import find
from ext_proc.chat import Request, Text
from ext_proc.errors import OverLimit
from ext_proc.parts import Citation, Finish, Start, TextDelta, ToolUseDelta, ToolUseStart, UsageReport
from ext_proc.usage import Usage
from tests.apis.test_converse_sdk import client

INVOKE = APIS["invoke_model"]
MODEL = "eu.anthropic.claude-haiku-4-5-20251001-v1:0"
TURNS = [{"role": "user", "content": "hi"}]
BODY = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 9, "messages": TURNS}
PARTS = [
    Start("msg_1", "served"),
    TextDelta("Grüße "),
    TextDelta("😀"),
    Citation("Rain", "R", "https://x/rain"),
    ToolUseStart(0, "t0", "f"),
    ToolUseDelta(0, '{"a":1}'),
    Finish("tool_calls"),
    UsageReport(Usage(20, 8, 5, 3)),
]


def streamed(parts):
    writer = INVOKE.stream_writer(Request("m", ()))
    return b"".join([writer.write([part]) for part in parts]) + writer.finish()


def told(path, body):
    """The request that was sent, as it is read."""
    found = find(path.partition("?")[0])
    assert found.api is INVOKE
    members = {**body, **found.said}
    assert INVOKE.outline(members).model == MODEL
    return INVOKE.read_request(members)


def anthropics(sdk):
    return anthropic.AnthropicBedrock(
        base_url=sdk.meta.endpoint_url, aws_region="us-east-1", api_key="tk-key", max_retries=0
    )


def assert_whole(message):
    assert [block.type for block in message.content] == ["text", "tool_use"]
    assert (message.content[0].text, message.content[1].input) == ("Grüße 😀", {"a": 1})
    assert message.content[0].citations[0].url == "https://x/rain"
    assert (message.stop_reason, message.usage.input_tokens, message.usage.output_tokens) == ("tool_use", 12, 8)


def test_anthropics_sdk_reads_a_whole_answer():
    with client(INVOKE.write_answer(PARTS)) as (sdk, asked), anthropics(sdk) as claude:
        message = claude.messages.create(model=MODEL, max_tokens=9, messages=TURNS)
    request = told(*asked[0])
    assert (request.stream, request.max_output_tokens, request.messages[0].content) == (False, 9, (Text("hi"),))
    assert_whole(message)


def test_anthropics_sdk_reads_a_stream():
    with (
        client(streamed(PARTS), kind=INVOKE.stream_content_type) as (sdk, asked),
        anthropics(sdk) as claude,
        claude.messages.stream(model=MODEL, max_tokens=9, messages=TURNS) as stream,
    ):
        message = stream.get_final_message()
    assert told(*asked[0]).stream
    assert_whole(message)


def test_amazons_sdk_reads_a_whole_answer():
    with client(INVOKE.write_answer(PARTS)) as (sdk, asked):
        answer = json.loads(sdk.invoke_model(modelId=MODEL, body=json.dumps(BODY))["body"].read())
    assert not told(*asked[0]).stream
    assert answer["content"][1] == {"type": "tool_use", "id": "t0", "name": "f", "input": {"a": 1}}


def test_amazons_sdk_reads_a_stream():
    with client(streamed(PARTS), kind=INVOKE.stream_content_type) as (sdk, asked):
        answer = sdk.invoke_model_with_response_stream(modelId=MODEL, body=json.dumps(BODY))
        events = [json.loads(event["chunk"]["bytes"]) for event in answer["body"]]
    assert told(*asked[0]).stream
    assert (events[0]["type"], events[-1]) == ("message_start", {"type": "message_stop"})


def test_both_sdks_raise_the_error_that_ends_a_stream():
    cut = INVOKE.stream_writer(Request("m", ()))
    body = cut.write(PARTS[:3]) + cut.fail(OverLimit("slow down"))
    assert body.endswith(write_failure(OverLimit("slow down")))
    with client(body, kind=INVOKE.stream_content_type) as (sdk, _):
        answer = sdk.invoke_model_with_response_stream(modelId=MODEL, body=json.dumps(BODY))
        with pytest.raises(EventStreamError, match="slow down"):
            list(answer["body"])
        with (
            anthropics(sdk) as claude,
            claude.messages.stream(model=MODEL, max_tokens=9, messages=TURNS) as stream,
            pytest.raises(anthropic.APIStatusError, match="slow down"),
        ):
            stream.get_final_message()


def test_both_sdks_raise_the_error_in_place_of_an_answer():
    error = OverLimit("slow down")
    with client(write_error(error, None), 429, headers=error_headers(error)) as (sdk, _):
        with pytest.raises(ClientError, match="slow down") as caught:
            sdk.invoke_model(modelId=MODEL, body=json.dumps(BODY))
        assert caught.value.response["Error"]["Code"] == "ThrottlingException"
        with anthropics(sdk) as claude, pytest.raises(anthropic.RateLimitError, match="slow down"):
            claude.messages.create(model=MODEL, max_tokens=9, messages=TURNS)
