"""What OpenAI's Responses answers, whole and as events.

Spec: https://platform.openai.com/docs/api-reference/responses
"""

from __future__ import annotations

import json
from typing import Any

from tests.fakes import Received, Response
from tests.matrix.words import failed, openai_error, word_of
from tests.sdks.scripts import SCENARIOS, USAGE, pieces, sse

COUNTS = {
    "input_tokens": USAGE["input"],
    "input_tokens_details": {"cached_tokens": USAGE["cached"]},
    "output_tokens": USAGE["output"],
    "output_tokens_details": {"reasoning_tokens": USAGE["reasoning"]},
    "total_tokens": USAGE["input"] + USAGE["output"],
}
BREAK = {"code": "server_error", "message": "It broke."}
Events = list[tuple[str, dict[str, Any]]]


def responses_answer(received: Received) -> Response:
    assert received.path == "/v1/responses", received.path
    body = received.json
    said = body["input"]
    word = word_of(said if isinstance(said, str) else said[-1].get("content", ""))
    if status := failed(word):
        return openai_error(status)
    told = SCENARIOS.get(word, SCENARIOS["text"])
    items = _refused() if word == "refused" else _items(told)
    if not body.get("stream"):
        return Response([json.dumps(_response(body, "completed", items, COUNTS)).encode()])
    events: Events = [
        (f"response.{kind}", {"response": _response(body, "in_progress", [])}) for kind in ("created", "in_progress")
    ]
    for index, item in enumerate(items):
        events += _item_events(index, item)
    if word == "broken":
        response = {**_response(body, "failed", []), "error": BREAK}
        events += [("error", {**BREAK, "param": None}), ("response.failed", {"response": response})]
    else:
        events.append(("response.completed", {"response": _response(body, "completed", items, COUNTS)}))
    chunks = [sse({"type": kind, "sequence_number": at, **told}, kind) for at, (kind, told) in enumerate(events)]
    return Response(chunks, content_type="text/event-stream; charset=utf-8")


def _response(body: dict[str, Any], status: str, items: list[dict[str, Any]], usage: Any = None) -> dict[str, Any]:
    return {
        "id": "resp_fake1",
        "object": "response",
        "created_at": 1700000000,
        "status": status,
        "error": None,
        "incomplete_details": None,
        "model": body["model"] + "-2025-08-07",
        "output": items,
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "usage": usage,
    }


def _items(told: dict[str, Any]) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    if "thinking" in told:
        summary = [{"type": "summary_text", "text": told["thinking"]}]
        items.append({"id": "rs_1", "type": "reasoning", "summary": summary, "encrypted_content": "c2VhbGVk"})
    items.append(_message({"type": "output_text", "text": told["text"], "annotations": []}))
    return items + [
        {"id": f"fc_{i}", "type": "function_call", "call_id": i, "name": n, "arguments": a, "status": "completed"}
        for i, n, a in told.get("tools", [])
    ]


def _refused() -> list[dict[str, Any]]:
    return [_message({"type": "refusal", "refusal": "I will not."})]


def _message(part: dict[str, Any]) -> dict[str, Any]:
    return {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": [part]}


def _item_events(index: int, item: dict[str, Any]) -> Events:
    where = {"output_index": index, "item_id": item["id"]}
    match item:
        case {"type": "reasoning", "summary": [part]}:
            empty, inner = {**item, "summary": []}, _part_events("reasoning_summary", where, part, "summary_index")
        case {"type": "message", "content": [part]}:
            empty, inner = {**item, "content": []}, _part_events("content", where, part, "content_index")
        case _:
            empty, inner = {**item, "arguments": ""}, _argument_events(where, item)
    return [
        ("response.output_item.added", {"output_index": index, "item": {**empty, "status": "in_progress"}}),
        *inner,
        ("response.output_item.done", {"output_index": index, "item": item}),
    ]


def _part_events(prefix: str, where: dict[str, Any], part: dict[str, Any], counter: str) -> Events:
    where = {**where, counter: 0}
    member = "refusal" if part["type"] == "refusal" else "text"
    said = "reasoning_summary_text" if prefix != "content" else part["type"]
    return [
        (f"response.{prefix}_part.added", {**where, "part": {**part, member: ""}}),
        *[(f"response.{said}.delta", {**where, "delta": piece}) for piece in pieces(part[member])],
        (f"response.{said}.done", {**where, member: part[member]}),
        (f"response.{prefix}_part.done", {**where, "part": part}),
    ]


def _argument_events(where: dict[str, Any], item: dict[str, Any]) -> Events:
    name = "response.function_call_arguments"
    deltas = [(f"{name}.delta", {**where, "delta": piece}) for piece in pieces(item["arguments"])]
    return [*deltas, (f"{name}.done", {**where, "arguments": item["arguments"], "name": item["name"]})]
