"""What Cohere answers: its Chat as it documents it, whole and as events.

Spec: https://docs.cohere.com/reference/chat
"""

from __future__ import annotations

import json
from typing import Any

from tests.fakes import Received, Response
from tests.matrix.words import failed, word_of
from tests.sdks.scripts import SCENARIOS, USAGE, pieces, sse

STOPS = {"stop": "COMPLETE", "length": "MAX_TOKENS", "tool_calls": "TOOL_CALL"}
COUNTS = {
    "billed_units": {"input_tokens": USAGE["input"], "output_tokens": USAGE["output"]},
    "tokens": {"input_tokens": USAGE["input"] + 66, "output_tokens": USAGE["output"]},
    "cached_tokens": USAGE["cached"],
}


def cohere_answer(received: Received) -> Response:
    assert received.path == "/v2/chat", received.path
    body = received.json
    word = word_of(body["messages"][-1]["content"])
    if status := failed(word):
        error = json.dumps({"id": "e-1", "message": f"Cohere says {status}."}).encode()
        return Response([error], status=status, headers={"retry-after": "7"} if status == 429 else {})
    told = SCENARIOS.get(word, SCENARIOS["text"])
    if body.get("stream"):
        stop = {"finish_reason": "ERROR", "error": "It broke."} if word == "broken" else _stop(word, told)
        events = [sse(event, event["type"]) for event in _events(told, stop)]
        return Response([*events, b"data: [DONE]\n\n"], content_type="text/event-stream")
    message = {"role": "assistant", **_content(told)}
    whole = {"id": "co-1", "message": message, **_stop(word, told)}
    return Response([json.dumps(whole).encode()])


def _stop(word: str, told: dict[str, Any]) -> dict[str, Any]:
    return {"finish_reason": "ERROR_TOXIC" if word == "refused" else STOPS[told["stop"]], "usage": COUNTS}


def _content(told: dict[str, Any]) -> dict[str, Any]:
    """Before calls of tools the text is a plan."""
    thoughts = [{"type": "thinking", "thinking": told["thinking"]}] if "thinking" in told else []
    if "tools" in told:
        calls = {"tool_plan": told["text"], "tool_calls": [_call(*tool) for tool in told["tools"]]}
        return {"content": thoughts, **calls} if thoughts else calls
    return {"content": [*thoughts, {"type": "text", "text": told["text"]}]}


def _call(id_: str, name: str, arguments: str) -> dict[str, Any]:
    return {"id": id_, "type": "function", "function": {"name": name, "arguments": arguments}}


def _events(told: dict[str, Any], stop: dict[str, Any]) -> list[dict[str, Any]]:
    start = _event("message-start", {"role": "assistant", "content": [], "tool_plan": "", "tool_calls": []}, id="co-1")
    events = [start, *(_block(0, "thinking", told["thinking"]) if "thinking" in told else [])]
    if "tools" in told:
        events += [_event("tool-plan-delta", {"tool_plan": piece}) for piece in pieces(told["text"])]
        for at, (id_, name, arguments) in enumerate(told["tools"]):
            events.append(_event("tool-call-start", {"tool_calls": _call(id_, name, "")}, index=at))
            events += [
                _event("tool-call-delta", {"tool_calls": {"function": {"arguments": piece}}}, index=at)
                for piece in pieces(arguments)
            ]
            events.append({"type": "tool-call-end", "index": at})
    else:
        events += _block(int("thinking" in told), "text", told["text"])
    return [*events, {"type": "message-end", "id": "co-1", "delta": stop}]


def _block(index: int, kind: str, said: str) -> list[dict[str, Any]]:
    deltas = [_event("content-delta", {"content": {kind: piece}}, index=index) for piece in pieces(said)]
    begun = _event("content-start", {"content": {"type": kind, kind: ""}}, index=index)
    return [begun, *deltas, {"type": "content-end", "index": index}]


def _event(type_: str, message: dict[str, Any], **members: Any) -> dict[str, Any]:
    return {"type": type_, **members, "delta": {"message": message}}
