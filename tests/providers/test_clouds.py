"""Models in clouds, through a real Envoy: the path, the key and the body that each kind of provider gets there."""

from __future__ import annotations

import base64
import json
from dataclasses import replace

import anthropic
import pytest
from mistralai.client import Mistral

from ext_proc.apis.eventstream import encode
from tests.fakes import Fake, Response
from tests.gateway import gateway
from tests.matrix.clients import connected
from tests.matrix.converse_script import PATH, converse_answer
from tests.matrix.gemini_script import gemini_answer
from tests.sdks.scripts import SCENARIOS, USAGE, anthropic_answer, openai_answer

VERTEX = "/v1/projects/my-project/locations/europe-west4"
ANTHROPIC = f"{VERTEX}/publishers/anthropic/models/claude-haiku-4-5%4020251001"
GOOGLE = f"{VERTEX}/publishers/google/models/gemini-2.5-flash"
DEPLOYED = "/openai/deployments/my-deployment/chat/completions?api-version=2024-10-21"
CONVERSE = "anthropic.claude-haiku-4-5-20251001-v1:0"
CLOUDS = {
    "azure": {"kind": "azure-deployments", "api_version": "2024-10-21"},
    "vertex": {"kind": "vertex", "project": "my-project", "region": "europe-west4"},
    "bedrock": {"kind": "bedrock", "region": "eu-central-1"},
    "mistral": {"kind": "mistral"},
}
MODELS = {
    "deployed": {"backends": [{"provider": "azure", "model": "my-deployment"}]},
    "gemini": {"backends": [{"provider": "vertex", "model": "gemini-2.5-flash"}]},
    "llama": {"backends": [{"provider": "vertex", "model": "meta/llama-3.3-70b-instruct-maas"}]},
    "claude": {"backends": [{"provider": "bedrock", "model": CONVERSE}]},
    "claude-invoked": {"backends": [{"provider": "bedrock", "model": CONVERSE, "api": "invoke_model"}]},
    "claude-on-vertex": {"backends": [{"provider": "vertex", "model": "claude-haiku-4-5@20251001"}]},
    "oss": {"backends": [{"provider": "bedrock", "model": "openai.gpt-oss-20b-1:0"}]},
    "oss-by-converse": {"backends": [{"provider": "bedrock", "model": CONVERSE, "api": "converse"}]},
    "mistral": {"backends": [{"provider": "mistral", "model": "mistral-large-latest"}]},
    "mistral-embed": {"backends": [{"provider": "mistral"}]},
}
VERTEX_KEY = ("authorization", "Bearer sk-canary-vertex")
BEDROCK_KEY = ("authorization", "Bearer sk-canary-bedrock")
CALLS = [
    # asked for, whole and as a stream: the paths, and how the key is presented
    ("deployed", DEPLOYED, DEPLOYED, ("api-key", "sk-canary-azure")),
    (
        "gemini",
        f"{GOOGLE}:generateContent",
        f"{GOOGLE}:streamGenerateContent?alt=sse",
        VERTEX_KEY,
    ),
    ("llama", *2 * (f"{VERTEX}/endpoints/openapi/chat/completions",), VERTEX_KEY),
    ("claude", f"{PATH}converse", f"{PATH}converse-stream", BEDROCK_KEY),
    ("claude-invoked", f"{PATH}invoke", f"{PATH}invoke-with-response-stream", BEDROCK_KEY),
    ("claude-on-vertex", f"{ANTHROPIC}:rawPredict", f"{ANTHROPIC}:streamRawPredict", VERTEX_KEY),
    ("oss", *2 * ("/openai/v1/chat/completions",), BEDROCK_KEY),
    ("oss-by-converse", f"{PATH}converse", f"{PATH}converse-stream", BEDROCK_KEY),
    ("mistral", *2 * ("/v1/chat/completions",), ("authorization", "Bearer sk-canary-mistral")),
]
EMBEDDED = json.dumps(
    {
        "id": "embd-fake",
        "object": "list",
        "model": "mistral-embed",
        "data": [{"object": "embedding", "embedding": [0.5, -1.0], "index": 0}],
        "usage": {"prompt_tokens": 4, "total_tokens": 4, "completion_tokens": 0},
    }
).encode()


def claude_answer(received):
    """Messages, whose model and stream the path says; Bedrock has a frame of its own around each event."""
    stream = "stream" in received.path
    told = anthropic_answer(
        replace(received, body=json.dumps({**received.json, "model": "m", "stream": stream}).encode())
    )
    if not stream or "/invoke" not in received.path:
        return told
    events = [chunk.decode().partition("data: ")[2].strip() for chunk in told.chunks]
    kind = {":message-type": "event", ":event-type": "chunk", ":content-type": "application/json"}
    wrapped = [json.dumps({"bytes": base64.b64encode(event.encode()).decode()}).encode() for event in events]
    return Response([encode(kind, one) for one in wrapped], content_type="application/vnd.amazon.eventstream")


