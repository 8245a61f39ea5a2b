"""What a request becomes in the other API where the two do not say the same."""

from __future__ import annotations

from tests.apis.requests import HI, HI_BLOCKS, SCHEMA, chat, messages

# (what, Chat Completions, what it becomes in Messages)
TO_MESSAGES = {
    "max_tokens is demanded": (
        {"model": "m", "messages": HI},
        {"model": "m", "messages": HI_BLOCKS, "max_tokens": 4096},
    ),
    "the old name of the limit": ({"model": "m", "messages": HI, "max_tokens": 7}, messages(max_tokens=7)),
    "a temperature above 1": (chat(temperature=1.7), messages(temperature=1.0)),
    "hints without a word": (chat(seed=1, n=1, logit_bias={}, verbosity="low", service_tier="flex"), messages()),
    "penalties": (chat(presence_penalty=1, frequency_penalty=-1), messages()),
    "the better tier where there is one": (chat(service_tier="priority"), messages(service_tier="auto")),
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
    "empty messages, which Messages refuses": (
        chat(messages=[*HI, {"role": "assistant", "content": ""}, {"role": "user", "content": " \n"}]),
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
    "a document, and what is said about it": (
        messages(
            messages=[
                {
                    "role": "user",
                    "content": [
                        {
                            "type": "document",
                            "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0="},
                            "title": "a.pdf",
                            "context": "Of old.",
                            "citations": {"enabled": True},
                        }
                    ],
                }
            ]
        ),
        chat(
            messages=[
                {
                    "role": "user",
                    "content": [
                        {"type": "text", "text": "Of old."},
                        {
                            "type": "file",
                            "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0="},
                        },
                    ],
                }
            ]
        ),
    ),
    "hints without a word": (messages(top_k=5, context_management={}), chat()),
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
