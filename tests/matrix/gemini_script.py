"""What Gemini answers: generateContent as Google documents it, whole and as events.

Spec: https://ai.google.dev/api/generate-content
"""

from __future__ import annotations

import json
from typing import Any

from tests.fakes import Received, Response
from tests.matrix.words import failed, word_of
from tests.sdks.scripts import SCENARIOS, USAGE, pieces, sse

STATUSES = {400: "INVALID_ARGUMENT", 429: "RESOURCE_EXHAUSTED", 500: "INTERNAL"}
COUNTS = {
    "promptTokenCount": USAGE["input"],
    "cachedContentTokenCount": USAGE["cached"],
    "candidatesTokenCount": USAGE["output"] - USAGE["reasoning"],
    "thoughtsTokenCount": USAGE["reasoning"],
    "totalTokenCount": USAGE["input"] + USAGE["output"],
}
SEAL = "c2VhbCBvZiBHZW1pbmk="
"""It stands in the first call alone."""
HEAD = {"modelVersion": "gemini-2.5-flash", "responseId": "gem_fake1"}


def gemini_answer(received: Received) -> Response:
    assert received.path.startswith("/v1beta/models/gemini-2.5-flash:"), received.path
    word = word_of(received.json["contents"][-1]["parts"])
    streamed = ":streamGenerateContent" in received.path
    if status := failed(word):
        return Response([_error(status)], status=status, headers={"retry-after": "7"} if status == 429 else {})
    if word == "refused":
        blocked = {"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": COUNTS, **HEAD}
        return _streamed([blocked]) if streamed else Response([json.dumps(blocked).encode()])
    told = SCENARIOS.get(word, SCENARIOS["text"])
    if not streamed:
        return Response([json.dumps(_chunk(_parts(told), told["stop"])).encode()])
    chunks = [_chunk([part]) for part in _cut(told)]
    if word == "broken":
        return _streamed([*chunks, json.loads(_error(500))])
    return _streamed([*chunks, _chunk([{"text": ""}], told["stop"])])


def _streamed(chunks: list[dict[str, Any]]) -> Response:
    return Response([sse(chunk).replace(b"\n", b"\r\n") for chunk in chunks], content_type="text/event-stream")


def _chunk(parts: list[dict[str, Any]], stop: str | None = None) -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"parts": parts, "role": "model"}, "index": 0}
    if stop:
        candidate["finishReason"] = "MAX_TOKENS" if stop == "length" else "STOP"
    return {
        "candidates": [candidate],
        "usageMetadata": COUNTS if stop else {"promptTokenCount": USAGE["input"]},
        **HEAD,
    }


def _parts(told: dict[str, Any]) -> list[dict[str, Any]]:
    thought = [{"text": told["thinking"], "thought": True}] if "thinking" in told else []
    calls = [
        {"functionCall": {"id": id_, "name": name, "args": json.loads(arguments)}}
        for id_, name, arguments in told.get("tools", [])
    ]
    if thought and calls:
        calls[0]["thoughtSignature"] = SEAL
    return [*thought, {"text": told["text"]}, *calls]


def _cut(told: dict[str, Any]) -> list[dict[str, Any]]:
    """Text comes in pieces, calls come whole."""
    cut: list[dict[str, Any]] = []
    for part in _parts(told):
        cut += [{**part, "text": piece} for piece in pieces(part["text"])] if "text" in part else [part]
    return cut


def _error(status: int) -> bytes:
    error = {"code": status, "message": f"Gemini says {status}.", "status": STATUSES[status]}
    return json.dumps({"error": error}).encode()
