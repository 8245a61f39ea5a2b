"""OpenAI's older APIs: Embeddings and Moderations pass to who speaks them, and Completions to anyone."""

from __future__ import annotations

import openai
import pytest

from tests.matrix.five_providers import FORMATS
from tests.sdks.scripts import SCENARIOS, USAGE


def test_embeddings_pass_and_are_charged(five, clients):
    raw = clients.openai.embeddings.with_raw_response.create(model="text-embedding-3-small", input="text")
    assert raw.parse().data[0].embedding == [1.0, 2.0]
    entry = five.gate.entry(raw.headers["x-tollkeeper-decision"])
    assert (entry["api"], entry["operation"], entry["provider"]) == ("embeddings", "embeddings", "openai")
    assert (entry["input_tokens"], entry["output_tokens"], entry["estimated"]) == (USAGE["input"], 0, False)
    assert entry["cost_nano"] > 0


def test_moderations_pass(five, clients):
    raw = clients.openai.moderations.with_raw_response.create(model="omni-moderation-latest", input="text")
    assert raw.parse().results[0].flagged
    entry = five.gate.entry(raw.headers["x-tollkeeper-decision"])
    assert (entry["api"], entry["operation"], entry["status"]) == ("moderations", "moderation", 200)


@pytest.mark.parametrize(
    ("kind", "provider"),
    [
        *(("moderations", api) for api in FORMATS if api != "chat_completions"),
        *(("embeddings", api) for api in ("responses", "messages", "converse")),
    ],
)
def test_what_a_provider_does_not_speak_and_nothing_translates_is_refused(five, clients, kind, provider):
    before = five.count(provider)
    with pytest.raises(openai.BadRequestError) as raised:
        getattr(clients.openai, kind).create(model=f"on-{provider}", input="text")
    assert kind.capitalize() in str(raised.value)
    assert five.count(provider) == before


@pytest.mark.parametrize("provider", ["completions", *FORMATS[1:]])
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_completions_are_answered_by_any_provider(five, clients, provider, stream):
    extra = {"stream_options": {"include_usage": True}} if stream else {}
    raw = clients.openai.completions.with_raw_response.create(
        model=f"on-{provider}", prompt="text", max_tokens=2000, stream=stream, **extra
    )
    chunks = list(raw.parse()) if stream else [raw.parse()]
    choices = [choice for chunk in chunks for choice in chunk.choices]
    assert "".join(choice.text for choice in choices) == SCENARIOS["text"]["text"]
    assert choices[-1].finish_reason == "stop"
    assert (chunks[-1].usage.prompt_tokens, chunks[-1].usage.completion_tokens) == (USAGE["input"], USAGE["output"])
    entry = five.gate.entry(raw.headers["x-tollkeeper-decision"])
    assert (entry["api"], entry["operation"]) == ("completions", "text_completion")
    assert (entry["input_tokens"], entry["output_tokens"], entry["estimated"]) == (
        USAGE["input"],
        USAGE["output"],
        False,
    )
    assert entry["cost_nano"] > 0
