"""Every client can ask how many tokens its request would be read as, and every provider that counts can be asked."""

from __future__ import annotations

import base64
import itertools
import json

import pytest
from hypothesis import given, settings

from ext_proc.apis import APIS
from ext_proc.apis.api import Outline
from ext_proc.apis.paths import find
from ext_proc.chat import Image, Message, Request, Text, Tool
from ext_proc.errors import Malformed, OverLimit, ProviderError, TollkeeperError, Unsupported
from ext_proc.parts import UsageReport
from ext_proc.token_count import Count
from ext_proc.usage import Usage
from tests.apis.test_any_json import objects, values

NAMES = ("messages_count_tokens", "responses_input_tokens", "generate_content_count_tokens", "converse_count_tokens")
CHATS = ("messages", "responses", "generate_content", "converse")
EACH = pytest.mark.parametrize("name", NAMES)
ALL = [APIS[name] for name in NAMES]
MESSAGES, RESPONSES, GEMINI, CONVERSE = ALL

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}
PNG = "iVBORw0KGgo="
NOTHING = {"output_tokens": 0}

# What each API says of one request: a system prompt, a text with an image, and a tool
SAID = {
    "messages_count_tokens": {
        "model": "m",
        "system": "be kind",
        "messages": [
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "hi"},
                    {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}},
                ],
            }
        ],
        "tools": [{"name": "weather", "input_schema": SCHEMA}],
    },
    "responses_input_tokens": {
        "model": "m",
        "instructions": "be kind",
        "input": [
            {
                "role": "user",
                "content": [
                    {"type": "input_text", "text": "hi"},
                    {"type": "input_image", "image_url": f"data:image/png;base64,{PNG}"},
                ],
            }
        ],
        "tools": [{"type": "function", "name": "weather", "parameters": SCHEMA}],
    },
    "generate_content_count_tokens": {
        "model": "m",
        "generateContentRequest": {
            "model": "models/m",
            "systemInstruction": {"parts": [{"text": "be kind"}]},
            "contents": [
                {"role": "user", "parts": [{"text": "hi"}, {"inlineData": {"mimeType": "image/png", "data": PNG}}]}
            ],
            "tools": [{"functionDeclarations": [{"name": "weather", "parametersJsonSchema": SCHEMA}]}],
        },
    },
    "converse_count_tokens": {
        "model": "m",
        "input": {
            "converse": {
                "system": [{"text": "be kind"}],
                "messages": [
                    {
                        "role": "user",
                        "content": [{"text": "hi"}, {"image": {"format": "png", "source": {"bytes": PNG}}}],
                    }
                ],
                "toolConfig": {"tools": [{"toolSpec": {"name": "weather", "inputSchema": {"json": SCHEMA}}}]},
            }
        },
    },
}
ANSWERS = {
    "messages_count_tokens": {"input_tokens": 14},
    "responses_input_tokens": {"object": "response.input_tokens", "input_tokens": 14},
    "generate_content_count_tokens": {"totalTokens": 14},
    "converse_count_tokens": {"inputTokens": 14},
}
PATHS = {
    "/v1/messages/count_tokens": "messages_count_tokens",
    "/v1/responses/input_tokens": "responses_input_tokens",
    "/v1beta/models/m:countTokens": "generate_content_count_tokens",
    "/v1/models/m:countTokens": "generate_content_count_tokens",
    "/model/m/count-tokens": "converse_count_tokens",
}


def dumped(value):
    return json.dumps(value).encode()


def in_body(name, written):
    """The members that stand in a body, as those of a reader."""
    return written if "model" in SAID[name] and "model" in written else {"model": "m", **written}


@pytest.mark.parametrize(("path", "name"), PATHS.items())
def test_each_has_its_path(path, name):
    assert find(path).api is APIS[name]


@pytest.mark.parametrize(("client", "provider"), list(itertools.product(NAMES, repeat=2)))
def test_what_one_says_is_said_in_another(client, provider):
    read = APIS[client].read_request(SAID[client])
    assert read.messages == (Message("user", (Text("hi"), Image(data=PNG, media_type="image/png"))),)
    assert (read.system, read.tools[0].name, read.stream) == ((Text("be kind"),), "weather", False)
    written = json.loads(APIS[provider].write_request(read))
    again = APIS[provider].read_request(in_body(provider, written))
    assert (again.messages, again.system) == (read.messages, read.system)
    assert [(tool.name, tool.parameters) for tool in again.tools] == [("weather", SCHEMA)]


def test_each_is_written_as_its_makers_take_it():
    """How an answer is to be written is no business of a count, and several refuse it."""
    request = Request("m", (Message("user", (Text("hi"),)),), tools=(Tool("f", parameters=SCHEMA),))
    assert json.loads(MESSAGES.write_request(request)).keys() == {"model", "messages", "tools"}
    assert json.loads(RESPONSES.write_request(request)).keys() == {"model", "input", "tools"}
    assert json.loads(GEMINI.write_request(request)).keys() == {"generateContentRequest"}
    whole = json.loads(GEMINI.write_request(request))["generateContentRequest"]
    assert (whole["model"], whole.keys()) == ("models/m", {"model", "contents", "tools"})
    assert json.loads(CONVERSE.write_request(request))["input"]["converse"].keys() == {"messages", "toolConfig"}


def test_vertex_takes_no_whole_request_but_its_members():
    request = Request("m", (Message("user", (Text("hi"),)),), system=(Text("be kind"),))
    assert json.loads(APIS["vertex_count_tokens"].write_request(request)) == {
        "contents": [{"role": "user", "parts": [{"text": "hi"}]}],
        "systemInstruction": {"parts": [{"text": "be kind"}]},
    }
    assert APIS["vertex_count_tokens"].read_answer(b'{"totalTokens": 14}')[0] == Count(14)


