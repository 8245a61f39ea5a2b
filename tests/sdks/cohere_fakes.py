"""A provider of every format that chats, embeds or ranks in these tests, told apart by the path that is called."""

from __future__ import annotations

import json

from tests.apis.cohere_streams import COHERE_STREAMS
from tests.apis.streams import chunk, data_stream, delta
from tests.fakes import Received, Response

COHERE_CHAT = {
    "id": "co-1",
    "finish_reason": "COMPLETE",
    "message": {"role": "assistant", "content": [{"type": "text", "text": "from Cohere"}]},
    "usage": {"billed_units": {"input_tokens": 5, "output_tokens": 3}, "tokens": {"input_tokens": 70}},
}
OPENAI_USAGE = {"prompt_tokens": 5, "completion_tokens": 3, "total_tokens": 8}
OPENAI_CHAT = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 7,
    "model": "served",
    "choices": [
        {
            "index": 0,
            "message": {"role": "assistant", "content": "from OpenAI"},
            "logprobs": None,
            "finish_reason": "stop",
        }
    ],
    "usage": OPENAI_USAGE,
}
OPENAI_STREAM = (
    data_stream(
        chunk(delta(role="assistant", content="")),
        chunk(delta(content="from ")),
        chunk(delta(content="OpenAI")),
        chunk(delta(finish="stop")),
        chunk(usage=OPENAI_USAGE),
    )
    + b"data: [DONE]\n\n"
)
VECTOR = [0.5, -0.5]


def answer(received: Received) -> Response:
    asked = json.loads(received.body)
    for ending, made in _ANSWERS.items():
        if received.path.endswith(ending):
            return made(asked)
    return Response((json.dumps({"message": f"nothing at {received.path}"}).encode(),), 404)


def _json(value) -> Response:
    return Response((json.dumps(value).encode(),))


def _cohere_chat(asked) -> Response:
    if asked["messages"][-1]["content"] == "too much":
        return Response((b'{"id":"e-1","message":"slow down"}',), 429, headers={"retry-after": "7"})
    if not asked.get("stream"):
        return _json(COHERE_CHAT)
    stream, _ = COHERE_STREAMS["thinking, a plan and parallel tools"]
    return Response((stream[:100], stream[100:]), content_type="text/event-stream")


def _openai_chat(asked) -> Response:
    return Response((OPENAI_STREAM,), content_type="text/event-stream") if asked.get("stream") else _json(OPENAI_CHAT)


def _openai_embeddings(asked) -> Response:
    vectors = [{"object": "embedding", "index": at, "embedding": VECTOR} for at, _ in enumerate(asked["input"])]
    usage = {"prompt_tokens": 7, "total_tokens": 7}
    return _json({"object": "list", "data": vectors, "model": "served", "usage": usage})


def _cohere_embed(asked) -> Response:
    floats = [VECTOR for _ in asked["texts"]]
    return _json({"id": "e-1", "embeddings": {"float": floats}, "meta": {"billed_units": {"input_tokens": 7}}})


def _gemini_embeddings(asked) -> Response:
    return _json({"embeddings": [{"values": VECTOR} for _ in asked["requests"]]})


def _cohere_rerank(asked) -> Response:
    results = [{"index": 1, "relevance_score": 0.9}, {"index": 0, "relevance_score": 0.1}]
    return _json({"id": "r-1", "results": results[: asked.get("top_n")], "meta": {"billed_units": {"search_units": 1}}})


def _jina_rerank(_asked) -> Response:
    results = [
        {"index": 1, "relevance_score": 0.9, "document": {"text": "b"}},
        {"index": 0, "relevance_score": 0.1, "document": {"text": "a"}},
    ]
    return _json({"model": "served", "results": results, "usage": {"total_tokens": 9}})


_ANSWERS = {
    "/v2/chat": _cohere_chat,
    "/v1/chat/completions": _openai_chat,
    "/v1/embeddings": _openai_embeddings,
    "/v2/embed": _cohere_embed,
    ":batchEmbedContents": _gemini_embeddings,
    "/v2/rerank": _cohere_rerank,
    "/v1/rerank": _jina_rerank,
}
