"""Real bodies for each reader, from which others are made: the examples of the tests, in the words of every API.

What an API's own write half can say of an example is a seed of it, so that a new API has seeds at once; those of APIs
that nothing is translated to stand here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from functools import cache
from itertools import islice

from ext_proc import rerank
from ext_proc.apis import APIS, sse
from ext_proc.apis.api import Api
from ext_proc.chat import Request
from ext_proc.embeddings import Vectors
from ext_proc.errors import OverLimit, TollkeeperError
from ext_proc.parts import (
    Citation,
    Finish,
    Logprobs,
    RefusalDelta,
    Start,
    TextDelta,
    ThinkingDelta,
    ThinkingSignature,
    TokenLogprob,
    ToolUseDelta,
    ToolUseStart,
    UsageReport,
)
from ext_proc.token_count import Count
from ext_proc.usage import Usage
from fuzz.targets import asked, family
from tests.apis import examples, test_count_tokens
from tests.apis.chat_completions_streams import CHAT_STREAMS
from tests.apis.cohere_streams import COHERE_STREAMS
from tests.apis.converse_streams import CONVERSE_STREAMS
from tests.apis.generate_content_streams import GEMINI_STREAMS
from tests.apis.messages_streams import MESSAGES_STREAMS
from tests.apis.responses_streams import RESPONSES_STREAMS

MOST = 24
"""Seeds of one reader."""

_PICTURE = {"model": "m", "prompt": "p", "n": 2, "size": "1024x1024", "quality": "low", "stream": True}
_BATCH = {"input_file_id": "file-1", "endpoint": "/v1/chat/completions", "completion_window": "24h", "metadata": {}}
_RANKED = {"model": "m", "query": "q", "documents": ["a", {"text": "b"}], "top_n": 1, "return_documents": True}
_RESULTS = [{"index": 1, "relevance_score": 0.9, "document": {"text": "b"}}, {"index": 7, "relevance_score": 0.1}]
_TOLD = {"input_tokens": 5, "output_tokens": 7, "input_token_details": {"audio_tokens": 4}, "seconds": 3}

_PARTS = (
    Start("i", "m", 7),
    ThinkingDelta("a"),
    ThinkingSignature("c2Vh"),
    TextDelta("Grüße 😀\u2028"),
    Logprobs((TokenLogprob("Gr", -0.5, (TokenLogprob("G", -1.0),)),)),
    Citation("c", "T", "https://x/", span=(0, 4)),
    Citation("c", "T", document=0, unit="char", start=0, end=1),
    RefusalDelta("r"),
    ToolUseStart(0, "t0", "f"),
    ToolUseDelta(0, '{"a":'),
    ToolUseStart(1, "t1", "g"),
    ToolUseDelta(1, "{}"),
    ToolUseDelta(0, "1}"),
    Finish("tool_calls"),
    UsageReport(Usage(20, 8, 5, 3, 4)),
)
_ANSWERED = {
    "chat": (_PARTS, (Start("i", "m"), TextDelta("t"), Finish("stop", "s"), UsageReport(Usage(1, 1)))),
    "count_tokens": ((Count(14),),),
    "embeddings": (
        (Start("", "m"), Vectors({"float": [[0.5, 1]], "base64": ["AAAAPwAAgD8="]}), UsageReport(Usage(3))),
    ),
    "rerank": ((Start("", "m"), rerank.Ranking((rerank.Ranked(1, 0.9, "b"),)), UsageReport(Usage(3))),),
}
"""By family."""


def _form(text: dict[str, str], **files: bytes) -> bytes:
    parts = [f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in text.items()]
    held = [
        f'--b\r\nContent-Disposition: form-data; name="{name}"; filename="a"\r\n\r\n'.encode() + data + b"\r\n"
        for name, data in files.items()
    ]
    return "".join(parts).encode() + b"".join(held) + b"--b--\r\n"


_REQUESTS = {
    **examples.REQUESTS,
    **test_count_tokens.SAID,
    "embeddings": {"model": "m", "input": ["a", [1, 2]], "dimensions": 5, "encoding_format": "base64", "user": "u"},
    "cohere_embed": {
        "model": "m",
        "texts": ["a"],
        "inputs": [{"content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}]}],
        "input_type": "search_query",
        "embedding_types": ["float", "int8"],
        "output_dimension": 5,
        "truncate": "END",
    },
    "embed_content": {"content": {"parts": [{"text": "a"}]}, "taskType": "RETRIEVAL_QUERY", "outputDimensionality": 5},
    "batch_embed_contents": {
        "requests": [{"model": "models/m", "content": {"parts": [{"text": "a"}]}, "title": "t"}] * 2
    },
    "rerank": _RANKED,
    "cohere_rerank": _RANKED | {"max_tokens_per_doc": 5},
    "moderations": {"model": "m", "input": ["a", {"type": "text", "text": "b"}]},
    "image_generations": _PICTURE,
    "image_edits": _PICTURE | {"images": [{"image_url": "data:image/png;base64,AAAA"}], "mask": {"file_id": "f"}},
    "speech": {"model": "m", "input": "höre", "voice": "v", "stream_format": "sse", "speed": 2},
    "batches_create": _BATCH,
}
_FORMS = {
    "image_edits": _form({"model": "m", "prompt": "p", "n": "2"}, image=b"\x89PNG"),
    "image_variations": _form({"model": "m", "n": "1"}, image=b"\x89PNG"),
    "transcriptions": _form({"model": "m", "response_format": "json", "stream": "true"}, file=b"RIFF"),
    "translations": _form({"model": "m", "prompt": "p"}, file=b"RIFF"),
    "files_create": _form({"purpose": "batch"}, file=b'{"custom_id":"1"}\n'),
}
_ANSWERS = {
    **examples.ANSWERS,
    **test_count_tokens.ANSWERS,
    "rerank": {"id": "i", "model": "m", "results": _RESULTS, "usage": {"total_tokens": 7, "search_units": 2}},
    "cohere_rerank": {"id": "i", "results": _RESULTS, "meta": {"billed_units": {"search_units": 1}}},
    "moderations": {"id": "i", "model": "m", "results": [{"flagged": True, "categories": {}}]},
    "image_generations": {"created": 1, "data": [{"b64_json": "AAAA"}], "usage": _TOLD, "svg_usage": _TOLD},
    "speech": {"usage": _TOLD},
    "transcriptions": {"text": "t", "model": "m", "usage": _TOLD, "duration": 1.5},
}
_STREAMS = {
    "chat_completions": CHAT_STREAMS,
    "messages": MESSAGES_STREAMS,
    "responses": RESPONSES_STREAMS,
    "cohere_chat": COHERE_STREAMS,
    "converse": CONVERSE_STREAMS,
    "generate_content": GEMINI_STREAMS,
}
_EVENTS = {
    "image_generations": [
        {"type": "image_generation.partial_image", "b64_json": "AAAA", "partial_image_index": 0},
        {"type": "image_generation.completed", "b64_json": "AAAA", "usage": _TOLD},
    ],
    "speech": [{"type": "speech.audio.delta", "audio": "AAAA"}, {"type": "speech.audio.done", "usage": _TOLD}],
    "transcriptions": [
        {"type": "transcript.text.delta", "delta": "hi"},
        {"choices": [{"delta": {"content": "hi"}, "finish_reason": "stop"}], "usage": _TOLD},
        {"type": "transcript.text.done", "text": "hi", "usage": _TOLD},
    ],
}
ERRORS = (
    *(api.write_error(OverLimit("m", code="c", param="p", retry_after=3.0), "id") for api in APIS.values()),
    json.dumps(examples.GEMINI_ERROR).encode(),
    json.dumps([examples.GEMINI_ERROR]).encode(),
    b'{"error":"m","type":"t","code":400}',
    b'{"message":"m","__type":"ThrottlingException"}',
    b'{"detail":[{"loc":["body"],"msg":"m"}]}',
    b"<html>502</html>",
)


def dumped(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


@cache
def seeds(name: str) -> tuple[bytes, ...]:
    """By the name of a target. Never none."""
    api, reader = name.rsplit(".", 1)
    found = list(dict.fromkeys(islice(_KINDS[reader](APIS[api]), MOST)))
    return tuple(found) or (b"{}",)


def _requests(api: Api) -> Iterator[bytes]:
    if api.name in _FORMS:
        yield _FORMS[api.name]
    if api.name in _REQUESTS:
        yield dumped(_REQUESTS[api.name])
    for other in family(api):
        for request in _read_examples(other):
            with suppress(TollkeeperError):
                yield api.write_request(request)


def _read_examples(api: Api) -> Iterator[Request]:
    """Bare of what few APIs know, it can be said in more of them."""
    with suppress(KeyError, TollkeeperError):
        request = api.read_request(_REQUESTS[api.name])
        yield request.for_step("m", 5, usage=True)
        if isinstance(request, Request):
            yield replace(request, unread={}, n=1, output_format=None, thinking=None, logprobs=False, seed=None)


def _answers(api: Api) -> Iterator[bytes]:
    if api.name in _ANSWERS:
        yield dumped(_ANSWERS[api.name])
    for parts in _ANSWERED.get(api.family, ()):
        with suppress(TollkeeperError):
            yield api.write_answer(api.shape(asked(api)[0], parts))


def _streams(api: Api) -> Iterator[bytes]:
    with suppress(TollkeeperError):
        for parts in _ANSWERED.get(api.family, ()):
            writer = api.stream_writer(asked(api)[0])
            yield b"".join(writer.write([part]) for part in parts) + writer.finish()
    if api.name in _EVENTS:
        yield b"".join(sse.encode(dumped(event)) for event in _EVENTS[api.name])
    for stream, _ in _STREAMS.get(api.name, {}).values():
        yield stream


def _errors(_api: Api) -> Iterator[bytes]:
    yield from dict.fromkeys(ERRORS)


_KINDS = {"request": _requests, "answer": _answers, "stream": _streams, "error": _errors}
