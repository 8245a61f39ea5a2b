"""Google's SDK sends files and reads sources on a provider of another format, and other SDKs read those of Gemini."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest
from google.genai import types

from tests.fakes import Fake, Received, Response
from tests.gateway import gateway
from tests.matrix.clients import Clients, connected

PDF, WAV = b"%PDF-1.4\n%%EOF", b"RIFF\x24\x00\x00\x00WAVE"
TEXT = "Grüße. Sonne."
SOURCE = {"url": "https://example.com/sun", "title": "Sun"}
PLACE = {"start_index": 7, "end_index": 13}
"""In characters; the ü is of two bytes."""
RATED = {"token": "Grüße", "logprob": -0.5, "bytes": None, "top_logprobs": []}

CHAT = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 7,
    "model": "gpt-5",
    "usage": {"prompt_tokens": 9, "completion_tokens": 5, "total_tokens": 14},
}
GEMINI = {
    "groundingMetadata": {
        "webSearchQueries": ["sun"],
        "groundingChunks": [{"web": {"uri": SOURCE["url"], "title": SOURCE["title"]}}],
        "groundingSupports": [{"segment": {"startIndex": 9, "endIndex": 15}, "groundingChunkIndices": [0]}],
    },
    "logprobsResult": {"chosenCandidates": [{"token": "Grüße", "logProbability": -0.5}]},
    "finishReason": "STOP",
}
MODELS = {
    "on-openai": {"backends": [{"provider": "openai", "model": "gpt-5", "api": "chat_completions"}]},
    "on-gemini": {"backends": [{"provider": "gemini", "model": "gemini-2.5-flash"}]},
}


def chat_answer(received: Received) -> Response:
    annotations = [{"type": "url_citation", "url_citation": {**SOURCE, **PLACE}}]
    said = {"role": "assistant", "content": TEXT, "annotations": annotations}
    rated = {"content": [RATED], "refusal": None}
    if not received.json.get("stream"):
        choice = {"index": 0, "message": said, "logprobs": rated, "finish_reason": "stop"}
        return Response([json.dumps({**CHAT, "choices": [choice]}).encode()])
    choices = [
        {"index": 0, "delta": {"role": "assistant", "content": TEXT}, "logprobs": rated, "finish_reason": None},
        {"index": 0, "delta": {"annotations": annotations}, "finish_reason": None},
        {"index": 0, "delta": {}, "finish_reason": "stop"},
    ]
    return streamed([{**CHAT, "object": "chat.completion.chunk", "choices": [choice]} for choice in choices])


def gemini_answer(received: Received) -> Response:
    usage = {"promptTokenCount": 9, "candidatesTokenCount": 5, "totalTokenCount": 14}
    head = {"modelVersion": "gemini-2.5-flash", "responseId": "r1"}
    parts = [{"text": TEXT}]
    whole = {"candidates": [candidate(parts, **GEMINI)], "usageMetadata": usage, **head}
    if ":streamGenerateContent" not in received.path:
        return Response([json.dumps(whole).encode()])
    first = {"candidates": [candidate([{"text": TEXT[:5]}])], **head}
    last = {**whole, "candidates": [candidate([{"text": TEXT[5:]}], **GEMINI)]}
    return streamed([first, last])


def candidate(parts, **members):
    return {"content": {"parts": parts, "role": "model"}, "index": 0, **members}


def streamed(events):
    return Response(
        [b"data: " + json.dumps(event).encode() + b"\n\n" for event in events], content_type="text/event-stream"
    )


@dataclass(frozen=True, slots=True)
class Both:
    clients: Clients
    chat: Fake
    gemini: Fake


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    folder = tmp_path_factory.mktemp("sources")
    with ExitStack() as stack:
        fake = stack.enter_context(Fake(gemini_answer))
        secret = folder / "gemini.key"
        secret.write_text("sk-canary-gemini")
        more = {"gemini": {"kind": "gemini", "endpoint": fake.url, "credential": {"file": str(secret)}}}
        gate = stack.enter_context(gateway(folder, "1.40", chat_answer, chat_answer, more, models=MODELS))
        yield Both(stack.enter_context(connected(gate.url, gate.key())), gate.openai, fake)


def asked_by_google(both, *, stream):
    contents = [
        types.Part.from_bytes(data=PDF, mime_type="application/pdf"),
        types.Part.from_bytes(data=WAV, mime_type="audio/wav"),
        "text",
    ]
    config = types.GenerateContentConfig(
        presence_penalty=0.5, response_logprobs=True, logprobs=2, service_tier="flex", seed=7
    )
    models = both.clients.genai.models
    if stream:
        chunks = list(models.generate_content_stream(model="on-openai", contents=contents, config=config))
    else:
        chunks = [models.generate_content(model="on-openai", contents=contents, config=config)]
    return [chunk.candidates[0] for chunk in chunks]


@pytest.mark.parametrize("stream", [False, True])
def test_googles_sdk_reads_the_sources_and_log_probabilities_of_another(both, stream):
    candidates = asked_by_google(both, stream=stream)
    grounding = candidates[-1].grounding_metadata
    assert (grounding.grounding_chunks[0].web.uri, grounding.grounding_chunks[0].web.title) == tuple(SOURCE.values())
    segment = grounding.grounding_supports[0].segment
    assert (segment.start_index, segment.end_index, segment.text) == (9, 15, "Sonne.")
    rated = next(one.logprobs_result for one in candidates if one.logprobs_result)
    assert (rated.chosen_candidates[0].token, rated.chosen_candidates[0].log_probability) == ("Grüße", -0.5)


def test_what_googles_sdk_sends_reaches_another_provider(both):
    asked_by_google(both, stream=False)
    sent = both.chat.received[-1].json
    kinds = [part["type"] for part in sent["messages"][0]["content"]]
    assert kinds == ["file", "input_audio", "text"]
    asked = ("presence_penalty", "logprobs", "top_logprobs", "service_tier", "seed")
    assert [sent[name] for name in asked] == [0.5, True, 2, "flex", 7]


def annotations_of(answer):
    return [one.url_citation.model_dump() for one in answer.choices[0].message.annotations]


def test_openais_sdk_reads_the_sources_of_gemini(both):
    said = {"model": "on-gemini", "messages": [{"role": "user", "content": "text"}], "logprobs": True}
    answer = both.clients.openai.chat.completions.create(**said)
    assert answer.choices[0].message.content == TEXT
    assert annotations_of(answer) == [{**SOURCE, **PLACE}]
    assert answer.choices[0].logprobs.content[0].logprob == -0.5
    assert both.gemini.received[-1].json["generationConfig"]["responseLogprobs"] is True
    with both.clients.openai.chat.completions.stream(**said) as stream:
        assert "".join(event.delta for event in stream if event.type == "content.delta") == TEXT


def test_anthropics_sdk_reads_an_answer_of_gemini_that_has_sources(both):
    said = {"model": "on-gemini", "max_tokens": 2000, "messages": [{"role": "user", "content": "text"}]}
    answer = both.clients.anthropic.messages.create(**said)
    assert "".join(block.text for block in answer.content) == TEXT
    with both.clients.anthropic.messages.stream(**said) as stream:
        assert "".join(stream.text_stream) == TEXT
