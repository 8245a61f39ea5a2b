"""A request, an answer and events with most of what Cohere's Chat can say."""

from __future__ import annotations

SOURCE = {"type": "document", "id": "doc:0", "document": {"id": "doc:0", "text": "t", "title": "n"}}
CITATION = {"start": 0, "end": 2, "text": "hi", "sources": [SOURCE], "content_index": 1, "type": "TEXT_CONTENT"}
CALL = {"id": "c0", "type": "function", "function": {"name": "f", "arguments": "{}"}}
USAGE = {
    "billed_units": {"input_tokens": 5, "output_tokens": 3},
    "tokens": {"input_tokens": 70, "output_tokens": 3},
    "cached_tokens": 2,
}

COHERE_REQUEST = {
    "model": "m",
    "stream": True,
    "messages": [
        {"role": "system", "content": "s"},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "t"},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA", "detail": "low"}},
            ],
        },
        {
            "role": "assistant",
            "tool_plan": "p",
            "content": [{"type": "thinking", "thinking": "a"}],
            "tool_calls": [CALL],
            "citations": [CITATION],
        },
        {
            "role": "tool",
            "tool_call_id": "c0",
            "content": [{"type": "document", "document": {"id": "d", "data": {"text": "r"}}}],
        },
        {"role": "assistant", "content": [{"type": "text", "text": "hi"}]},
        {"role": "user", "content": "u"},
    ],
    "documents": ["d", {"id": "x", "data": {"snippet": "e", "title": "n"}}],
    "citation_options": {"mode": "FAST"},
    "tools": [{"type": "function", "function": {"name": "f", "description": "d", "parameters": {}}}],
    "strict_tools": True,
    "tool_choice": "REQUIRED",
    "response_format": {"type": "json_object", "json_schema": {"type": "object"}},
    "thinking": {"type": "enabled", "token_budget": 100},
    "max_tokens": 10,
    "stop_sequences": ["a"],
    "temperature": 0.3,
    "p": 0.5,
    "k": 5,
    "seed": 7,
    "presence_penalty": 0.1,
    "frequency_penalty": 0.2,
    "logprobs": True,
    "safety_mode": "STRICT",
}
COHERE_ANSWER = {
    "id": "i",
    "finish_reason": "TOOL_CALL",
    "message": {
        "role": "assistant",
        "tool_plan": "p",
        "content": [{"type": "thinking", "thinking": "a"}, {"type": "text", "text": "hi"}],
        "tool_calls": [CALL],
        "citations": [CITATION],
    },
    "usage": USAGE,
    "logprobs": [{"text": "hi", "token_ids": [1, 2], "logprobs": [-0.5, -0.25]}],
}


def event(type_, message=None, **members):
    return {"type": type_, **({} if message is None else {"delta": {"message": message}}), **members}


COHERE_EVENTS = [
    event("message-start", {"role": "assistant"}, id="i"),
    event("content-start", {"content": {"type": "text", "text": ""}}, index=0),
    event(
        "content-delta",
        {"content": {"text": "hi", "thinking": "a"}},
        index=0,
        logprobs={"text": "hi", "token_ids": [1], "logprobs": [-0.5]},
    ),
    event("tool-plan-delta", {"tool_plan": "p"}),
    event("tool-call-start", {"tool_calls": CALL}, index=0),
    event("tool-call-delta", {"tool_calls": {"function": {"arguments": "{}"}}}, index=0),
    event("citation-start", {"citations": CITATION}, index=0),
    {"type": "message-end", "delta": {"finish_reason": "ERROR", "error": "e", "usage": USAGE}},
]
