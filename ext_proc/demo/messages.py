"""The fake provider's side of Messages: a request's members in, the bytes of its answer out, in pieces."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ext_proc.demo.speech import Speech, prompt_of, speak

Members = dict[str, Any]


def answer(call: Members) -> Iterator[bytes]:
    speech = speak(prompt_of(call["messages"]), call.get("max_tokens"))
    if call.get("stream"):
        yield from _stream(call, speech)
        return
    whole = {
        **_head(call),
        "content": [{"type": "text", "text": speech.text}],
        "stop_reason": _reason(speech),
        "usage": _usage(speech, len(speech.tokens)),
    }
    yield json.dumps(whole).encode()


def refuse(message: str) -> bytes:
    error = {"type": "authentication_error", "message": message}
    return json.dumps({"type": "error", "error": error}).encode()


def _stream(call: Members, speech: Speech) -> Iterator[bytes]:
    yield _event("message_start", message={**_head(call), "usage": _usage(speech, 1)})
    yield _event("content_block_start", index=0, content_block={"type": "text", "text": ""})
    for token in speech.tokens:
        yield _event("content_block_delta", index=0, delta={"type": "text_delta", "text": token})
    yield _event("content_block_stop", index=0)
    end = {"stop_reason": _reason(speech), "stop_sequence": None}
    yield _event("message_delta", delta=end, usage={"output_tokens": len(speech.tokens)})
    yield _event("message_stop")


def _event(kind: str, **members: Any) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **members})}\n\n".encode()


def _head(call: Members) -> Members:
    head = {"id": "msg_demo", "type": "message", "role": "assistant", "model": call["model"]}
    return {**head, "content": [], "stop_reason": None, "stop_sequence": None}


def _usage(speech: Speech, output: int) -> Members:
    return {"input_tokens": speech.input_tokens, "output_tokens": output}


def _reason(speech: Speech) -> str:
    return "max_tokens" if speech.cut else "end_turn"
