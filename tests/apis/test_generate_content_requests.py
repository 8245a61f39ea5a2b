"""What a client asks in generateContent is asked in every other API, and the reverse."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ext_proc.apis import APIS
from ext_proc.chat import (
    Image,
    Message,
    OutputFormat,
    Request,
    Text,
    Thinking,
    ThinkingConfig,
    Tool,
    ToolChoice,
    ToolResult,
    ToolUse,
)
from ext_proc.errors import Malformed, Unsupported
from tests.apis.generate_content_requests import (
    FROM_CHAT,
    SAME,
    TO_CHAT,
    asked,
    body,
    call,
    configured,
    forced,
    gemini,
    model,
    response,
    user,
)
from tests.apis.test_round_trips import arguments, base64, flags, ids, maybe, ratios, schemas, some, turns, words

CHAT, GEMINI = APIS["chat_completions"], APIS["generate_content"]


def rewritten(members, source, target):
    return json.loads(target.write_request(source.read_request(members)))


@pytest.mark.parametrize(("in_gemini", "in_chat"), SAME.values(), ids=SAME)
def test_each_api_is_written_as_the_other_says_it(in_gemini, in_chat):
    assert rewritten(in_chat, CHAT, GEMINI) == body(in_gemini)
    assert rewritten(in_gemini, GEMINI, CHAT) == in_chat
    assert rewritten(in_gemini, GEMINI, GEMINI) == body(in_gemini)


@pytest.mark.parametrize(("in_gemini", "in_chat"), TO_CHAT.values(), ids=TO_CHAT)
def test_what_only_generate_content_says_becomes_the_nearest(in_gemini, in_chat):
    assert rewritten(in_gemini, GEMINI, CHAT) == in_chat


@pytest.mark.parametrize(("in_chat", "in_gemini"), FROM_CHAT.values(), ids=FROM_CHAT)
def test_what_only_others_say_becomes_the_nearest(in_chat, in_gemini):
    assert rewritten(in_chat, CHAT, GEMINI) == body(in_gemini)


# (model, what Chat Completions says, what it is told)
MODELS_THINK = [
    ("gemini-2.0-flash", {"reasoning_effort": "high"}, None),
    ("gemini-2.5-flash", {"reasoning_effort": "low"}, {"includeThoughts": True, "thinkingBudget": 2048}),
    ("gemini-2.5-flash", {"reasoning_effort": "max"}, {"includeThoughts": True, "thinkingBudget": 24576}),
    ("gemini-2.5-pro", {"reasoning_effort": "max"}, {"includeThoughts": True, "thinkingBudget": 32000}),
    ("gemini-2.5-pro", {"reasoning_effort": "none"}, {"thinkingBudget": 128}),
    ("gemini-3-flash-preview", {"reasoning_effort": "none"}, {"thinkingLevel": "MINIMAL"}),
    ("gemini-3-pro-preview", {"reasoning_effort": "none"}, {"thinkingLevel": "LOW"}),
    ("gemini-3-pro-preview", {"reasoning_effort": "minimal"}, {"includeThoughts": True, "thinkingLevel": "LOW"}),
    ("gemini-flash-latest", {"reasoning_effort": "xhigh"}, {"includeThoughts": True, "thinkingLevel": "HIGH"}),
    ("gemini-flash-latest", {}, None),
]


@pytest.mark.parametrize(("name", "members", "config"), MODELS_THINK)
def test_each_model_is_told_to_think_as_it_understands(name, members, config):
    written = rewritten(asked(name, **members), CHAT, GEMINI)
    assert written["generationConfig"].get("thinkingConfig") == config


IMAGE_RESULT = Request(
    "gemini-2.5-pro",
    (
        Message("assistant", (ToolUse("t", "f", "{}"),)),
        Message("user", (ToolResult("t", (Text("a"), Image(data="AAAA", media_type="image/png"))),)),
    ),
)
PICTURE = {"inlineData": {"mimeType": "image/png", "data": "AAAA"}}


def test_images_of_results_stand_apart_for_models_before_gemini_3():
    contents = json.loads(GEMINI.write_request(IMAGE_RESULT))["contents"]
    said = {"text": "What function call t returned as a file:"}
    assert contents[1]["parts"] == [response("t", "f", output="a"), said, PICTURE]


def test_images_of_results_stand_within_for_gemini_3():
    request = Request("gemini-3-pro", IMAGE_RESULT.messages)
    part = json.loads(GEMINI.write_request(request))["contents"][1]["parts"][0]
    assert part["functionResponse"]["parts"] == [PICTURE]
    members = {"model": "gemini-3-pro", **json.loads(GEMINI.write_request(request))}
    assert GEMINI.read_request(members).messages == request.messages


CODE = {"executableCode": {"language": "PYTHON", "code": ""}}

# (members, the member that the error names)
UNSUPPORTED = [
    (gemini(tools=[{"googleSearch": {}}]), "tools[0].googleSearch"),
    (gemini(tools=[{"code_execution": {}}]), "tools[0].codeExecution"),
    (gemini(tools=[{"functionDeclarations": [], "urlContext": {}}]), "tools[0].urlContext"),
    (gemini(contents=[model(CODE)]), "contents[0].parts[0].executableCode"),
    (
        gemini(contents=[user({"inlineData": {"mimeType": "video/mp4", "data": ""}})]),
        "contents[0].parts[0].inlineData.mimeType",
    ),
    (
        gemini(contents=[user({"fileData": {"mimeType": "video/mp4", "fileUri": "gs://x"}})]),
        "contents[0].parts[0].fileData.mimeType",
    ),
    (configured(responseMimeType="text/x.enum"), "generationConfig.responseMimeType"),
    (
        gemini(
            tools=[{"functionDeclarations": [{"name": name} for name in "abc"]}],
            toolConfig=forced(mode="ANY", allowedFunctionNames=["a", "b"]),
        ),
        "toolConfig.functionCallingConfig.allowedFunctionNames",
    ),
]
MISSED = [
    (gemini(cachedContent="cachedContents/x"), "cachedContent"),
    (gemini(cached_content="cachedContents/x"), "cachedContent"),
    (configured(responseModalities=["TEXT", "IMAGE"]), "generationConfig.responseModalities"),
    (configured(speechConfig={}), "generationConfig.speechConfig"),
]
MALFORMED = [
    (gemini(contents=[7]), "contents[0]"),
    (gemini(contents=[{"role": "wizard", "parts": []}]), "contents[0].role"),
    (gemini(contents=[{"role": "user"}]), "contents[0].parts"),
    (gemini(contents=[user({})]), "contents[0].parts[0]"),
    (gemini(contents=[user({"text": 7})]), "contents[0].parts[0].text"),
    (gemini(contents=[user({"inlineData": {"data": ""}})]), "contents[0].parts[0].inlineData.mimeType"),
    (gemini(contents=[model(call("t", ""))]), "contents[0].parts[0].functionCall.name"),
    (
        gemini(contents=[user({"functionResponse": {"name": "f"}})]),
        "contents[0].parts[0].functionResponse.response",
    ),
    (gemini(tools=[{"functionDeclarations": [{}]}]), "tools[0].functionDeclarations[0].name"),
    (gemini(toolConfig=forced(mode="SOME")), "toolConfig.functionCallingConfig.mode"),
    (configured(topK=1.5), "generationConfig.topK"),
    (configured(presencePenalty="high"), "generationConfig.presencePenalty"),
    (configured(responseLogprobs=1), "generationConfig.responseLogprobs"),
    (configured(logprobs="2"), "generationConfig.logprobs"),
    (gemini(serviceTier="best"), "serviceTier"),
    (gemini(service_tier=1), "serviceTier"),
    (configured(temperature="hot"), "generationConfig.temperature"),
    (configured(thinkingConfig={"thinkingLevel": "DEEP"}), "generationConfig.thinkingConfig.thinkingLevel"),
    (configured(thinkingConfig={"thinkingBudget": -2}), "generationConfig.thinkingConfig.thinkingBudget"),
    (configured(topP=1, top_p=0.5), "generationConfig.topP"),
    (gemini(systemInstruction="be kind"), "systemInstruction"),
]


@pytest.mark.parametrize(("members", "param"), UNSUPPORTED)
def test_content_that_is_not_known_is_refused_and_named(members, param):
    with pytest.raises(Unsupported) as caught:
        GEMINI.read_request(members)
    assert caught.value.param == param


@pytest.mark.parametrize(("members", "param"), MISSED)
def test_a_member_that_would_be_missed_is_refused(members, param):
    with pytest.raises(Unsupported) as caught:
        rewritten(members, GEMINI, CHAT)
    assert caught.value.param == param


@pytest.mark.parametrize(("members", "param"), MALFORMED)
def test_a_wrong_type_is_refused_and_named(members, param):
    with pytest.raises(Malformed) as caught:
        GEMINI.read_request(members)
    assert caught.value.param == param
    assert f"`{param}`" in caught.value.message


def test_a_schema_that_is_nested_too_deeply_is_refused():
    schema = {"type": "ARRAY"}
    for _ in range(2000):
        schema = {"items": schema}
    with pytest.raises(Malformed, match="too deeply"):
        GEMINI.read_request(configured(responseMimeType="application/json", responseSchema=schema))


INEXPRESSIBLE = [
    (Request("m", (), system=(Text("s"),)), "messages"),
    (Request("m", (Message("user", (ToolResult("t", ()),)),)), "messages[0].content"),
    (Request("m", (Message("assistant", (ToolResult("t", ()),)),)), "messages[0].content"),
    (Request("m", (Message("user", (ToolUse("t", "f", "{}"),)),)), "messages[0].content"),
]


@pytest.mark.parametrize(("request_", "param"), INEXPRESSIBLE)
def test_what_would_change_the_meaning_is_refused_when_it_is_written(request_, param):
    with pytest.raises(Unsupported) as caught:
        GEMINI.write_request(request_)
    assert caught.value.param == param


# Round trips

texts = st.builds(Text, words)
pictures = st.builds(Image, data=base64, media_type=st.sampled_from(["image/png", "image/webp"])) | st.builds(
    Image, url=words.map("https://x/".__add__), media_type=st.just("image/png")
)
own_thoughts = st.builds(Thinking, words | st.just(""), base64.map("gemini:".__add__))
uses = st.builds(ToolUse, ids, words, arguments)
gemini_turns = turns(
    some(texts | pictures, least=1),
    st.tuples(st.lists(own_thoughts | texts, min_size=1, max_size=3), some(uses)).map(
        lambda both: (*both[0], *both[1])
    ),
)


@settings(max_examples=150, deadline=None)
@given(
    request=st.builds(
        Request,
        model=st.sampled_from(["gemini-3-pro", "gemini-4"]),
        messages=gemini_turns,
        system=some(texts),
        tools=some(st.builds(Tool, ids, maybe(words), schemas), least=1),
        tool_choice=maybe(
            st.builds(ToolChoice, st.sampled_from(["auto", "none", "required"]))
            | st.builds(ToolChoice, st.just("tool"), ids)
        ),
        output_format=maybe(st.just(OutputFormat()) | st.builds(OutputFormat, schemas)),
        thinking=maybe(st.builds(ThinkingConfig, effort=maybe(st.sampled_from(["low", "medium", "high"])))),
        max_output_tokens=maybe(st.integers(1, 10_000_000)),
        stop=some(words),
        temperature=maybe(st.floats(0, 2)),
        top_p=ratios,
        top_k=maybe(st.integers(1, 9)),
        seed=maybe(st.integers(-9, 9)),
        n=st.integers(1, 128),
        include_usage=st.just(True),
    )
)
def test_a_request_survives(request):
    members = {"model": request.model, **json.loads(GEMINI.write_request(request))}
    assert GEMINI.read_request(members) == request


@settings(max_examples=100, deadline=None)
@given(content=some(texts), is_error=flags, arguments_=arguments)
def test_a_call_and_its_result_survive(content, is_error, arguments_):
    content = content[:1] if is_error else content
    messages = (
        Message("assistant", (ToolUse("t", "f", arguments_),)),
        Message("user", (ToolResult("t", content, is_error), Text("and?"))),
    )
    members = {"model": "m", **json.loads(GEMINI.write_request(Request("m", messages)))}
    assert GEMINI.read_request(members).messages == messages


@settings(max_examples=100, deadline=None)
@given(said=arguments)
def test_a_result_that_is_an_object_is_given_as_one(said):
    messages = (Message("assistant", (ToolUse("t", "f", "{}"),)), Message("user", (ToolResult("t", (Text(said),)),)))
    members = json.loads(GEMINI.write_request(Request("m", messages)))
    assert members["contents"][1]["parts"][0]["functionResponse"]["response"] == json.loads(said)
    assert GEMINI.read_request({"model": "m", **members}).messages == messages
