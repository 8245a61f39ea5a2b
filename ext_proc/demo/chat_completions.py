"""The fake provider's side of Chat Completions: a request's members in, the bytes of its answer out, in pieces."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ext_proc.demo.speech import Speech, prompt_of, speak

Members = dict[str, Any]


def answer(call: Members) -> Iterator[bytes]:
    cap = call.get("max_completion_tokens") or call.get("max_tokens")
    speech = speak(prompt_of(call["messages"]), cap)
    if call.get("stream"):
        yield from _stream(call, speech)
        return
    message = {"role": "assistant", "content": speech.text, "refusal": None}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": _reason(speech)}
    whole = {**_head(call, "chat.completion"), "choices": [choice], "usage": _usage(speech)}
    yield json.dumps(whole).encode()


def refuse(message: str) -> bytes:
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": "invalid_api_key"}
    return json.dumps({"error": error}).encode()


def _stream(call: Members, speech: Speech) -> Iterator[bytes]:
    deltas: list[tuple[Members, str | None]] = [({"role": "assistant", "content": ""}, None)]
    deltas += [({"content": token}, None) for token in speech.tokens]
    for delta, reason in [*deltas, ({}, _reason(speech))]:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
        yield _event({**_head(call, "chat.completion.chunk"), "choices": [choice]})
    if (call.get("stream_options") or {}).get("include_usage"):
        yield _event({**_head(call, "chat.completion.chunk"), "choices": [], "usage": _usage(speech)})
    yield b"data: [DONE]\n\n"


def _event(members: Members) -> bytes:
    return f"data: {json.dumps(members)}\n\n".encode()


def _head(call: Members, kind: str) -> Members:
    return {"id": "chatcmpl-demo", "object": kind, "created": 1795600000, "model": call["model"]}


def _usage(speech: Speech) -> Members:
    counts = {"prompt_tokens": speech.input_tokens, "completion_tokens": len(speech.tokens)}
    return {**counts, "total_tokens": sum(counts.values())}


def _reason(speech: Speech) -> str:
    return "length" if speech.cut else "stop"
