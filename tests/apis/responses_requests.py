"""Requests of Responses, and what they become in the other APIs and are made of there."""

from __future__ import annotations

from tests.apis.requests import CHAT_TOOL, HI, HI_BLOCKS, SCHEMA, chat, messages

TOOL = {
    "type": "function",
    "name": "weather",
    "description": "Weather of a city",
    "parameters": SCHEMA,
    "strict": True,
}
SEALED = {"include": ["reasoning.encrypted_content"]}
PNG = "data:image/png;base64,AAAA"


def responses(**members):
    return {"model": "m", "input": HI, "max_output_tokens": 50_000, "store": False, **members}


def items(*others):
    return responses(input=[*HI, *others])


def call(id_, name, arguments):
    return {"type": "function_call", "call_id": id_, "name": name, "arguments": arguments}


def output(id_, content):
    return {"type": "function_call_output", "call_id": id_, "output": content}


def said(*texts):
    return {"role": "assistant", "content": [{"type": "output_text", "text": text} for text in texts]}


def thought(sealed, *summary):
    shown = [{"type": "summary_text", "text": text} for text in summary]
    return {"type": "reasoning", "summary": shown, "encrypted_content": sealed}


# Bodies that say the same in Chat Completions and in Responses: each is what the other is written as.
SAME = {
    "a text": (chat(), responses()),
    "settings": (chat(temperature=0.5, top_p=0.9, user="u1"), responses(temperature=0.5, top_p=0.9, user="u1")),
    "a stream": (chat(stream=True, stream_options={"include_usage": True}), responses(stream=True)),
    "a system prompt": (
        chat(messages=[{"role": "system", "content": "be kind"}, *HI]),
        responses(instructions="be kind"),
    ),
    "two system prompts": (
        chat(
            messages=[
                {"role": "system", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
                *HI,
            ]
        ),
        responses(
            input=[
                {
                    "role": "system",
                    "content": [{"type": "input_text", "text": "a"}, {"type": "input_text", "text": "b"}],
                },
                *HI,
            ]
        ),
    ),
    "images": (
        chat(
            messages=[
                {
                    "role": "user",
                    "content": [
                        {"type": "text", "text": "see"},
                        {"type": "image_url", "image_url": {"url": "https://x/y.png", "detail": "low"}},
                        {"type": "image_url", "image_url": {"url": PNG}},
                    ],
                }
            ]
        ),
        responses(
            input=[
                {
                    "role": "user",
                    "content": [
                        {"type": "input_text", "text": "see"},
                        {"type": "input_image", "image_url": "https://x/y.png", "detail": "low"},
                        {"type": "input_image", "image_url": PNG},
                    ],
                }
            ]
        ),
    ),
    "tools": (chat(tools=[CHAT_TOOL]), responses(tools=[TOOL])),
    "a tool of choice, one at a time": (
        chat(
            tools=[CHAT_TOOL],
            tool_choice={"type": "function", "function": {"name": "weather"}},
            parallel_tool_calls=False,
        ),
        responses(tools=[TOOL], tool_choice={"type": "function", "name": "weather"}, parallel_tool_calls=False),
    ),
    "some tool": (chat(tools=[CHAT_TOOL], tool_choice="required"), responses(tools=[TOOL], tool_choice="required")),
    "no tool": (chat(tools=[CHAT_TOOL], tool_choice="none"), responses(tools=[TOOL], tool_choice="none")),
    "parallel tool use": (
        chat(
            messages=[
                *HI,
                {
                    "role": "assistant",
                    "content": "let me see",
                    "tool_calls": [
                        {"id": "t1", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}},
                        {"id": "t2", "type": "function", "function": {"name": "g", "arguments": "{}"}},
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
        items(
            said("let me see"),
            call("t1", "f", '{"a":1}'),
            call("t2", "g", "{}"),
            output("t1", "sun"),
            output("t2", [{"type": "input_text", "text": "a"}, {"type": "input_text", "text": "b"}]),
            {"role": "user", "content": "and?"},
        ),
    ),
    "an effort": (chat(reasoning_effort="high"), responses(reasoning={"effort": "high"}, **SEALED)),
    "no thinking": (chat(reasoning_effort="none"), responses(reasoning={"effort": "none"})),
    "a schema": (
        chat(response_format={"type": "json_schema", "json_schema": {"name": "n", "schema": SCHEMA, "strict": True}}),
        responses(text={"format": {"type": "json_schema", "name": "n", "schema": SCHEMA, "strict": True}}),
    ),
    "JSON without a schema": (
        chat(response_format={"type": "json_object"}),
        responses(text={"format": {"type": "json_object"}}),
    ),
}


def assistant(*blocks):
    return messages(messages=[*HI_BLOCKS, {"role": "assistant", "content": list(blocks)}])


TEXT = {"type": "text", "text": "b"}
PICTURE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}}
RESULT = {"type": "tool_result", "tool_use_id": "t", "content": [{"type": "text", "text": "see"}, PICTURE]}

# (what, the source's name and body, what it becomes in Responses)
TO_RESPONSES = {
    "a tool is not strict unasked": (
        "chat_completions",
        chat(tools=[{"type": "function", "function": {"name": "now"}}]),
        responses(tools=[{"type": "function", "name": "now", "parameters": None, "strict": False}]),
    ),
    "a limit that is too low for OpenAI": (
        "chat_completions",
        chat(max_completion_tokens=5),
        responses(max_output_tokens=16),
    ),
    "no limit": ("chat_completions", {"model": "m", "messages": HI}, {"model": "m", "input": HI, "store": False}),
    "hints without a word": ("chat_completions", chat(seed=1, n=1, logit_bias={}, store=True), responses()),
    "a choice without tools": ("chat_completions", chat(tool_choice="auto"), responses()),
    "a system prompt alone": (
        "chat_completions",
        chat(messages=[{"role": "system", "content": "a"}]),
        responses(input=[{"role": "system", "content": "a"}]),
    ),
    "a refusal of before": (
        "chat_completions",
        chat(messages=[*HI, {"role": "assistant", "content": "a", "refusal": "no"}]),
        items(
            {
                "role": "assistant",
                "content": [{"type": "output_text", "text": "a"}, {"type": "refusal", "refusal": "no"}],
            }
        ),
    ),
    "a budget": (
        "messages",
        messages(thinking={"type": "enabled", "budget_tokens": 8000}),
        responses(reasoning={"effort": "medium"}, **SEALED),
    ),
    "thinking as the model likes": ("messages", messages(thinking={"type": "adaptive"}), responses()),
    "a schema without a name": (
        "messages",
        messages(output_config={"format": {"type": "json_schema", "schema": SCHEMA}}),
        responses(text={"format": {"type": "json_schema", "name": "answer", "schema": SCHEMA}}),
    ),
    "signed thinking, in its place": (
        "messages",
        assistant(
            {"type": "thinking", "thinking": "a", "signature": "s"},
            TEXT,
            {"type": "thinking", "thinking": "", "signature": "t"},
            {"type": "tool_use", "id": "t", "name": "f", "input": {}},
        ),
        items(thought("s", "a"), said("b"), thought("t"), call("t", "f", "{}")),
    ),
    "thinking that would be refused": (
        "messages",
        assistant(
            {"type": "thinking", "thinking": "a", "signature": ""}, {"type": "redacted_thinking", "data": "d"}, TEXT
        ),
        items(said("b")),
    ),
    "an image that a tool returned": (
        "messages",
        messages(messages=[{"role": "user", "content": [TEXT, RESULT]}]),
        responses(
            input=[
                output("t", [{"type": "input_text", "text": "see"}, {"type": "input_image", "image_url": PNG}]),
                {"role": "user", "content": "b"},
            ]
        ),
    ),
}

# (what, Responses, the target's name, what it becomes there)
FROM_RESPONSES = {
    "a string": ({"model": "m", "input": "hi", "max_output_tokens": 50_000}, "chat_completions", chat()),
    "named messages with ids": (
        items(
            {"type": "message", "id": "msg_1", "status": "completed", **said("a", "b")},
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "and?"}]},
        ),
        "chat_completions",
        chat(
            messages=[
                *HI,
                {"role": "assistant", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
                {"role": "user", "content": "and?"},
            ]
        ),
    ),
    "developer messages and instructions": (
        responses(instructions="a", input=[{"role": "developer", "content": "b"}, *HI]),
        "chat_completions",
        chat(
            messages=[
                {"role": "system", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
                *HI,
            ]
        ),
    ),
    "hints without a word": (
        responses(
            store=True,
            metadata={"a": "b"},
            truncation="auto",
            prompt_cache_key="k",
            include=["web_search_call.results"],
            reasoning={"summary": "auto"},
            text={"verbosity": "low", "format": {"type": "text"}},
            background=False,
            previous_response_id=None,
            service_tier="auto",
            max_tool_calls=3,
            stream_options={"include_obfuscation": False},
        ),
        "chat_completions",
        chat(),
    ),
    "who asks, by the new name": (responses(safety_identifier="u"), "chat_completions", chat(user="u")),
    "cache points": (
        responses(
            input=[
                {
                    "role": "user",
                    "content": [{"type": "input_text", "text": "hi", "prompt_cache_breakpoint": {"mode": "explicit"}}],
                }
            ]
        ),
        "messages",
        messages(
            messages=[
                {"role": "user", "content": [{"type": "text", "text": "hi", "cache_control": {"type": "ephemeral"}}]}
            ]
        ),
    ),
    "thinking signed elsewhere": (
        items({"id": "rs_1", **thought("s", "a")}, thought("redacted_thinking:d"), said("b"), call("t", "f", "{}")),
        "messages",
        assistant(
            {"type": "thinking", "thinking": "a", "signature": "s"},
            {"type": "redacted_thinking", "data": "d"},
            TEXT,
            {"type": "tool_use", "id": "t", "name": "f", "input": {}},
        ),
    ),
    "thinking of which only an id is left": (
        items({"id": "rs_1", "type": "reasoning", "summary": []}, said("b")),
        "messages",
        assistant(TEXT),
    ),
    "thinking as it is goes before its summary": (
        items(
            {
                "type": "reasoning",
                "summary": [{"type": "summary_text", "text": "s"}],
                "content": [{"type": "reasoning_text", "text": "a"}, {"type": "reasoning_text", "text": "b"}],
            },
            said("c"),
        ),
        "chat_completions",
        chat(messages=[*HI, {"role": "assistant", "content": "c", "reasoning_content": "a\n\nb"}]),
    ),
    "an image that a tool returned": (
        responses(
            input=[
                output("t", [{"type": "input_text", "text": "see"}, {"type": "input_image", "image_url": PNG}]),
                {"role": "user", "content": "b"},
            ]
        ),
        "messages",
        messages(messages=[{"role": "user", "content": [RESULT, TEXT]}]),
    ),
}
