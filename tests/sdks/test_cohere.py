"""Cohere's own SDK through a real Envoy, on providers of its formats and of others; and other SDKs on Cohere."""

from __future__ import annotations

import json
from contextlib import contextmanager

import cohere
import httpx
import openai
import pytest
from cohere.errors import TooManyRequestsError, UnauthorizedError
from google import genai

from ext_proc.render.envoy import KNOWN_VERSIONS
from tests.fakes import Fake
from tests.gateway import gateway, poll
from tests.sdks.cohere_fakes import OPENAI_CHAT, VECTOR, answer

TURNS = [{"role": "user", "content": "hi"}]
CREDENTIAL = {"env": "OPENAI_KEY"}


def providers_at(url):
    kinds = ("cohere", "gemini", "jina")
    return {kind: {"kind": kind, "endpoint": url, "credential": CREDENTIAL} for kind in kinds} | {
        "openai": {"kind": "openai", "endpoint": url, "credential": CREDENTIAL}
    }


MODELS = {
    "on-cohere": {"backends": [{"provider": "cohere", "model": "command-a"}]},
    "on-coheres-own": {"backends": [{"provider": "cohere", "model": "command-a", "api": "cohere_chat"}]},
    "on-openai": {"backends": [{"provider": "openai", "model": "served"}]},
    "on-gemini": {"backends": [{"provider": "gemini", "model": "gemini-embedding-001"}]},
    "on-jina": {"backends": [{"provider": "jina", "model": "served"}]},
}


@pytest.fixture(scope="module")
def gate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cohere")
    with (
        Fake(answer) as fake,
        gateway(folder, KNOWN_VERSIONS[-1], answer, answer, replaced=providers_at(fake.url), models=MODELS) as running,
    ):
        running.fake = fake
        yield running


@contextmanager
def cohere_client(gate, key):
    """The SDK leaves its connections open, unless they are those of a client that is given to it."""
    with httpx.Client(timeout=20) as connections:
        yield cohere.ClientV2(api_key=key, base_url=gate.url, httpx_client=connections)


@pytest.fixture
def client(gate):
    with cohere_client(gate, gate.key()) as given:
        yield given


def sent(gate):
    """The last call that the provider got."""
    received = gate.fake.received[-1]
    return received.path, json.loads(received.body)


def charged(gate, model, operation):
    """The entry of such a call of a model, once it is there."""
    wanted = (model, operation)
    return poll(
        lambda: next((one for one in gate.entries(1) if (one["request_model"], one["operation"]) == wanted), None)
    )


def test_cohere_on_cohere_passes_as_it_is(gate, client):
    told = client.chat(model="on-cohere", messages=TURNS, safety_mode="STRICT")
    assert (told.message.content[0].text, told.usage.billed_units.input_tokens) == ("from Cohere", 5)
    path, body = sent(gate)
    assert (path, body["model"], body["safety_mode"]) == ("/v2/chat", "command-a", "STRICT")


def test_cohere_on_cohere_streams_as_it_is(gate, client):
    events = list(client.chat_stream(model="on-cohere", messages=TURNS))
    assert [event.type for event in events if "tool" in event.type] == [
        "tool-plan-delta",
        "tool-call-start",
        "tool-call-delta",
        "tool-call-delta",
        "tool-call-end",
        "tool-call-start",
        "tool-call-end",
    ]
    assert events[-1].delta.finish_reason == "TOOL_CALL"


def test_cohere_on_openai_is_translated(gate, client):
    told = client.chat(model="on-openai", messages=TURNS, p=0.9, max_tokens=9)
    assert (told.message.content[0].text, told.finish_reason) == ("from OpenAI", "COMPLETE")
    path, body = sent(gate)
    assert (path, body["model"], body["top_p"]) == ("/v1/chat/completions", "served", 0.9)
    assert body["max_completion_tokens"] == 9
    assert not [name for name in gate.fake.received[-1].headers if name.startswith("x-fern-")]


def test_cohere_on_openai_streams(gate, client):
    events = list(client.chat_stream(model="on-openai", messages=TURNS))
    texts = [event.delta.message.content.text for event in events if event.type == "content-delta"]
    assert "".join(texts) == "from OpenAI"
    assert events[-1].delta.usage.billed_units.output_tokens == 3
    assert sent(gate)[1]["stream_options"] == {"include_usage": True}


def test_openai_on_cohere_passes_below_its_compatible_path(gate):
    told = gate.client(openai.OpenAI).chat.completions.create(model="on-cohere", messages=TURNS)
    assert told.choices[0].message.content == OPENAI_CHAT["choices"][0]["message"]["content"]
    assert sent(gate)[0] == "/compatibility/v1/chat/completions"


