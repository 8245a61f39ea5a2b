"""What a client asks in one API is asked in the other, and what cannot be is refused by name."""

from __future__ import annotations

import json

import pytest

from ext_proc.apis import APIS
from ext_proc.chat import Image, Message, Request, Text, ThinkingConfig, ToolUse
from ext_proc.errors import Malformed, Unsupported

CHAT, MESSAGES = APIS["chat_completions"], APIS["messages"]

HI = [{"role": "user", "content": "hi"}]
HI_BLOCKS = [{"role": "user", "content": [{"type": "text", "text": "hi"}]}]
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
CHAT_TOOL = {
    "type": "function",
    "function": {"name": "weather", "description": "Weather of a city", "parameters": SCHEMA, "strict": True},
}
MESSAGES_TOOL = {"name": "weather", "description": "Weather of a city", "input_schema": SCHEMA, "strict": True}


def chat(**members):
    return {"model": "m", "messages": HI, "max_completion_tokens": 50_000, **members}


def messages(**members):
    return {"model": "m", "messages": HI_BLOCKS, "max_tokens": 50_000, **members}


# Bodies that say the same: each is what the other is written as, and what itself is read and written as.
SAME = {
    "a text": (chat(), messages()),
    "settings": (
        chat(temperature=0.5, top_p=0.9, stop=["a", "b"], user="u1"),
        messages(temperature=0.5, top_p=0.9, stop_sequences=["a", "b"], metadata={"user_id": "u1"}),
    ),
    "a stream": (chat(stream=True, stream_options={"include_usage": True}), messages(stream=True)),
    "a system prompt": (chat(messages=[{"role": "system", "content": "be kind"}, *HI]), messages(system="be kind")),
    "two system prompts": (
        chat(
            messages=[
                {"role": "system", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
                *HI,
            ]
        ),
        messages(system=[{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]),
    ),
    "images": (
        chat(
            messages=[
                {
                    "role": "user",
                    "content": [
                        {"type": "text", "text": "see"},
                        {"type": "image_url", "image_url": {"url": "https://x/y.png"}},
                        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
                    ],
                }
            ]
        ),
        messages(
            messages=[
                {
                    "role": "user",
                    "content": [
                        {"type": "text", "text": "see"},
                        {"type": "image", "source": {"type": "url", "url": "https://x/y.png"}},
                        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}},
                    ],
                }
            ]
        ),
    ),
    "tools": (chat(tools=[CHAT_TOOL]), messages(tools=[MESSAGES_TOOL])),
    "a tool of choice, one at a time": (
        chat(
            tools=[CHAT_TOOL],
            tool_choice={"type": "function", "function": {"name": "weather"}},
            parallel_tool_calls=False,
        ),
        messages(
            tools=[MESSAGES_TOOL], tool_choice={"type": "tool", "name": "weather", "disable_parallel_tool_use": True}
        ),
    ),
    "some tool": (
        chat(tools=[CHAT_TOOL], tool_choice="required", parallel_tool_calls=True),
        messages(tools=[MESSAGES_TOOL], tool_choice={"type": "any", "disable_parallel_tool_use": False}),
    ),
    "no tool": (
        chat(tools=[CHAT_TOOL], tool_choice="none"),
        messages(tools=[MESSAGES_TOOL], tool_choice={"type": "none"}),
    ),
    "parallel tool use": (
        chat(
            messages=[
                *HI,
                {
                    "role": "assistant",
                    "content": "let me see",
                    "tool_calls": [
                        {
                            "id": "t1",
                            "type": "function",
                            "function": {"name": "weather", "arguments": '{"city":"Rome"}'},
                        },
                        {"id": "t2", "type": "function", "function": {"name": "weather", "arguments": "{}"}},
                    ],
                },
                {"role": "tool", "tool_call_id": "t1", "content": "sun"},
                {
                    "role": "tool",
                    "tool_call_id": "t2",
                    "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}],
                },
                {"role": "user", "content": "and?"},
            ]
        ),
        messages(
            messages=[
                *HI_BLOCKS,
                {
                    "role": "assistant",
                    "content": [
                        {"type": "text", "text": "let me see"},
                        {"type": "tool_use", "id": "t1", "name": "weather", "input": {"city": "Rome"}},
                        {"type": "tool_use", "id": "t2", "name": "weather", "input": {}},
                    ],
                },
                {
                    "role": "user",
                    "content": [
                        {"type": "tool_result", "tool_use_id": "t1", "content": "sun"},
                        {
                            "type": "tool_result",
                            "tool_use_id": "t2",
                            "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}],
                        },
                        {"type": "text", "text": "and?"},
                    ],
                },
            ]
        ),
    ),
    "an effort": (
        chat(reasoning_effort="high"),
        messages(thinking={"type": "adaptive"}, output_config={"effort": "high"}),
    ),
    "no thinking": (chat(reasoning_effort="none"), messages(thinking={"type": "disabled"})),
}


