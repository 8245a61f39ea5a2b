"""Converse requests are read and written by stated rules; what cannot be said is refused by name."""

from __future__ import annotations

import json

import pytest

from ext_proc.apis import APIS
from ext_proc.apis.api import Outline
from ext_proc.chat import Image, Message, OutputFormat, Request, Text, ToolChoice, ToolResult, ToolUse
from ext_proc.errors import Malformed, Unsupported
from tests.apis.converse_requests import HI, SAME, assistant, converse, user, written
from tests.apis.converse_rules import FROM_CONVERSE, TO_CONVERSE

CONVERSE, MESSAGES = APIS["converse"], APIS["messages"]


def rewritten(body, source, target):
    return json.loads(target.write_request(source.read_request(body)))


@pytest.mark.parametrize(("in_converse", "in_messages"), SAME.values(), ids=SAME)
def test_each_api_is_written_as_the_other_says_it(in_converse, in_messages):
    body = {key: value for key, value in in_converse.items() if key not in ("model", "stream")}
    assert rewritten(in_messages, MESSAGES, CONVERSE) == body
    assert rewritten(in_converse, CONVERSE, CONVERSE) == body
    assert rewritten(in_converse, CONVERSE, MESSAGES) == in_messages


@pytest.mark.parametrize(("body", "expected"), TO_CONVERSE.values(), ids=TO_CONVERSE)
def test_messages_become_converse_by_stated_rules(body, expected):
    assert rewritten(body, MESSAGES, CONVERSE) == expected


@pytest.mark.parametrize(("body", "expected"), FROM_CONVERSE.values(), ids=FROM_CONVERSE)
def test_converse_becomes_messages_by_stated_rules(body, expected):
    assert rewritten(body, CONVERSE, MESSAGES) == expected


def test_a_seal_that_is_no_base64_survives_the_turn():
    body = converse(messages=[*HI, assistant({"reasoningContent": {"redactedContent": "AHRleHQ6Z0FfeC0="}})])
    assert CONVERSE.read_request(body).messages[1].content[0].redacted == "gA_x-"


def test_json_without_a_schema_is_asked_for_in_words():
    request = Request("m", (Message("user", (Text("hi"),)),), output_format=OutputFormat())
    assert json.loads(CONVERSE.write_request(request))["system"] == [
        {"text": "Answer with one valid JSON object and nothing else."}
    ]


def test_the_model_and_the_stream_are_said_by_the_path_alone():
    assert rewritten(converse(stream=True), CONVERSE, CONVERSE) == written()


TURN = Message("user", (Text("hi"),))
LOOP = (TURN, Message("assistant", (ToolUse("t", "f", "{}"),)), Message("user", (ToolResult("t", ()),)))
TOOLS = CONVERSE.read_request(
    converse(toolConfig={"tools": [{"toolSpec": {"name": "f", "inputSchema": {"json": {}}}}]})
).tools
# (members, the member that the error names)
UNSUPPORTED = [
    (
        converse(messages=[user({"document": {"name": "a", "source": {"other": 1}}})]),
        "messages[0].content[0].document.source",
    ),
    (
        converse(messages=[user({"audio": {"format": "wav", "source": {"s3Location": {"uri": "s3://b/a.wav"}}}})]),
        "messages[0].content[0].audio.source",
    ),
    (converse(messages=[user({"video": {}})]), "messages[0].content[0].video"),
    (converse(messages=[user({"guardContent": {}})]), "messages[0].content[0].guardContent"),
    (converse(system=[{"guardContent": {}}]), "system[0].guardContent"),
    (
        converse(messages=[user({"toolResult": {"toolUseId": "t", "content": [{"video": {}}]}})]),
        "messages[0].content[0].toolResult.content[0].video",
    ),
    (
        converse(
            messages=[
                user(
                    {
                        "image": {
                            "format": "png",
                            "source": {"s3Location": {"uri": "s3://b/a", "bucketOwner": "1"}},
                        }
                    }
                )
            ]
        ),
        "messages[0].content[0].image.source.s3Location.bucketOwner",
    ),
    (
        converse(
            messages=[assistant({"toolUse": {"toolUseId": "t", "name": "f", "input": {}, "type": "server_tool_use"}})]
        ),
        "messages[0].content[0].toolUse.type",
    ),
    (converse(toolConfig={"tools": [{"systemTool": {"name": "f"}}]}), "toolConfig.tools[0].systemTool"),
]
MALFORMED = [
    (converse(messages=[7]), "messages[0]"),
    (converse(messages=[{"role": "system", "content": []}]), "messages[0].role"),
    (converse(messages=[{"role": "user", "content": "hi"}]), "messages[0].content"),
    (converse(messages=[user({})]), "messages[0].content[0]"),
    (converse(messages=[user({"text": "a", "image": {}})]), "messages[0].content[0]"),
    (converse(messages=[user({"text": 7})]), "messages[0].content[0].text"),
    (converse(messages=[user({"image": {"format": "bmp"}})]), "messages[0].content[0].image.format"),
    (
        converse(messages=[user({"image": {"format": "png", "source": {"bytes": 7}}})]),
        "messages[0].content[0].image.source.bytes",
    ),
    (
        converse(messages=[assistant({"toolUse": {"toolUseId": "t", "name": "f", "input": ""}})]),
        "messages[0].content[0].toolUse.input",
    ),
    (
        converse(messages=[user({"toolResult": {"toolUseId": "t", "content": [], "status": "odd"}})]),
        "messages[0].content[0].toolResult.status",
    ),
    (converse(system="a"), "system"),
    (converse(inferenceConfig={"temperature": "hot"}), "inferenceConfig.temperature"),
    (converse(inferenceConfig={"stopSequences": [1]}), "inferenceConfig.stopSequences[0]"),
    (converse(toolConfig={"tools": [{"toolSpec": {"name": "f"}}]}), "toolConfig.tools[0].toolSpec.inputSchema"),
    (converse(toolConfig={"tools": [], "toolChoice": {"never": {}}}), "toolConfig.toolChoice"),
    (
        converse(additionalModelRequestFields={"reasoning_effort": "very"}),
        "additionalModelRequestFields.reasoning_effort",
    ),
    (
        converse(additionalModelRequestFields={"thinking": {"type": "deep"}}),
        "additionalModelRequestFields.thinking.type",
    ),
    (
        converse(
            outputConfig={
                "textFormat": {"type": "json_schema", "structure": {"jsonSchema": {"schema": "{"}}},
            }
        ),
        "outputConfig.textFormat.structure.jsonSchema.schema",
    ),
]