def answer(received):
    """What a cloud answers, by the path that it is called at."""
    if "/invoke" in received.path or "/publishers/anthropic/" in received.path:
        return claude_answer(received)
    if received.path.startswith("/model/"):
        return converse_answer(received)
    if "/publishers/google/" in received.path:
        return gemini_answer(replace(received, path=received.path.replace(f"{VERTEX}/publishers/google", "/v1beta")))
    return Response([EMBEDDED]) if received.path.endswith("/embeddings") else openai_answer(received)


@pytest.fixture(scope="module")
def clouds(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clouds")
    with Fake(answer) as fake:
        for name in CLOUDS:
            (folder / name).write_text(f"sk-canary-{name}")
        providers = {
            name: {**said, "endpoint": fake.url, "credential": {"file": str(folder / name)}}
            for name, said in CLOUDS.items()
        }
        with gateway(folder, "1.40", openai_answer, anthropic_answer, providers, models=MODELS) as gate:
            yield gate, fake


@pytest.mark.parametrize(("model", "whole", "streamed", "key"), CALLS, ids=[call[0] for call in CALLS])
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_a_model_in_a_cloud_is_called_at_its_own_path_with_its_own_key(clouds, model, whole, streamed, key, stream):
    gate, fake = clouds
    asked = {"model": model, "messages": [{"role": "user", "content": "text"}], "stream": stream}
    given = gate.client().chat.completions.create(**asked)
    texts = [chunk.choices[0].delta.content or "" for chunk in given if chunk.choices] if stream else None
    received = fake.received[-1]
    assert ("".join(texts) if stream else given.choices[0].message.content) == SCENARIOS["text"]["text"]
    assert received.path == (streamed if stream else whole)
    assert received.headers[key[0]] == key[1]
    assert not [value for value in received.headers.values() if "tk-" in value]


CLAUDES = {
    "claude": (f"{PATH}invoke", f"{PATH}invoke-with-response-stream", "bedrock-2023-05-31"),
    "claude-on-vertex": (f"{ANTHROPIC}:rawPredict", f"{ANTHROPIC}:streamRawPredict", "vertex-2023-10-16"),
}


@pytest.mark.parametrize("model", CLAUDES)
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_anthropics_client_reaches_claude_in_a_cloud_by_its_own_words(clouds, model, stream):
    gate, fake = clouds
    asked = {"model": model, "max_tokens": 99, "messages": [{"role": "user", "content": "text"}]}
    client = gate.client(anthropic.Anthropic)
    if stream:
        with client.messages.stream(**asked) as events:
            text = events.get_final_text()
    else:
        text = client.messages.create(**asked).content[0].text
    received = fake.received[-1]
    assert text == SCENARIOS["text"]["text"]
    assert received.path == CLAUDES[model][stream]
    assert received.json["anthropic_version"] == CLAUDES[model][2]
    assert "model" not in received.json


def test_amazons_client_reaches_claude_by_invoke_model(clouds):
    gate, fake = clouds
    body = {
        "anthropic_version": "bedrock-2023-05-31",
        "max_tokens": 9,
        "messages": [{"role": "user", "content": "text"}],
    }
    with connected(gate.url, gate.key()) as clients:
        answer = clients.bedrock.invoke_model(modelId="claude", body=json.dumps(body))
    assert json.loads(answer["body"].read())["content"][0]["text"] == SCENARIOS["text"]["text"]
    assert (fake.received[-1].path, fake.received[-1].json) == (f"{PATH}invoke", body)


def test_what_a_cloud_answers_is_metered(clouds):
    gate, _ = clouds
    raw = gate.client().chat.completions.with_raw_response.create(
        model="gemini", messages=[{"role": "user", "content": "text"}]
    )
    entry = gate.entry(raw.headers["x-tollkeeper-decision"])
    assert entry["provider"] == "gcp.vertex_ai"
    assert (entry["input_tokens"], entry["output_tokens"]) == (USAGE["input"], USAGE["output"])


def test_embeddings_of_mistral_reach_its_own_client(clouds):
    gate, fake = clouds
    with Mistral(api_key=gate.key(), server_url=gate.url, timeout_ms=20_000) as client:
        answer = client.embeddings.create(model="mistral-embed", inputs=["a"])
    assert (answer.data[0].embedding, answer.usage.prompt_tokens) == ([0.5, -1.0], 4)
    assert fake.received[-1].path == "/v1/embeddings"


def test_what_mistral_refuses_is_taken_out_of_a_clients_own_bytes(clouds):
    gate, fake = clouds
    gate.client().chat.completions.create(
        model="mistral",
        messages=[{"role": "developer", "content": "Be brief."}, {"role": "user", "content": "text"}],
        max_completion_tokens=99,
        seed=7,
        user="u",
        temperature=0.5,
    )
    assert fake.received[-1].json == {
        "model": "mistral-large-latest",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "text"}],
        "max_tokens": 99,
        "random_seed": 7,
        "temperature": 0.5,
    }