def test_how_the_answer_is_to_be_written_keeps_no_provider_from_counting():
    members = {
        "model": "m",
        "generateContentRequest": {
            "contents": [{"parts": [{"text": "hi"}]}],
            "generationConfig": {"candidateCount": 3, "stopSequences": ["a"], "maxOutputTokens": 1, "topK": 4},
        },
    }
    for api in ALL:
        assert api.write_request(GEMINI.read_request(members))


@EACH
def test_an_outline_tells_that_nothing_is_billed(name):
    size = len(f"data:image/png;base64,{PNG}") if name == "responses_input_tokens" else len(PNG)
    expected = Outline("m", images=1, image_bytes=size, tools=True, writes=False, free=True, estimate=NOTHING)
    assert APIS[name].outline(SAID[name]) == expected
    assert APIS[name].limit_output(SAID[name], 5) == APIS[name].ask_usage(SAID[name]) == {}


@EACH
def test_a_count_is_read_and_written(name):
    assert APIS[name].read_answer(dumped(ANSWERS[name])) == [Count(14), UsageReport(Usage())]
    assert json.loads(APIS[name].write_answer([Count(14)])) == ANSWERS[name]


@EACH
@pytest.mark.parametrize(
    "answer", [b"", b"[]", b"{}", b'{"error":{"message":"busy"}}', b'{"input_tokens":"9"}', b"\xff"]
)
def test_what_is_no_count_is_the_providers_fault(name, answer):
    with pytest.raises(ProviderError):
        APIS[name].read_answer(answer)


@pytest.mark.parametrize(("name", "chat"), list(zip(NAMES, CHATS, strict=True)))
def test_errors_have_the_shape_of_the_makers_chat(name, chat):
    error = OverLimit("spent")
    assert APIS[name].write_error(error, "r") == APIS[chat].write_error(error, "r")
    assert APIS[name].error_headers(error) == APIS[chat].error_headers(error)


# Gemini


def test_contents_alone_are_counted_too():
    members = {"model": "m", "contents": [{"parts": [{"text": "hi"}]}]}
    assert GEMINI.read_request(members).messages == (Message("user", (Text("hi"),)),)
    assert GEMINI.rename(members, "other") == {}


@pytest.mark.parametrize("key", ["generateContentRequest", "generate_content_request"])
def test_a_whole_request_is_told_the_model_that_is_called(key):
    members = {"model": "m", key: {"model": "models/m", "contents": []}}
    assert GEMINI.rename(members, "other") == {key: {"model": "models/other", "contents": []}}


def test_a_whole_request_cannot_name_another_model_than_the_path():
    members = {"model": "m", "generateContentRequest": {"model": "models/dear", "contents": [{"parts": []}]}}
    with pytest.raises(Malformed) as caught:
        GEMINI.outline(members)
    assert caught.value.param == "generateContentRequest.model"


# Bedrock

INVOKED = {"model": "m", "input": {"invokeModel": {"body": base64.b64encode(b"x" * 300).decode()}}}


def test_bedrock_alone_reads_the_body_of_an_invocation():
    assert CONVERSE.outline(INVOKED) == Outline("m", image_bytes=100, writes=False, free=True, estimate=NOTHING)
    with pytest.raises(Unsupported) as caught:
        CONVERSE.read_request(INVOKED)
    assert caught.value.param == "input.invokeModel"


MISTAKES = [
    (MESSAGES, {"model": "m"}, "messages"),
    (MESSAGES, {"messages": [{"role": "user", "content": "hi"}]}, "model"),
    (RESPONSES, {"input": "hi"}, "model"),
    (RESPONSES, {"model": "m", "input": 7}, "input"),
    (GEMINI, {"model": "m"}, "contents"),
    (GEMINI, {"model": "m", "generateContentRequest": 7}, "generateContentRequest"),
    (GEMINI, {"model": "m", "generateContentRequest": {"model": []}}, "generateContentRequest.model"),
    (CONVERSE, {"model": "m"}, "input"),
    (CONVERSE, {"model": "m", "input": {}}, "input"),
    (CONVERSE, {"model": "m", "input": {"converse": {"messages": []}, "invokeModel": {}}}, "input"),
    (CONVERSE, {"model": "m", "input": {"invokeModel": {}}}, "input.invokeModel.body"),
    (CONVERSE, {"model": "m", "input": {"converse": {}}}, "messages"),
]


@pytest.mark.parametrize(("api", "members", "param"), MISTAKES)
def test_a_mistake_is_refused_and_its_member_named(api, members, param):
    with pytest.raises(Malformed) as caught:
        api.outline(members)
    assert caught.value.param == param


@EACH
@settings(max_examples=60, deadline=None)
@given(members=objects, value=values)
def test_any_request_is_read_or_refused(name, members, value):
    spoilt = {**SAID[name], **members} | {next(reversed(SAID[name])): value}
    for half in (APIS[name].outline, APIS[name].read_request):
        try:
            assert half(spoilt)
        except TollkeeperError as error:
            assert error.status == 400  # noqa: PT017  either is right


@EACH
@settings(max_examples=60, deadline=None)
@given(answer=values)
def test_any_answer_is_read_or_blamed_on_the_provider(name, answer):
    try:
        assert isinstance(APIS[name].read_answer(dumped(answer))[0], Count)
    except ProviderError as error:
        assert error.status == 502  # noqa: PT017  either is right
