"""A request, an answer and events with most of what Responses can say, to be spoilt."""

from __future__ import annotations

THOUGHT = {
    "type": "reasoning",
    "summary": [{"type": "summary_text", "text": "a"}],
    "content": [{"type": "reasoning_text", "text": "a"}],
    "encrypted_content": "s",
}
CALL = {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}
RESPONSES_REQUEST = {
    "model": "m",
    "instructions": "s",
    "input": [
        {
            "role": "user",
            "content": [
                {"type": "input_text", "text": "t"},
                {"type": "input_image", "image_url": "https://x", "detail": "low"},
            ],
        },
        THOUGHT,
        {
            "type": "message",
            "role": "assistant",
            "content": [{"type": "output_text", "text": "t"}, {"type": "refusal", "refusal": "r"}],
        },
        CALL,
        {
            "type": "function_call_output",
            "call_id": "c",
            "output": [{"type": "input_image", "image_url": "data:image/png;base64,AAAA"}],
        },
        {"role": "developer", "content": "d"},
    ],
    "tools": [{"type": "function", "name": "f", "description": "d", "parameters": {}, "strict": True}],
    "tool_choice": {"type": "function", "name": "f"},
    "parallel_tool_calls": False,
    "reasoning": {"effort": "low", "summary": "auto"},
    "text": {"format": {"type": "json_schema", "name": "n", "schema": {}}},
    "include": ["reasoning.encrypted_content"],
    "max_output_tokens": 50,
    "background": False,
    "stream": True,
    "safety_identifier": "u",
}
RESPONSES_ANSWER = {
    "id": "i",
    "model": "m",
    "created_at": 1,
    "status": "completed",
    "incomplete_details": {"reason": "max_output_tokens"},
    "output": [
        THOUGHT,
        {"type": "reasoning", "summary": [], "encrypted_content": "redacted_thinking:d"},
        {
            "type": "message",
            "content": [{"type": "output_text", "text": "t"}, {"type": "refusal", "refusal": "r"}],
        },
        CALL,
    ],
    "usage": {
        "input_tokens": 1,
        "input_tokens_details": {"cached_tokens": 1},
        "output_tokens": 1,
        "output_tokens_details": {"reasoning_tokens": 1},
    },
}
RESPONSES_EVENTS = [
    {"type": "response.created", "response": RESPONSES_ANSWER},
    {"type": "response.completed", "response": RESPONSES_ANSWER},
    {"type": "response.failed", "response": {**RESPONSES_ANSWER, "error": {"code": "c", "message": "m"}}},
    *[
        {"type": f"response.output_item.{word}", "output_index": index, "item": item}
        for word in ("added", "done")
        for index, item in enumerate(RESPONSES_ANSWER["output"])
    ],
    *[
        {"type": f"response.{kind}.delta", "output_index": index, "delta": "{}"}
        for index, kind in enumerate(
            ["reasoning_summary_text", "reasoning_text", "output_text", "function_call_arguments", "refusal"]
        )
    ],
    {"type": "response.reasoning_summary_part.added", "output_index": 0, "part": {}},
]
