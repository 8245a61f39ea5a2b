"""Requests that say the same in each API."""

from __future__ import annotations

HI = [{"role": "user", "content": "hi"}]
HI_BLOCKS = [{"role": "user", "content": [{"type": "text", "text": "hi"}]}]
SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
CHAT_TOOL = {
    "type": "function",
    "function": {"name": "weather", "description": "Weather of a city", "parameters": SCHEMA, "strict": True},
}
MESSAGES_TOOL = {"name": "weather", "description": "Weather of a city", "input_schema": SCHEMA, "strict": True}


PDF_BLOCK = {
    "type": "document",
    "source": {"type": "base64", "media_type": "application/pdf", "data": "AAAA"},
    "title": "a.pdf",
}


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
    "the standard tier": (chat(service_tier="default"), messages(service_tier="standard_only")),
    "whichever tier there is": (chat(service_tier="auto"), messages(service_tier="auto")),
    "a PDF": (
        chat(
            messages=[
                {
                    "role": "user",
                    "content": [
                        {
                            "type": "file",
                            "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,AAAA"},
                        }
                    ],
                }
            ]
        ),
        messages(messages=[{"role": "user", "content": [PDF_BLOCK]}]),
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