def rewritten(body, source, target):
    return json.loads(target.write_request(source.read_request(body)))


@pytest.mark.parametrize(("in_chat", "in_messages"), SAME.values(), ids=SAME)
def test_each_api_is_written_as_the_other_says_it(in_chat, in_messages):
    assert rewritten(in_chat, CHAT, MESSAGES) == in_messages
    assert rewritten(in_messages, MESSAGES, CHAT) == in_chat
    assert rewritten(in_chat, CHAT, CHAT) == in_chat
    assert rewritten(in_messages, MESSAGES, MESSAGES) == in_messages


# (what, Chat Completions, what it becomes in Messages)
TO_MESSAGES = {
    "max_tokens is demanded": (
        {"model": "m", "messages": HI},
        {"model": "m", "messages": HI_BLOCKS, "max_tokens": 4096},
    ),
    "the old name of the limit": ({"model": "m", "messages": HI, "max_tokens": 7}, messages(max_tokens=7)),
    "a temperature above 1": (chat(temperature=1.7), messages(temperature=1.0)),
    "hints without a word": (chat(seed=1, n=1, logit_bias={}, verbosity="low", service_tier="auto"), messages()),
    "one stop sequence": (chat(stop="x"), messages(stop_sequences=["x"])),
    "developer and late system messages": (
        chat(messages=[{"role": "developer", "content": "a"}, *HI, {"role": "system", "content": "b"}]),
        messages(system=[{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]),
    ),
    "turns in a row": (
        chat(messages=[*HI, *HI, {"role": "assistant", "content": "a"}, {"role": "assistant", "content": "b"}, *HI]),
        messages(
            messages=[
                {"role": "user", "content": [{"type": "text", "text": "hi"}, {"type": "text", "text": "hi"}]},
                {"role": "assistant", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
                *HI_BLOCKS,
            ]
        ),
    ),
    "empty messages": (
        chat(messages=[*HI, {"role": "assistant", "content": ""}, {"role": "user", "content": []}]),
        messages(),
    ),
    "a tool without parameters": (
        chat(tools=[{"type": "function", "function": {"name": "now"}}]),
        messages(tools=[{"name": "now", "input_schema": {"type": "object"}}]),
    ),
    "a choice without tools": (chat(tool_choice="auto"), messages()),
    "a schema": (
        chat(response_format={"type": "json_schema", "json_schema": {"name": "n", "schema": SCHEMA, "strict": True}}),
        messages(output_config={"format": {"type": "json_schema", "schema": SCHEMA}}),
    ),
    "plain text": (chat(response_format={"type": "text"}), messages()),
    "JSON without a schema": (
        chat(response_format={"type": "json_object"}),
        messages(system="Answer with one valid JSON object and nothing else."),
    ),
    "cache points": (
        chat(
            messages=[
                {"role": "system", "content": [{"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}}]},
                {
                    "role": "user",
                    "content": [{"type": "text", "text": "hi", "prompt_cache_breakpoint": {"mode": "explicit"}}],
                },
            ]
        ),
        messages(
            system=[{"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}}],
            messages=[
                {"role": "user", "content": [{"type": "text", "text": "hi", "cache_control": {"type": "ephemeral"}}]}
            ],
        ),
    ),
    "signed thinking that the client sent back": (
        chat(
            messages=[
                *HI,
                {
                    "role": "assistant",
                    "content": "b",
                    "reasoning_content": "a",
                    "thinking_blocks": [
                        {"type": "thinking", "thinking": "a", "signature": "s", "index": 0},
                        {"type": "redacted_thinking", "data": "d", "index": 1},
                    ],
                },
                *HI,
            ]
        ),
        messages(
            messages=[
                *HI_BLOCKS,
                {
                    "role": "assistant",
                    "content": [
                        {"type": "thinking", "thinking": "a", "signature": "s"},
                        {"type": "redacted_thinking", "data": "d"},
                        {"type": "text", "text": "b"},
                    ],
                },
                *HI_BLOCKS,
            ]
        ),
    ),
    "unsigned thinking would be refused": (
        chat(messages=[*HI, {"role": "assistant", "content": "b", "reasoning_content": "a"}]),
        messages(messages=[*HI_BLOCKS, {"role": "assistant", "content": [{"type": "text", "text": "b"}]}]),
    ),
    "arguments that are no object": (
        chat(
            messages=[
                *HI,
                {
                    "role": "assistant",
                    "tool_calls": [
                        {"id": "a.b:1", "type": "function", "function": {"name": "f", "arguments": "{oops"}}
                    ],
                },
            ]
        ),
        messages(
            messages=[
                *HI_BLOCKS,
                {
                    "role": "assistant",
                    "content": [{"type": "tool_use", "id": "a_b_1", "name": "f", "input": {"invalid_json": "{oops"}}],
                },
            ]
        ),
    ),
    "a refusal of before": (
        chat(messages=[*HI, {"role": "assistant", "content": None, "refusal": "no"}]),
        messages(messages=[*HI_BLOCKS, {"role": "assistant", "content": [{"type": "text", "text": "no"}]}]),
    ),
}

PICTURED = {"type": "image", "source": {"type": "url", "url": "https://x/y.png"}}

# (what, Messages, what it becomes in Chat Completions)
TO_CHAT = {
    "hints without a word": (messages(top_k=5, service_tier="auto", container="c"), chat()),
    "a budget": (messages(thinking={"type": "enabled", "budget_tokens": 8000}), chat(reasoning_effort="medium")),
    "a small budget": (messages(thinking={"type": "enabled", "budget_tokens": 1024}), chat(reasoning_effort="low")),
    "a large budget": (messages(thinking={"type": "enabled", "budget_tokens": 31999}), chat(reasoning_effort="high")),
    "thinking as the model likes": (messages(thinking={"type": "adaptive"}), chat()),
    "an effort alone": (messages(output_config={"effort": "max"}), chat(reasoning_effort="max")),
    "a schema": (
        messages(output_config={"format": {"type": "json_schema", "schema": SCHEMA}}),
        chat(response_format={"type": "json_schema", "json_schema": {"name": "answer", "schema": SCHEMA}}),
    ),
    "a schema by its old name": (
        messages(output_format={"type": "json_schema", "schema": SCHEMA}),
        chat(response_format={"type": "json_schema", "json_schema": {"name": "answer", "schema": SCHEMA}}),
    ),
    "signed thinking is another provider's": (
        messages(
            messages=[
                {
                    "role": "assistant",
                    "content": [{"type": "thinking", "thinking": "a", "signature": "s"}, {"type": "text", "text": "b"}],
                }
            ]
        ),
        chat(messages=[{"role": "assistant", "content": "b"}]),
    ),
    "unsigned thinking goes back": (
        messages(
            messages=[
                {
                    "role": "assistant",
                    "content": [{"type": "thinking", "thinking": "a", "signature": ""}, {"type": "text", "text": "b"}],
                }
            ]
        ),
        chat(messages=[{"role": "assistant", "content": "b", "reasoning_content": "a"}]),
    ),
    "an image that a tool returned": (
        messages(
            messages=[
                {
                    "role": "user",
                    "content": [
                        {
                            "type": "tool_result",
                            "tool_use_id": "t",
                            "is_error": False,
                            "content": [{"type": "text", "text": "see"}, PICTURED],
                        }
                    ],
                }
            ]
        ),
        chat(
            messages=[
                {"role": "tool", "tool_call_id": "t", "content": "see"},
                {
                    "role": "user",
                    "content": [
                        {"type": "text", "text": "The image that tool call t returned:"},
                        {"type": "image_url", "image_url": {"url": "https://x/y.png"}},
                    ],
                },
            ]
        ),
    ),
    "results come before text": (
        messages(
            messages=[
                {
                    "role": "user",
                    "content": [{"type": "text", "text": "a"}, {"type": "tool_result", "tool_use_id": "t"}],
                }
            ]
        ),
        chat(messages=[{"role": "tool", "tool_call_id": "t", "content": ""}, {"role": "user", "content": "a"}]),
    ),
    "system in the middle": (
        messages(messages=[*HI_BLOCKS, {"role": "system", "content": "b"}], system="a"),
        chat(
            messages=[
                {"role": "system", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
                *HI,
            ]
        ),
    ),
}


@pytest.mark.parametrize(("body", "expected"), TO_MESSAGES.values(), ids=TO_MESSAGES)
def test_chat_completions_become_messages_by_stated_rules(body, expected):
    assert rewritten(body, CHAT, MESSAGES) == expected


@pytest.mark.parametrize(("body", "expected"), TO_CHAT.values(), ids=TO_CHAT)
def test_messages_become_chat_completions_by_stated_rules(body, expected):
    assert rewritten(body, MESSAGES, CHAT) == expected


LOOP = [
    *HI,
    {
        "role": "assistant",
        "tool_calls": [{"id": "t", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
    },
    {"role": "tool", "tool_call_id": "t", "content": ""},
]

# (model, effort, max_tokens or None, turns, thinking, max_tokens as written)
THINKING = [
    ("claude-sonnet-4-5-20250929", "high", None, HI, {"type": "enabled", "budget_tokens": 16384}, 20480),
    ("claude-sonnet-4-5-20250929", "high", 8000, HI, {"type": "enabled", "budget_tokens": 7999}, 8000),
    ("claude-sonnet-4-5-20250929", "low", 1025, HI, {"type": "enabled", "budget_tokens": 1024}, 1025),
    ("claude-sonnet-4-5-20250929", "low", 1024, HI, {"type": "disabled"}, 1024),
    (
        "anthropic.claude-3-7-sonnet-20250219-v1:0",
        "minimal",
        None,
        HI,
        {"type": "enabled", "budget_tokens": 1024},
        5120,
    ),
    ("claude-opus-4@20250514", "low", None, HI, {"type": "enabled", "budget_tokens": 2048}, 6144),
    ("claude-sonnet-4-5", "low", None, LOOP, {"type": "disabled"}, 6144),
    ("claude-opus-4-8", "minimal", 100, LOOP, {"type": "adaptive"}, 100),
    ("claude-sonnet-4.6", "high", 100, HI, {"type": "adaptive"}, 100),
    ("claude-sonnet-5", "high", 100, HI, {"type": "adaptive"}, 100),
]


@pytest.mark.parametrize(("model", "effort", "limit", "turns", "thinking", "max_tokens"), THINKING)
def test_an_effort_becomes_what_the_model_takes_for_thinking(model, effort, limit, turns, thinking, max_tokens):
    """A budget stays between 1024 and `max_tokens`; a tool loop whose thinking was lost goes on without."""
    body = {"model": model, "messages": turns, "reasoning_effort": effort, "max_tokens": limit}
    written = rewritten(body, CHAT, MESSAGES)
    assert (written["thinking"], written["max_tokens"]) == (thinking, max_tokens)


def test_a_thinking_model_is_not_sent_a_temperature_that_it_refuses():
    written = rewritten(chat(reasoning_effort="low", temperature=0.2), CHAT, MESSAGES)
    assert "temperature" not in written


def test_what_the_vocabulary_cannot_hold_is_kept_by_name():
    assert CHAT.read_request(chat(logit_bias={"1": 2}, store=None, x_new=[1])).unread == {
        "logit_bias": {"1": 2},
        "x_new": [1],
    }
    assert MESSAGES.read_request(messages(container="c", service_tier=None)).unread == {"container": "c"}


def user(part):
    return [{"role": "user", "content": [part]}]


# (api, members, the member that the error names)
UNSUPPORTED = [
    (CHAT, chat(messages=user({"type": "input_audio", "input_audio": {}})), "messages[0].content[0].type"),
    (CHAT, chat(messages=user({"type": "file", "file": {}})), "messages[0].content[0].type"),
    (CHAT, chat(messages=[{"role": "function", "name": "f", "content": ""}]), "messages[0].role"),
    (CHAT, chat(messages=[{"role": "assistant", "function_call": {}}]), "messages[0].function_call"),
    (CHAT, chat(messages=[{"role": "assistant", "audio": {}}]), "messages[0].audio"),
    (
        CHAT,
        chat(messages=[{"role": "assistant", "tool_calls": [{"type": "custom"}]}]),
        "messages[0].tool_calls[0].type",
    ),
    (CHAT, chat(tools=[{"type": "custom"}]), "tools[0].type"),
    (CHAT, chat(tool_choice={"type": "allowed_tools"}), "tool_choice.type"),
    (MESSAGES, messages(messages=user({"type": "document", "source": {}})), "messages[0].content[0].type"),
    (
        MESSAGES,
        messages(messages=user({"type": "image", "source": {"type": "file"}})),
        "messages[0].content[0].source.type",
    ),
    (
        MESSAGES,
        messages(messages=user({"type": "tool_result", "tool_use_id": "t", "content": [{"type": "document"}]})),
        "messages[0].content[0].content[0].type",
    ),
    (MESSAGES, messages(tools=[{"type": "web_search_20250305", "name": "web_search"}]), "tools[0].type"),
]

MALFORMED = [
    (CHAT, chat(messages=[7]), "messages[0]"),
    (CHAT, chat(messages=[{"role": "tool", "content": ""}]), "messages[0].tool_call_id"),
    (CHAT, chat(messages=[{"role": "wizard"}]), "messages[0].role"),
    (CHAT, chat(messages=[{"role": []}]), "messages[0].role"),
    (CHAT, chat(messages=[*HI, {"role": "user", "content": 7}]), "messages[1].content"),
    (CHAT, chat(messages=[{"role": "user"}]), "messages[0].content"),
    (CHAT, chat(messages=user({"type": "text", "text": None})), "messages[0].content[0].text"),
    (CHAT, chat(messages=user({"type": "image_url", "image_url": "https://x"})), "messages[0].content[0].image_url"),
    (CHAT, chat(messages=user({})), "messages[0].content[0].type"),
    (
        CHAT,
        chat(messages=[{"role": "assistant", "tool_calls": [{"id": "t", "function": {"name": "f"}}]}]),
        "messages[0].tool_calls[0].function.arguments",
    ),
    (CHAT, chat(tools={}), "tools"),
    (
        CHAT,
        chat(tools=[{"type": "function", "function": {"name": "f", "parameters": []}}]),
        "tools[0].function.parameters",
    ),
    (CHAT, chat(tool_choice="sometimes"), "tool_choice"),
    (CHAT, chat(tool_choice={"type": "function"}), "tool_choice.function"),
    (CHAT, chat(response_format={"type": "xml"}), "response_format.type"),
    (CHAT, chat(response_format={"type": "json_schema"}), "response_format.json_schema"),
    (CHAT, chat(reasoning_effort="very"), "reasoning_effort"),
    (CHAT, chat(temperature="hot"), "temperature"),
    (CHAT, chat(temperature=True), "temperature"),
    (CHAT, chat(stop=[1]), "stop[0]"),
    (CHAT, chat(user=1), "user"),
    (MESSAGES, messages(messages=[{"role": "tool", "content": ""}]), "messages[0].role"),
    (
        MESSAGES,
        messages(messages=user({"type": "tool_use", "id": "t", "name": "f", "input": "{}"})),
        "messages[0].content[0].input",
    ),
    (MESSAGES, messages(messages=user({"type": "thinking", "signature": "s"})), "messages[0].content[0].thinking"),
    (MESSAGES, messages(system=7), "system"),
    (MESSAGES, messages(system=[{"type": "text"}]), "system[0].text"),
    (MESSAGES, messages(tools=[{"name": "f"}]), "tools[0].input_schema"),
    (MESSAGES, messages(tool_choice={"type": "sometimes"}), "tool_choice.type"),
    (MESSAGES, messages(tool_choice={"type": "tool"}), "tool_choice.name"),
    (MESSAGES, messages(thinking={"type": "enabled"}), "thinking.budget_tokens"),
    (MESSAGES, messages(thinking={"type": "deep"}), "thinking.type"),
    (MESSAGES, messages(output_config={"effort": "minimal"}), "output_config.effort"),
    (MESSAGES, messages(output_config={"format": {"type": "json_object"}}), "output_config.format.type"),
    (MESSAGES, messages(metadata={"user_id": 1}), "metadata.user_id"),
    (MESSAGES, messages(stop_sequences="x"), "stop_sequences"),
]


@pytest.mark.parametrize(("api", "members", "param"), UNSUPPORTED)
def test_content_that_is_not_known_is_refused_and_named(api, members, param):
    with pytest.raises(Unsupported) as caught:
        api.read_request(members)
    assert caught.value.param == param


@pytest.mark.parametrize(("api", "members", "param"), MALFORMED)
def test_a_wrong_type_is_refused_and_named(api, members, param):
    with pytest.raises(Malformed) as caught:
        api.read_request(members)
    assert caught.value.param == param
    assert f"`{param}`" in caught.value.message


def test_no_error_repeats_what_the_prompt_said():
    for api, members, _ in MALFORMED:
        with pytest.raises(Malformed) as caught:
            api.read_request(members)
        assert not any(word in caught.value.message for word in ("wizard", "sometimes", "very", "deep", "xml", "hot"))


# (api, request, the member that the error names)
INEXPRESSIBLE = [
    (MESSAGES, Request("m", (Message("user", (Text("hi"),)),), n=2), "n"),
    (MESSAGES, Request("m", (), system=(Text("s"),)), "messages"),
    (CHAT, Request("m", (Message("assistant", (Image(url="https://x"),)),)), "messages[0].content"),
    (CHAT, Request("m", (Message("user", (ToolUse("t", "f", "{}"),)),)), "messages[0].content[0]"),
]


@pytest.mark.parametrize(("api", "request_", "param"), INEXPRESSIBLE)
def test_what_would_change_the_meaning_is_refused_when_it_is_written(api, request_, param):
    with pytest.raises(Unsupported) as caught:
        api.write_request(request_)
    assert caught.value.param == param


def test_numbers_and_depths_that_the_fast_writer_refuses_are_written_too():
    schema = {"maximum": 2**70}
    body = chat(tools=[{"type": "function", "function": {"name": "f", "parameters": schema}}])
    assert rewritten(body, CHAT, MESSAGES)["tools"][0]["input_schema"]["maximum"] == 2**70
    deep: dict[str, object] = {}
    for _ in range(400):
        deep = {"items": deep}
    assert CHAT.write_request(
        CHAT.read_request(chat(tools=[{"type": "function", "function": {"name": "f", "parameters": deep}}]))
    )


def test_thinking_is_off_only_when_the_client_said_so():
    assert CHAT.read_request(chat(reasoning_effort="none")).thinking == ThinkingConfig(enabled=False)
    assert CHAT.read_request(chat(reasoning_effort=None)).thinking is None
