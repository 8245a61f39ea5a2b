"""The official SDKs get a count of tokens from a provider of any format, and an estimate where nobody counts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import anthropic
import httpx
import openai
import pytest
from botocore.exceptions import ClientError
from google import genai
from google.genai import types

from tests.fakes import Fake, Received, Response
from tests.gateway import Gateway, gateway
from tests.matrix.clients import Clients, connected

COUNT = 1234
ANSWERS = {
    "/v1/messages/count_tokens": {"input_tokens": COUNT},
    "/v1/responses/input_tokens": {"object": "response.input_tokens", "input_tokens": COUNT},
    "/v1beta/models/gemini-2.5-flash:countTokens": {"totalTokens": COUNT},
    "/model/anthropic.claude-haiku-4-5-20251001-v1:0/count-tokens": {"inputTokens": COUNT},
}
BACKENDS = {
    "anthropic": "claude-haiku-4-5",
    "openai": "gpt-5-mini",
    "gemini": "gemini-2.5-flash",
    "bedrock": "anthropic.claude-haiku-4-5-20251001-v1:0",
    "openai-compatible": "some-model",
}
COUNTING = [kind for kind in BACKENDS if kind != "openai-compatible"]
MODELS = {f"on-{kind}": {"backends": [{"provider": kind, "model": model}]} for kind, model in BACKENDS.items()}
LIMITS = [{"name": "calls", "match": {"model": "on-none"}, "per": ["key"], "requests": 0, "window": "1h"}]
MODELS["on-none"] = MODELS["on-openai-compatible"]


def answer(received: Received) -> Response:
    if b"too much" in received.body:
        return Response([b'{"message": "x"}'], status=500)
    path = received.path.replace("%3A", ":").partition("?")[0]
    return Response([json.dumps(ANSWERS[path]).encode()])


@dataclass(frozen=True, slots=True)
class Counters:
    gate: Gateway
    clients: Clients
    fakes: dict[str, Fake]


@pytest.fixture(scope="module")
def counters(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counters]:
    folder = tmp_path_factory.mktemp("counting")
    with ExitStack() as stack:
        fakes = {kind: stack.enter_context(Fake(answer)) for kind in BACKENDS}
        providers = {kind: provider(folder, kind, fake.url) for kind, fake in fakes.items()}
        gate = stack.enter_context(gateway(folder, "1.40", answer, answer, providers, models=MODELS, limits=LIMITS))
        yield Counters(gate, stack.enter_context(connected(gate.url, gate.key())), fakes)


def provider(folder, kind, url):
    secret = folder / f"{kind}.key"
    secret.write_text(f"sk-canary-{kind}")
    endpoint = f"{url}/v1" if kind == "openai-compatible" else url
    return {"kind": kind, "endpoint": endpoint, "credential": {"file": str(secret)}}


def by_anthropic(clients, model, text="hi"):
    return clients.anthropic.messages.count_tokens(
        model=model, system="be kind", messages=[{"role": "user", "content": text}]
    ).input_tokens


def by_openai(clients, model, text="hi"):
    return clients.openai.responses.input_tokens.count(model=model, instructions="be kind", input=text).input_tokens


def by_google(clients, model, text="hi"):
    return clients.genai.models.count_tokens(model=model, contents=text).total_tokens


def by_amazon(clients, model, text="hi"):
    messages = [{"role": "user", "content": [{"text": text}]}]
    said = {"converse": {"system": [{"text": "be kind"}], "messages": messages}}
    return clients.bedrock.count_tokens(modelId=model, input=said)["inputTokens"]


ASKED = {"anthropic": by_anthropic, "openai": by_openai, "google-genai": by_google, "boto3": by_amazon}
ERRORS = (anthropic.APIStatusError, openai.APIStatusError, genai.errors.APIError, ClientError)


@pytest.mark.parametrize("kind", COUNTING)
@pytest.mark.parametrize("client", ASKED)
def test_every_client_is_told_the_count_of_every_provider(counters, client, kind):
    before = len(counters.fakes[kind].received)
    assert ASKED[client](counters.clients, f"on-{kind}") == COUNT
    sent = counters.fakes[kind].received[before:]
    assert len(sent) == 1
    assert "hi" in sent[0].body.decode()
    assert "max_tokens" not in sent[0].json
    assert f"on-{kind}" not in sent[0].body.decode()


@pytest.mark.parametrize("client", ASKED)
def test_where_nobody_counts_every_client_gets_an_estimate(counters, client):
    counted = ASKED[client](counters.clients, "on-openai-compatible", "hi " * 300)
    assert 300 <= counted <= 500
    assert counters.fakes["openai-compatible"].received == []


def test_an_estimate_says_that_it_is_one_and_is_on_record_as_a_call_without_tokens(counters):
    raw = counters.clients.anthropic.messages.with_raw_response.count_tokens(
        model="on-openai-compatible", messages=[{"role": "user", "content": "hi"}]
    )
    assert raw.headers["x-tollkeeper-estimated"] == "true"
    entry = counters.gate.entry(raw.headers["x-tollkeeper-decision"])
    assert (entry["outcome"], entry["status"], entry["operation"]) == ("served", 200, "count_tokens")
    assert (entry["input_tokens"], entry["output_tokens"], entry["cost_nano"] or 0) == (0, 0, 0)


def test_a_count_is_on_record_as_a_call_without_tokens(counters):
    raw = counters.clients.anthropic.messages.with_raw_response.count_tokens(
        model="on-gemini", messages=[{"role": "user", "content": "hi"}]
    )
    assert "x-tollkeeper-estimated" not in raw.headers
    entry = counters.gate.entry(raw.headers["x-tollkeeper-decision"])
    assert (entry["outcome"], entry["provider"], entry["operation"]) == ("served", "gcp.gemini", "count_tokens")
    assert (entry["input_tokens"], entry["output_tokens"], entry["cost_nano"] or 0) == (0, 0, 0)


@pytest.mark.parametrize("client", ASKED)
@pytest.mark.parametrize(("model", "text"), [("on-none", "hi"), ("on-gemini", "too much"), ("no-such", "hi")])
def test_every_client_raises_its_own_error(counters, client, model, text):
    with pytest.raises(ERRORS) as caught:
        ASKED[client](counters.clients, model, text)
    expected = {"on-none": 429, "on-gemini": 500, "no-such": 404}[model]
    assert status_of(caught.value) == expected


def status_of(error):
    if isinstance(error, ClientError):
        return error.response["ResponseMetadata"]["HTTPStatusCode"]
    return error.code if isinstance(error, genai.errors.APIError) else error.status_code


def test_googles_client_lists_the_models_of_its_key(counters):
    names = [model.name for model in counters.clients.genai.models.list()]
    assert "models/on-gemini" in names
    assert counters.clients.genai.models.get(model="on-gemini").display_name == "on-gemini"
    scoped = counters.gate.key("scoped", "--model", "on-gemini")
    options = types.HttpOptions(base_url=counters.gate.url)
    with genai.Client(api_key=scoped, http_options=options) as client:
        assert [model.name for model in client.models.list()] == ["models/on-gemini"]
        with pytest.raises(genai.errors.ClientError) as caught:
            client.models.get(model="on-openai")
    assert caught.value.code == 404


def test_the_older_path_lists_them_as_well(counters):
    answer = httpx.get(f"{counters.gate.url}/v1beta/models", headers={"x-goog-api-key": counters.gate.key()})
    assert {"models/on-gemini", "models/on-bedrock"} <= {model["name"] for model in answer.json()["models"]}
