"""What OpenAI and Anthropic answer: the scripts of the SDK tests, with errors, refusals and OpenAI's older APIs."""

from __future__ import annotations

import json
from typing import Any

from tests.fakes import Received, Response
from tests.matrix.words import failed, openai_error, word_of
from tests.sdks.scripts import SCENARIOS, USAGE, anthropic_answer, openai_answer, sse

COUNTS = {
    "prompt_tokens": USAGE["input"],
    "completion_tokens": USAGE["output"],
    "total_tokens": USAGE["input"] + USAGE["output"],
    "prompt_tokens_details": {"cached_tokens": USAGE["cached"]},
}


def chat_answer(received: Received) -> Response:
    if received.path != "/v1/chat/completions":
        return _OLDER[received.path](received.json)
    body = received.json
    word = word_of(body["messages"][-1]["content"])
    if status := failed(word):
        return openai_error(status)
    answer = openai_answer(received)
    if word == "refused":
        return _edited(answer, "finish_reason", "stop", "content_filter")
    if word == "broken" and body.get("stream"):
        broken = sse({"error": {"message": "It broke.", "type": "server_error", "code": None}})
        return Response([*list(answer.chunks)[:4], broken], content_type=answer.content_type)
    return answer


def messages_answer(received: Received) -> Response:
    assert received.path == "/v1/messages", received.path
    body = received.json
    word = word_of(body["messages"][-1]["content"])
    if status := failed(word):
        kind = "rate_limit_error" if status == 429 else "api_error"
        error = {"type": "error", "error": {"type": kind, "message": f"Anthropic says {status}."}}
        headers = {"retry-after": "7"} if status == 429 else {}
        return Response([json.dumps(error).encode()], status=status, headers=headers)
    answer = anthropic_answer(received)
    if word == "refused":
        return _edited(answer, "stop_reason", "end_turn", "refusal")
    if word == "broken" and body.get("stream"):
        error = {"type": "error", "error": {"type": "api_error", "message": "It broke."}}
        return Response([*list(answer.chunks)[:5], sse(error, "error")], content_type=answer.content_type)
    return answer


def _edited(answer: Response, member: str, old: str, new: str) -> Response:
    """The answer with another reason of its end."""
    before, after = (f'"{member}": "{word}"'.encode() for word in (old, new))
    chunks = [chunk.replace(before, after) for chunk in answer.chunks]
    return Response(chunks, content_type=answer.content_type)


def _completion(body: dict[str, Any]) -> Response:
    head = {"id": "cmpl-fake1", "object": "text_completion", "created": 1700000000, "model": body["model"]}
    choice = {"index": 0, "text": SCENARIOS["text"]["text"], "logprobs": None, "finish_reason": "stop"}
    if not body.get("stream"):
        return Response([json.dumps({**head, "choices": [choice], "usage": COUNTS}).encode()])
    counted = [{**head, "choices": [], "usage": COUNTS}] if body.get("stream_options") else []
    chunks = [sse(chunk) for chunk in ({**head, "choices": [choice]}, *counted)]
    return Response([*chunks, b"data: [DONE]\n\n"], content_type="text/event-stream")


def _embedding(body: dict[str, Any]) -> Response:
    vector = {"object": "embedding", "index": 0, "embedding": "AACAPwAAAEA="}
    usage = {"prompt_tokens": USAGE["input"], "total_tokens": USAGE["input"]}
    whole = {"object": "list", "data": [vector], "model": body["model"], "usage": usage}
    return Response([json.dumps(whole).encode()])


def _moderation(body: dict[str, Any]) -> Response:
    result = {"flagged": True, "categories": {}, "category_scores": {}, "category_applied_input_types": {}}
    return Response([json.dumps({"id": "modr-fake1", "model": body["model"], "results": [result]}).encode()])


_OLDER = {"/v1/completions": _completion, "/v1/embeddings": _embedding, "/v1/moderations": _moderation}
