"""What a client asks in Cohere's Chat is asked in Chat Completions and Messages, and theirs in it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from ext_proc.apis import APIS
from ext_proc.apis.api import Outline
from ext_proc.chat import Audio, Document, Message, OutputFormat, Request, Text, Thinking, ThinkingConfig
from ext_proc.errors import Malformed, Unsupported
from tests.apis.cohere_examples import COHERE_REQUEST
from tests.apis.requests import CHAT_TOOL, HI, SCHEMA, chat, messages

COHERE, CHAT, MESSAGES = APIS["cohere_chat"], APIS["chat_completions"], APIS["messages"]
TOOL = {
    "type": "function",
    "function": {key: CHAT_TOOL["function"][key] for key in ("name", "description", "parameters")},
}
CALLS = [{"id": "t1", "type": "function", "function": {"name": "weather", "arguments": '{"city":"Rome"}'}}]


def cohere(**members):
    return {"model": "m", "messages": HI, "max_tokens": 50_000, **members}


def rewritten(body, source, target):
    return json.loads(target.write_request(source.read_request(body)))


SAME = {
    "a text": (chat(), cohere()),
    "settings": (
        chat(temperature=0.5, top_p=0.9, stop=["a"], seed=7, presence_penalty=0.5, frequency_penalty=0.5, top_k=9),
        cohere(temperature=0.5, p=0.9, stop_sequences=["a"], seed=7, presence_penalty=0.5, frequency_penalty=0.5, k=9),
    ),
    "a system prompt": (
        chat(messages=[{"role": "system", "content": "be kind"}, *HI]),
        cohere(messages=[{"role": "system", "content": "be kind"}, *HI]),
    ),
    "tools of which one must be called": (
        chat(tools=[CHAT_TOOL], tool_choice="required"),
        cohere(tools=[TOOL], strict_tools=True, tool_choice="REQUIRED"),
    ),
    "no tool": (
        chat(tools=[CHAT_TOOL], tool_choice="none"),
        cohere(tools=[TOOL], strict_tools=True, tool_choice="NONE"),
    ),
    "a turn with tools": (
        chat(
            messages=[
                *HI,
                {"role": "assistant", "content": "let me see", "tool_calls": CALLS},
                {"role": "tool", "tool_call_id": "t1", "content": "sun"},
                {"role": "user", "content": "and?"},
            ]
        ),
        cohere(
            messages=[
                *HI,
                {"role": "assistant", "tool_plan": "let me see", "tool_calls": CALLS},
                {"role": "tool", "tool_call_id": "t1", "content": "sun"},
                {"role": "user", "content": "and?"},
            ]
        ),
    ),
    "images": (
        chat(messages=[{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://x/y.png"}}]}]),
        cohere(
            messages=[{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://x/y.png"}}]}]
        ),
    ),
    "JSON": (chat(response_format={"type": "json_object"}), cohere(response_format={"type": "json_object"})),
    "a stream": (chat(stream=True, stream_options={"include_usage": True}), cohere(stream=True)),
    "no thinking": (chat(reasoning_effort="none"), cohere(thinking={"type": "disabled"})),
    "log probabilities": (chat(logprobs=True), cohere(logprobs=True)),
}


@pytest.mark.parametrize(("in_chat", "in_cohere"), SAME.values(), ids=SAME)
def test_each_api_is_written_as_the_other_says_it(in_chat, in_cohere):
    written = rewritten(in_cohere, COHERE, CHAT)
    assert rewritten(in_chat, CHAT, COHERE) == in_cohere
    assert written == {key: value for key, value in in_chat.items() if key != "top_k"}
    assert rewritten(in_cohere, COHERE, COHERE) == in_cohere


TO_COHERE = {
    "sampling beyond what Cohere takes": (
        chat(top_p=1, presence_penalty=-2, frequency_penalty=2, top_k=900),
        cohere(p=0.99, presence_penalty=0.0, frequency_penalty=1.0, k=500),
    ),
    "hints without a word": (chat(user="u", n=1, service_tier="auto", logit_bias={}), cohere()),
    "a tool of choice is the only one": (
        chat(
            tools=[CHAT_TOOL, {"type": "function", "function": {"name": "now"}}],
            tool_choice={"type": "function", "function": {"name": "now"}},
            parallel_tool_calls=False,
        ),
        cohere(tools=[{"type": "function", "function": {"name": "now", "parameters": {}}}], tool_choice="REQUIRED"),
    ),
    "a schema": (
        chat(response_format={"type": "json_schema", "json_schema": {"name": "n", "schema": SCHEMA, "strict": True}}),
        cohere(response_format={"type": "json_object", "json_schema": SCHEMA}),
    ),
    "an effort": (chat(reasoning_effort="low"), cohere(thinking={"type": "enabled", "token_budget": 2048})),
    "thinking that nobody sealed": (
        chat(messages=[*HI, {"role": "assistant", "content": "b", "reasoning_content": "a"}]),
        cohere(
            messages=[
                *HI,
                {
                    "role": "assistant",
                    "content": [{"type": "thinking", "thinking": "a"}, {"type": "text", "text": "b"}],
                },
            ]
        ),
    ),
}


@pytest.mark.parametrize(("body", "expected"), TO_COHERE.values(), ids=TO_COHERE)
def test_chat_completions_become_cohere_by_stated_rules(body, expected):
    assert rewritten(body, CHAT, COHERE) == expected


def test_the_image_that_a_tool_returned_follows_its_result():
    picture = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}}
    result = {"type": "tool_result", "tool_use_id": "t", "content": [{"type": "text", "text": "see"}, picture]}
    written = rewritten(messages(messages=[{"role": "user", "content": [result]}]), MESSAGES, COHERE)
    assert written["messages"] == [
        {"role": "tool", "tool_call_id": "t", "content": "see"},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "The image that tool call t returned:"},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
            ],
        },
    ]


def test_documents_stand_apart_and_tell_their_number():
    asked = (
        Document(text="a", name="n", context="c", citations=True),
        Document(data="Yg==", media_type="text/plain"),
        Text("which?"),
    )
    written = json.loads(COHERE.write_request(Request("m", (Message("user", asked),))))
    assert written["documents"] == [
        {"id": "doc:0", "data": {"text": "a", "title": "n", "context": "c"}},
        {"id": "doc:1", "data": {"text": "b"}},
    ]
    assert written["messages"] == [{"role": "user", "content": "which?"}]
    assert "citation_options" not in written


def test_documents_are_not_cited_for_who_did_not_ask():
    request = Request("m", (Message("user", (Document(text="a"), Text("which?"))),))
    assert json.loads(COHERE.write_request(request))["citation_options"] == {"mode": "OFF"}


DOCUMENTS = [
    ("a", Document(text="a", citations=True)),
    ({"data": {"text": "a"}}, Document(text="a", citations=True)),
    ({"id": "x", "data": {"snippet": "a"}}, Document(text="a", name="x", citations=True)),
    ({"data": {"content": "a", "title": "n"}}, Document(text="a", name="n", citations=True)),
    ({"id": "x", "data": {"text": "a", "price": 7}}, Document(text='{"text":"a","price":7}', name="x", citations=True)),
    ({"data": {"facts": [1]}}, Document(text='{"facts":[1]}', citations=True)),
]


@pytest.mark.parametrize(("given", "document"), DOCUMENTS)
def test_a_document_becomes_text_before_what_the_user_said_last(given, document):
    turns = [*HI, {"role": "assistant", "content": "yes"}, {"role": "user", "content": "which?"}]
    request = COHERE.read_request(cohere(messages=turns, documents=[given]))
    assert request.messages[-1] == Message("user", (document, Text("which?")))
    assert request.messages[0] == Message("user", (Text("hi"),))


def test_documents_without_anything_said_are_a_message_of_their_own():
    request = COHERE.read_request(cohere(messages=[{"role": "system", "content": "s"}], documents=["a"]))
    assert request.messages == (Message("user", (Document(text="a", citations=True),)),)


def test_a_wish_for_no_citations_is_kept():
    request = COHERE.read_request(cohere(documents=["a"], citation_options={"mode": "OFF"}))
    assert request.messages[0].content[0] == Document(text="a")


def test_seals_of_other_providers_survive_a_turn_and_never_reach_cohere():
    thoughts = [
        {"type": "thinking", "thinking": "a", "signature": "s"},
        {"type": "thinking", "thinking": "", "redacted": "d"},
        {"type": "text", "text": "b"},
    ]
    request = COHERE.read_request(cohere(messages=[*HI, {"role": "assistant", "content": thoughts}]))
    assert request.messages[1].content[:2] == (Thinking("a", "s"), Thinking(redacted="d"))
    assert json.loads(COHERE.write_request(request))["messages"][1] == {"role": "assistant", "content": "b"}


UNSUPPORTED = [
    ({"messages": [{"role": "user", "content": [{"type": "audio"}]}]}, "messages[0].content[0].type"),
    ({"tools": [{"type": "web_search"}]}, "tools[0].type"),
]
MISTAKES = [
    ({"model": ""}, "model"),
    ({"messages": [{"role": "bot"}]}, "messages[0].role"),
    ({"messages": [{"role": "tool", "content": "x"}]}, "messages[0].tool_call_id"),
    ({"messages": [{"role": "assistant", "tool_calls": [{"id": "c"}]}]}, "messages[0].tool_calls[0].function"),
    ({"documents": [7]}, "documents[0]"),
    ({"documents": [{"data": "x"}]}, "documents[0].data"),
    ({"citation_options": {"mode": "SOME"}}, "citation_options.mode"),
    ({"citation_options": {"mode": 7}}, "citation_options.mode"),
    ({"tool_choice": "auto"}, "tool_choice"),
    ({"response_format": {"type": "xml"}}, "response_format.type"),
    ({"thinking": {"type": "some"}}, "thinking.type"),
    ({"stop_sequences": [7]}, "stop_sequences[0]"),
    ({"logprobs": 3}, "logprobs"),
    ({"max_tokens": 0}, "max_tokens"),
]


@pytest.mark.parametrize(("members", "param"), UNSUPPORTED)
def test_what_nobody_else_can_do_is_refused_by_name(members, param):
    with pytest.raises(Unsupported) as caught:
        COHERE.read_request(cohere(**members))
    assert caught.value.param == param


@pytest.mark.parametrize(("members", "param"), MISTAKES)
def test_a_mistake_is_refused_and_its_member_named(members, param):
    with pytest.raises(Malformed) as caught:
        COHERE.read_request(cohere(**members))
    assert caught.value.param == param


ASKED = Request("m", (Message("user", (Text("hi"),)),))
UNSAYABLE = [
    (replace(ASKED, n=2), "n"),
    (replace(ASKED, logprobs=True, top_logprobs=3), "top_logprobs"),
    (replace(ASKED, messages=(Message("user", (Audio("AAAA", "audio/wav"),)),)), "messages[0].content"),
    (replace(ASKED, messages=(Message("user", (Document(url="https://x/y.pdf"),)),)), "messages[0].content[0]"),
    (
        replace(ASKED, messages=(Message("user", (Document(data="A", media_type="application/pdf"),)),)),
        "messages[0].content[0]",
    ),
    (replace(ASKED, messages=(Message("assistant", (Document(text="a"),)),)), "messages[0].content"),
]


@pytest.mark.parametrize(("request_", "param"), UNSAYABLE)
def test_what_cohere_cannot_be_told_is_refused_by_name(request_, param):
    with pytest.raises(Unsupported) as caught:
        COHERE.write_request(request_)
    assert caught.value.param == param


def test_everything_else_that_is_said_is_kept():
    request = COHERE.read_request(COHERE_REQUEST)
    assert request.unread == {"safety_mode": "STRICT"}
    assert (request.thinking, request.output_format) == (
        ThinkingConfig(budget_tokens=100),
        OutputFormat({"type": "object"}),
    )
    assert (request.top_k, request.top_p, request.logprobs) == (5, 0.5, True)


def test_an_outline_tells_what_the_edge_must_know():
    assert COHERE.outline(COHERE_REQUEST) == Outline(
        "m", stream=True, include_usage=True, max_output_tokens=10, images=1, image_bytes=26, tools=True
    )


CAPS = [({}, {"max_tokens": 100}), ({"max_tokens": 50}, {}), ({"max_tokens": 500}, {"max_tokens": 100})]


@pytest.mark.parametrize(("members", "changes"), CAPS)
def test_output_is_capped_with_as_few_changes_as_can_be(members, changes):
    assert COHERE.limit_output(members, 100) == changes
    assert COHERE.ask_usage({"stream": True}) == {}


def test_a_tool_that_cohere_would_run_itself_has_no_bound():
    assert COHERE.outline({**cohere(), "tools": [{"type": "web_search"}]}).outside == "tools"
