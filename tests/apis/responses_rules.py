"""What a request becomes in Responses, and from it, where two APIs do not say the same."""

from __future__ import annotations

from tests.apis.requests import HI, HI_BLOCKS, SCHEMA, chat, messages
from tests.apis.responses_requests import PNG, SEALED, call, items, output, responses, said, thought


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
    "thinking that a provider of Responses sealed, in its place": (
        "messages",
        assistant(
            {"type": "thinking", "thinking": "a", "signature": "responses:s"},
            TEXT,
            {"type": "thinking", "thinking": "", "signature": "responses:t"},
            {"type": "tool_use", "id": "t", "name": "f", "input": {}},
        ),
        items(thought("s", "a"), said("b"), thought("t"), call("t", "f", "{}")),
    ),
    "thinking that would be refused": (
        "messages",
        assistant(
            {"type": "thinking", "thinking": "a", "signature": ""},
            {"type": "thinking", "thinking": "a", "signature": "s"},
            {"type": "redacted_thinking", "data": "d"},
            TEXT,
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
        items(
            {"id": "rs_1", **thought("signature:s", "a")},
            thought("redacted_thinking:d"),
            said("b"),
            call("t", "f", "{}"),
        ),
        "messages",
        assistant(
            {"type": "thinking", "thinking": "a", "signature": "s"},
            {"type": "redacted_thinking", "data": "d"},
            TEXT,
            {"type": "tool_use", "id": "t", "name": "f", "input": {}},
        ),
    ),
    "thinking that only OpenAI can read": (
        items(thought("gAAAA", "a"), said("b")),
        "messages",
        assistant(TEXT),
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