def test_openai_on_coheres_own_format_is_translated(gate):
    client = gate.client(openai.OpenAI)
    told = client.chat.completions.create(model="on-coheres-own", messages=TURNS, reasoning_effort="low")
    assert (told.choices[0].message.content, told.usage.prompt_tokens) == ("from Cohere", 5)
    path, body = sent(gate)
    assert (path, body["thinking"]) == ("/v2/chat", {"type": "enabled", "token_budget": 2048})
    chunks = list(client.chat.completions.create(model="on-coheres-own", messages=TURNS, stream=True))
    calls = [call for chunk in chunks for call in chunk.choices[0].delta.tool_calls or []]
    assert [call.function.name for call in calls if call.function.name] == ["f", "g"]
    assert chunks[-1].choices[0].finish_reason == "tool_calls"


def test_an_error_of_cohere_is_told_in_the_clients_words(gate, client):
    turns = [{"role": "user", "content": "too much"}]
    with pytest.raises(TooManyRequestsError) as caught:
        client.chat(model="on-cohere", messages=turns, request_options={"max_retries": 0})
    assert caught.value.body == {"id": "e-1", "message": "slow down"}
    with pytest.raises(openai.RateLimitError, match="slow down"):
        gate.client(openai.OpenAI).chat.completions.create(model="on-coheres-own", messages=turns)


def test_a_stranger_is_refused_in_coheres_shape(gate):
    with cohere_client(gate, "tk-nobody") as client, pytest.raises(UnauthorizedError) as caught:
        client.chat(model="on-cohere", messages=TURNS, request_options={"max_retries": 0})
    assert caught.value.body.keys() == {"id", "message"}


@pytest.mark.parametrize(
    ("model", "path"),
    [
        ("on-cohere", "/v2/embed"),
        ("on-openai", "/v1/embeddings"),
        ("on-gemini", "/v1beta/models/gemini-embedding-001:batchEmbedContents"),
        ("on-jina", "/v1/embeddings"),
    ],
)
def test_cohere_embeds_on_every_provider_of_embeddings(gate, client, model, path):
    told = client.embed(model=model, texts=["a", "b"], input_type="search_query", embedding_types=["float"])
    assert told.embeddings.float_ == [VECTOR, VECTOR]
    assert sent(gate)[0] == path


def test_openai_embeds_on_gemini_which_tells_no_usage(gate):
    """The SDK asks for base64, which Gemini does not know; what it did is charged by an estimate."""
    told = gate.client(openai.OpenAI).embeddings.create(model="on-gemini", input=["a", "b"])
    assert [one.embedding for one in told.data] == [VECTOR, VECTOR]
    entry = charged(gate, "on-gemini", "embeddings")
    assert (entry["estimated"], entry["input_tokens"] > 0, entry["output_tokens"]) == (True, True, 0)


def test_google_embeds_on_openai_and_on_gemini_by_another_name(gate):
    client = genai.Client(api_key=gate.key(), http_options={"base_url": gate.url})
    gate.stack.callback(client.close)
    told = client.models.embed_content(model="on-openai", contents=["a", "b"])
    assert [one.values for one in told.embeddings] == [VECTOR, VECTOR]
    client.models.embed_content(model="on-gemini", contents=["a"])
    path, body = sent(gate)
    assert path.startswith("/v1beta/models/gemini-embedding-001:batchEmbedContents")
    assert [one["model"] for one in body["requests"]] == ["models/gemini-embedding-001"]


@pytest.mark.parametrize(
    ("model", "counted"),
    [("on-cohere", {"searches": 1, "input_tokens": 0}), ("on-jina", {"searches": 0, "input_tokens": 9})],
)
def test_cohere_ranks_on_cohere_and_on_jina(gate, client, model, counted):
    told = client.rerank(model=model, query="q", documents=["a", "b"], top_n=1)
    assert [(one.index, one.relevance_score) for one in told.results] == [(1, 0.9)]
    entry = charged(gate, model, "rerank")
    assert {name: entry[name] for name in counted} == counted
    assert not entry["estimated"]


def test_a_client_of_jina_ranks_on_cohere_and_gets_its_documents(gate):
    body = {"model": "on-cohere", "query": "q", "documents": ["a", {"text": "b"}], "top_n": 1}
    told = gate.post("/v1/rerank", body).json()
    assert told["results"] == [{"index": 1, "relevance_score": 0.9, "document": {"text": "b"}}]
    assert told["usage"]["search_units"] == 1
