"""Models in clouds, through a real Envoy: the path, the key and the body that each kind of provider gets there."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from mistralai.client import Mistral

from tests.fakes import Fake, Response
from tests.gateway import gateway
from tests.matrix.converse_script import PATH, converse_answer
from tests.matrix.gemini_script import gemini_answer
from tests.sdks.scripts import SCENARIOS, USAGE, anthropic_answer, openai_answer

VERTEX = "/v1/projects/my-project/locations/europe-west4"
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
    "oss": {"backends": [{"provider": "bedrock", "model": "openai.gpt-oss-20b-1:0"}]},
    "oss-by-converse": {"backends": [{"provider": "bedrock", "model": CONVERSE, "api": "converse"}]},
    "mistral": {"backends": [{"provider": "mistral", "model": "mistral-large-latest"}]},
    "mistral-embed": {"backends": [{"provider": "mistral"}]},
}
CALLS = [
    # asked for, whole and as a stream: the paths, and how the key is presented
    ("deployed", DEPLOYED, DEPLOYED, ("api-key", "sk-canary-azure")),
    (
        "gemini",
        f"{GOOGLE}:generateContent",
        f"{GOOGLE}:streamGenerateContent?alt=sse",
        ("authorization", "Bearer sk-canary-vertex"),
    ),
    ("llama", *2 * (f"{VERTEX}/endpoints/openapi/chat/completions",), ("authorization", "Bearer sk-canary-vertex")),
    ("claude", f"{PATH}converse", f"{PATH}converse-stream", ("authorization", "Bearer sk-canary-bedrock")),
    ("oss", *2 * ("/openai/v1/chat/completions",), ("authorization", "Bearer sk-canary-bedrock")),
    ("oss-by-converse", f"{PATH}converse", f"{PATH}converse-stream", ("authorization", "Bearer sk-canary-bedrock")),
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


def answer(received):
    """What a cloud answers, by the path that it is called at."""
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
