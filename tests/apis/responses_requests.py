"""Requests that say the same in Chat Completions and in Responses."""

from __future__ import annotations

from tests.apis.requests import CHAT_TOOL, HI, SCHEMA, chat

TOOL = {
    "type": "function",
    "name": "weather",
    "description": "Weather of a city",
    "parameters": SCHEMA,
    "strict": True,
}
SEALED = {"include": ["reasoning.encrypted_content"]}
FILE = {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0="}
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
    "log probabilities and a tier": (
        chat(logprobs=True, top_logprobs=2, service_tier="flex"),
        responses(include=["message.output_text.logprobs"], top_logprobs=2, service_tier="flex"),
    ),
    "log probabilities of what was thought about": (
        chat(logprobs=True, reasoning_effort="low"),
        responses(reasoning={"effort": "low"}, include=[*SEALED["include"], "message.output_text.logprobs"]),
    ),
    "a file": (
        chat(messages=[{"role": "user", "content": [{"type": "file", "file": FILE}, {"type": "text", "text": "see"}]}]),
        responses(
            input=[{"role": "user", "content": [{"type": "input_file", **FILE}, {"type": "input_text", "text": "see"}]}]
        ),
    ),
}
