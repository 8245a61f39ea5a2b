"""The provider's answers as bytes, in Chat Completions and in Messages: so many tokens, with or without usage."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

WORD = " tolls"
HEADERS = {
    "chat": {"id": "chatcmpl-run", "created": 1_760_000_000, "system_fingerprint": "fp_of_the_fault_run"},
    "messages": {"id": "msg_run", "type": "message", "role": "assistant", "stop_sequence": None},
}


@dataclass(frozen=True, slots=True)
class Told:
    """What an answer tells. `output` None of a usage that is not told."""

    api: str
    model: str
    input: int
    output: int
    usage: bool


def whole(told: Told) -> bytes:
    text, usage = WORD * told.output, _usage(told, told.output)
    if told.api == "messages":
        content = {"content": [{"type": "text", "text": text}], "stop_reason": "end_turn"}
        return json.dumps({**HEADERS["messages"], "model": told.model, **content, **usage}).encode()
    message = {"role": "assistant", "content": text, "refusal": None}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    head = {**HEADERS["chat"], "object": "chat.completion", "model": told.model}
    return json.dumps({**head, "choices": [choice], **usage}).encode()


def begin(told: Told) -> bytes:
    if told.api == "messages":
        message = {**HEADERS["messages"], "model": told.model, "content": [], "stop_reason": None, **_usage(told, 1)}
        block = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
        return _sse({"type": "message_start", "message": message}) + _sse(block)
    return _chunk(told, {"role": "assistant", "content": ""})


def token(told: Told) -> bytes:
    if told.api == "messages":
        delta = {"type": "text_delta", "text": WORD}
        return _sse({"type": "content_block_delta", "index": 0, "delta": delta})
    return _chunk(told, {"content": WORD})


def end(told: Told) -> bytes:
    usage = _usage(told, told.output)
    if told.api == "messages":
        delta = {"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": None}}
        stops = _sse({"type": "content_block_stop", "index": 0})
        return stops + _sse(delta | usage) + _sse({"type": "message_stop"})
    last = _chunk(told, {}, "stop")
    return last + (_chunk(told, None, **usage) if usage else b"") + b"data: [DONE]\n\n"


def error(api: str, status: int) -> bytes:
    kind = "rate_limit_error" if status == 429 else "api_error"
    told = {"type": kind, "message": "not now"}
    return json.dumps({"type": "error", "error": told} if api == "messages" else {"error": told}).encode()


def _chunk(told: Told, delta: dict[str, Any] | None, stop: str | None = None, **more: Any) -> bytes:
    choices = [] if delta is None else [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": stop}]
    head = {**HEADERS["chat"], "object": "chat.completion.chunk", "model": told.model}
    return f"data: {json.dumps({**head, 'choices': choices, **more})}\n\n".encode()


def _sse(event: dict[str, Any]) -> bytes:
    return f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()


def _usage(told: Told, output: int) -> dict[str, Any]:
    if not told.usage:
        return {}
    if told.api == "messages":
        return {"usage": {"input_tokens": told.input, "output_tokens": output}}
    total = told.input + output
    return {"usage": {"prompt_tokens": told.input, "completion_tokens": output, "total_tokens": total}}
