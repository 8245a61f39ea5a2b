"""What the fake providers answer, by the scenario that the last user message names: the same answer in both APIs."""

from __future__ import annotations

import json
from typing import Any

from tests.fakes import Received, Response

USAGE = {"input": 19, "cached": 8, "output": 42, "reasoning": 5}
SCENARIOS: dict[str, dict[str, Any]] = {
    "text": {"text": "Grüße aus Köln 🌞", "stop": "stop"},
    "length": {"text": "Cut sho", "stop": "length"},
    "stop_sequence": {"text": "One, two, ", "stop": "stop"},
    "tools": {
        "text": "Let me look.",
        "tools": [("call_a", "weather", '{"city": "Köln"}'), ("call_b", "weather", '{"city": "Oslo"}')],
        "stop": "tool_calls",
    },
    "schema": {"text": '{"city": "Köln", "degrees": 21}', "stop": "stop"},
    "thinking": {"thinking": "Is 17 prime? Yes.", "text": "17 is prime.", "stop": "stop"},
}
SCENARIOS["agent"] = SCENARIOS["tools"] | {"thinking": SCENARIOS["thinking"]["thinking"]}
STOPS = {"stop": "end_turn", "length": "max_tokens", "tool_calls": "tool_use"}


def scenario(body: dict[str, Any]) -> dict[str, Any]:
    content = body["messages"][-1]["content"]
    text = content if isinstance(content, str) else next((b["text"] for b in content if b.get("type") == "text"), "")
    return SCENARIOS.get(text.split()[0] if text else "", SCENARIOS["text"])


def openai_answer(received: Received) -> Response:
    body = received.json
    told = scenario(body)
    if body.get("stream"):
        chunks = [sse(chunk) for chunk in _openai_chunks(told, body)]
        return Response([*chunks, b"data: [DONE]\n\n"], content_type="text/event-stream; charset=utf-8")
    message: dict[str, Any] = {"role": "assistant", "content": told.get("text"), "refusal": None}
    if "thinking" in told:
        message["reasoning_content"] = told["thinking"]
    if "tools" in told:
        message["tool_calls"] = [_openai_tool(*tool) for tool in told["tools"]]
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": told["stop"]}
    whole = {**_openai_head(body, "chat.completion"), "choices": [choice], "usage": _openai_usage()}
    return Response([json.dumps(whole).encode()], headers={"x-request-id": "req_fake"})


def anthropic_answer(received: Received) -> Response:
    body = received.json
    told = scenario(body)
    if body.get("stream"):
        events = [sse(event, event["type"]) for event in _anthropic_events(told, body)]
        return Response(events, content_type="text/event-stream; charset=utf-8")
    whole = {**_anthropic_head(body), "content": _anthropic_blocks(told), "stop_reason": STOPS[told["stop"]]}
    return Response([json.dumps({**whole, "usage": _anthropic_usage(USAGE["output"])}).encode()])


def sse(data: dict[str, Any], event: str | None = None) -> bytes:
    head = f"event: {event}\n" if event else ""
    return f"{head}data: {json.dumps(data, ensure_ascii=False)}\n\n".encode()


def _openai_head(body: dict[str, Any], kind: str) -> dict[str, Any]:
    return {"id": "chatcmpl-fake1", "object": kind, "created": 1700000000, "model": body["model"] + "-2024-07-18"}


def _openai_usage() -> dict[str, Any]:
    return {
        "prompt_tokens": USAGE["input"],
        "completion_tokens": USAGE["output"],
        "total_tokens": USAGE["input"] + USAGE["output"],
        "prompt_tokens_details": {"cached_tokens": USAGE["cached"]},
        "completion_tokens_details": {"reasoning_tokens": USAGE["reasoning"]},
    }


def _openai_tool(call_id: str, name: str, arguments: str) -> dict[str, Any]:
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}


def _openai_chunks(told: dict[str, Any], body: dict[str, Any]) -> list[dict[str, Any]]:
    head = _openai_head(body, "chat.completion.chunk")

    def chunk(delta: dict[str, Any], stop: str | None = None) -> dict[str, Any]:
        return {**head, "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": stop}]}

    chunks = [chunk({"role": "assistant", "content": ""})]
    chunks += [chunk({"reasoning_content": piece}) for piece in pieces(told.get("thinking", ""))]
    chunks += [chunk({"content": piece}) for piece in pieces(told.get("text", ""))]
    for index, (call_id, name, arguments) in enumerate(told.get("tools", [])):
        first = {"index": index, **_openai_tool(call_id, name, "")}
        chunks.append(chunk({"tool_calls": [first]}))
        chunks += [chunk({"tool_calls": [{"index": index, "function": {"arguments": p}}]}) for p in pieces(arguments)]
    chunks.append(chunk({}, told["stop"]))
    if (body.get("stream_options") or {}).get("include_usage"):
        chunks.append({**head, "choices": [], "usage": _openai_usage()})
    return chunks


def _anthropic_head(body: dict[str, Any]) -> dict[str, Any]:
    head = {"id": "msg_fake1", "type": "message", "role": "assistant", "model": body["model"] + "-20251001"}
    return {**head, "content": [], "stop_reason": None, "stop_sequence": None}


def _anthropic_usage(output: int) -> dict[str, int]:
    """Messages counts what was read from the cache apart from `input_tokens`."""
    read = USAGE["cached"]
    return {
        "input_tokens": USAGE["input"] - read,
        "cache_read_input_tokens": read,
        "cache_creation_input_tokens": 0,
        "output_tokens": output,
    }


def _anthropic_blocks(told: dict[str, Any]) -> list[dict[str, Any]]:
    blocks: list[dict[str, Any]] = []
    if "thinking" in told:
        blocks.append({"type": "thinking", "thinking": told["thinking"], "signature": "c2lnbmVk"})
    if "text" in told:
        blocks.append({"type": "text", "text": told["text"]})
    tools = told.get("tools", [])
    return blocks + [{"type": "tool_use", "id": i, "name": n, "input": json.loads(a)} for i, n, a in tools]


_EMPTY = {"thinking": {"thinking": "", "signature": ""}, "text": {"text": ""}, "tool_use": {"input": {}}}


def _anthropic_events(told: dict[str, Any], body: dict[str, Any]) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": {**_anthropic_head(body), "usage": _anthropic_usage(1)}},
        {"type": "ping"},
    ]
    for index, block in enumerate(_anthropic_blocks(told)):
        events.append(
            {"type": "content_block_start", "index": index, "content_block": {**block, **_EMPTY[block["type"]]}}
        )
        deltas = _anthropic_deltas(block)
        events += [{"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas]
        events.append({"type": "content_block_stop", "index": index})
    delta = {"stop_reason": STOPS[told["stop"]], "stop_sequence": None}
    events.append({"type": "message_delta", "delta": delta, "usage": {"output_tokens": USAGE["output"]}})
    return [*events, {"type": "message_stop"}]


def _anthropic_deltas(block: dict[str, Any]) -> list[dict[str, Any]]:
    if block["type"] == "tool_use":
        arguments = json.dumps(block["input"], ensure_ascii=False)
        return [{"type": "input_json_delta", "partial_json": piece} for piece in pieces(arguments)]
    if block["type"] == "thinking":
        thought = [{"type": "thinking_delta", "thinking": piece} for piece in pieces(block["thinking"])]
        return [*thought, {"type": "signature_delta", "signature": block["signature"]}]
    return [{"type": "text_delta", "text": piece} for piece in pieces(block["text"])]


def pieces(text: str, size: int = 4) -> list[str]:
    return [text[at : at + size] for at in range(0, len(text), size)]