@pytest.mark.parametrize(
    ("kind", "members", "param"),
    [*((Unsupported, *row) for row in UNSUPPORTED), *((Malformed, *row) for row in MALFORMED)],
)
def test_what_is_wrong_or_not_known_is_refused_and_named(kind, members, param):
    with pytest.raises(kind) as caught:
        CONVERSE.read_request(members)
    assert caught.value.param == param


# (request, the member that the error names)
INEXPRESSIBLE = [
    (Request("m", (TURN,), n=2), "n"),
    (Request("m", (), system=(Text("s"),)), "messages"),
    (Request("m", (TURN, Message("user", (Image(url="https://x/y.png"),)))), "messages[1].content[0]"),
    (Request("m", (Message("user", (Image(data="AAAA", media_type="image/bmp"),)),)), "messages[0].content[0]"),
    (Request("m", LOOP), "tools"),
    (Request("m", LOOP, tools=TOOLS, tool_choice=ToolChoice("none")), "tool_choice"),
]


@pytest.mark.parametrize(("request_", "param"), INEXPRESSIBLE)
def test_what_would_change_the_meaning_is_refused_when_it_is_written(request_, param):
    with pytest.raises(Unsupported) as caught:
        CONVERSE.write_request(request_)
    assert caught.value.param == param


# Members that no other API knows, and that would be missed.
MISSED = {
    "guardrailConfig": {"guardrailIdentifier": "g"},
    "promptVariables": {"a": {"text": "b"}},
    "additionalModelResponseFieldPaths": ["/a"],
}


@pytest.mark.parametrize(("member", "value"), MISSED.items())
def test_a_member_that_would_be_missed_is_refused(member, value):
    with pytest.raises(Unsupported) as caught:
        rewritten(converse(**{member: value}), CONVERSE, MESSAGES)
    assert caught.value.param == member


IMAGE = {"image": {"format": "png", "source": {"bytes": "AAAA"}}}
OUTLINES = [
    ({"model": "m", "messages": HI}, Outline("m", include_usage=True)),
    (
        converse(stream=True, toolConfig={"tools": []}),
        Outline("m", stream=True, include_usage=True, max_output_tokens=50_000, tools=True),
    ),
    (
        {"model": "m", "messages": [user(IMAGE, {"toolResult": {"toolUseId": "t", "content": [IMAGE]}})]},
        Outline("m", include_usage=True, images=2, image_bytes=8),
    ),
]


@pytest.mark.parametrize(("members", "outline"), OUTLINES)
def test_an_outline_tells_what_the_edge_must_know(members, outline):
    assert CONVERSE.outline(members) == outline


@pytest.mark.parametrize(
    ("members", "param"),
    [
        ({"messages": HI}, "model"),
        ({"model": "m"}, "messages"),
        (converse(inferenceConfig={"maxTokens": 0}), "inferenceConfig.maxTokens"),
        (converse(inferenceConfig=[]), "inferenceConfig"),
    ],
)
def test_a_mistake_is_refused_and_its_member_named(members, param):
    with pytest.raises(Malformed) as caught:
        CONVERSE.outline(members)
    assert caught.value.param == param


THINKING = {"thinking": {"type": "enabled", "budget_tokens": 4000}, "top_k": 3}

# (members, cap, the members to set)
CAPS = [
    ({}, 100, {"inferenceConfig": {"maxTokens": 100}}),
    ({"inferenceConfig": {"maxTokens": 50}}, 100, {}),
    ({"inferenceConfig": {"maxTokens": 500, "topP": 1}}, 100, {"inferenceConfig": {"maxTokens": 100, "topP": 1}}),
    (
        {"additionalModelRequestFields": THINKING},
        2000,
        {
            "inferenceConfig": {"maxTokens": 2000},
            "additionalModelRequestFields": {"thinking": {"type": "enabled", "budget_tokens": 1999}, "top_k": 3},
        },
    ),
]


@pytest.mark.parametrize(("members", "cap", "changes"), CAPS)
def test_output_is_capped_with_as_few_changes_as_can_be(members, cap, changes):
    assert CONVERSE.limit_output(members, cap) == changes
    assert CONVERSE.ask_usage(members) == {}
