"""A provider is a row; the path of a call follows from the row and the endpoint that the operator gave."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from ext_proc.apis import APIS
from ext_proc.providers import KINDS
from ext_proc.providers.provider import placed
from ext_proc.render.envoy import KNOWN_VERSIONS, render
from ext_proc.settings import Settings
from ext_proc.snapshot import upstreams
from tests.envoy.proxy import validate

EVERY_ROW = pytest.mark.parametrize("row", KINDS.values(), ids=KINDS)
AZURE, BEDROCK = "https://r.openai.azure.com", "https://bedrock-runtime.eu-west-1.amazonaws.com"
LOCAL = "http://127.0.0.1:8000"
PLACE = {"project": "p", "region": "europe-west4", "api_version": "2024-10-21"}

VERTEX, DEPLOYED = "/v1/projects/p/locations/europe-west4", "/openai/deployments/{model}"

PATHS = [
    ("openai", "chat_completions", "https://api.openai.com", "/v1/chat/completions"),
    ("openai", "chat_completions", "https://api.openai.com/", "/v1/chat/completions"),
    ("openai", "chat_completions", "https://eu.example.com/v1", "/v1/chat/completions"),
    ("openai", "chat_completions", "https://eu.example.com/v1/", "/v1/chat/completions"),
    ("openai", "chat_completions", "https://gw.example.com/openai/v2", "/openai/v2/chat/completions"),
    ("openai", "responses", "https://api.openai.com", "/v1/responses"),
    ("openai", "completions", "https://api.openai.com", "/v1/completions"),
    ("openai", "embeddings", "https://api.openai.com", "/v1/embeddings"),
    ("openai", "moderations", "https://api.openai.com", "/v1/moderations"),
    ("openai-compatible", "chat_completions", LOCAL, "/v1/chat/completions"),
    ("openai-compatible", "chat_completions", f"{LOCAL}/api/v3", "/api/v3/chat/completions"),
    ("openai-compatible", "embeddings", LOCAL, "/v1/embeddings"),
    ("anthropic", "messages", "https://api.anthropic.com", "/v1/messages"),
    ("anthropic", "messages", "https://api.anthropic.com/v1", "/v1/messages"),
    ("anthropic", "messages", "https://gw.example.com/anthropic", "/anthropic/v1/messages"),
    ("azure", "chat_completions", AZURE, "/openai/v1/chat/completions"),
    ("azure", "responses", f"{AZURE}/openai/v1/", "/openai/v1/responses"),
    ("azure", "embeddings", AZURE, "/openai/v1/embeddings"),
    ("openai", "files_create", None, "/v1/files"),
    ("openai", "files_content", "https://eu.example.com/v1", "/v1/files/{id}/content"),
    ("azure", "batches_cancel", AZURE, "/openai/v1/batches/{id}/cancel"),
    ("openai-compatible", "batches_list", LOCAL, "/v1/batches"),
    ("alibaba", "chat_completions", None, "/compatible-mode/v1/chat/completions"),
    ("azure-deployments", "chat_completions", AZURE, f"{DEPLOYED}/chat/completions?api-version=2024-10-21"),
    ("azure-deployments", "transcriptions", AZURE, f"{DEPLOYED}/audio/transcriptions?api-version=2024-10-21"),
    ("azure-deployments", "embeddings", f"{AZURE}/", f"{DEPLOYED}/embeddings?api-version=2024-10-21"),
    ("azure-deployments", "completions", "https://g.example.com/t", f"/t{DEPLOYED}/completions?api-version=2024-10-21"),
    ("bedrock", "converse", None, "/model/{model}/converse"),
    ("bedrock", "converse", BEDROCK, "/model/{model}/converse"),
    ("bedrock", "invoke_model", None, "/model/{model}/invoke"),
    ("bedrock", "chat_completions", None, "/openai/v1/chat/completions"),
    ("bedrock", "responses", None, "/openai/v1/responses"),
    ("baseten", "chat_completions", None, "/v1/chat/completions"),
    ("cerebras", "chat_completions", None, "/v1/chat/completions"),
    ("cohere", "cohere_chat", None, "/v2/chat"),
    ("cohere", "cohere_embed", None, "/v2/embed"),
    ("cohere", "cohere_rerank", "https://gw.example.com/cohere", "/cohere/v2/rerank"),
    ("cohere", "chat_completions", None, "/compatibility/v1/chat/completions"),
    ("cohere", "embeddings", None, "/compatibility/v1/embeddings"),
    ("deepinfra", "embeddings", None, "/v1/openai/embeddings"),
    ("deepseek", "chat_completions", None, "/chat/completions"),
    ("fireworks", "chat_completions", None, "/inference/v1/chat/completions"),
    ("fireworks", "messages", None, "/inference/v1/messages"),
    ("gemini", "generate_content", None, "/v1beta/models/{model}:generateContent"),
    ("gemini", "generate_content", "https://g.example.com/v1", "/v1/models/{model}:generateContent"),
    ("github", "chat_completions", None, "/inference/chat/completions"),
    ("groq", "responses", None, "/openai/v1/responses"),
    ("huggingface", "chat_completions", None, "/v1/chat/completions"),
    ("gemini", "embed_content", None, "/v1beta/models/{model}:embedContent"),
    ("gemini", "batch_embed_contents", None, "/v1beta/models/{model}:batchEmbedContents"),
    ("jina", "rerank", None, "/v1/rerank"),
    ("jina", "embeddings", None, "/v1/embeddings"),
    ("novita", "rerank", None, "/openai/v1/rerank"),
    ("openai-compatible", "rerank", LOCAL, "/v1/rerank"),
    ("openrouter", "rerank", None, "/api/v1/rerank"),
    ("together", "rerank", None, "/v1/rerank"),
    ("vllm", "rerank", LOCAL, "/v1/rerank"),
    ("lmstudio", "chat_completions", LOCAL, "/v1/chat/completions"),
    ("mistral", "moderations", None, "/v1/moderations"),
    ("minimax", "chat_completions", None, "/v1/chat/completions"),
    ("moonshot", "responses", None, "/v1/responses"),
    ("nebius", "embeddings", None, "/v1/embeddings"),
    ("novita", "completions", None, "/openai/v1/completions"),
    ("nvidia", "chat_completions", None, "/v1/chat/completions"),
    ("ollama", "chat_completions", LOCAL, "/v1/chat/completions"),
    ("ollama", "messages", LOCAL, "/v1/messages"),
    ("openrouter", "messages", None, "/api/v1/messages"),
    ("perplexity", "chat_completions", None, "/chat/completions"),
    ("perplexity", "responses", None, "/v1/responses"),
    ("perplexity", "embeddings", "https://api.perplexity.ai/v1", "/v1/embeddings"),
    ("sambanova", "chat_completions", None, "/v1/chat/completions"),
    ("sglang", "completions", LOCAL, "/v1/completions"),
    ("tgi", "completions", f"{LOCAL}/v1", "/v1/completions"),
    ("together", "embeddings", None, "/v1/embeddings"),
    ("vertex", "generate_content", None, f"{VERTEX}/publishers/google/models/{{model}}:generateContent"),
    ("vertex", "generate_content", LOCAL, f"{VERTEX}/publishers/google/models/{{model}}:generateContent"),
    ("vertex", "raw_predict", None, f"{VERTEX}/publishers/anthropic/models/{{model}}:rawPredict"),
    ("vertex", "chat_completions", f"{LOCAL}/v1", f"{VERTEX}/endpoints/openapi/chat/completions"),
    ("vllm", "messages", LOCAL, "/v1/messages"),
    ("xai", "responses", None, "/v1/responses"),
    ("zai", "chat_completions", None, "/api/paas/v4/chat/completions"),
]
STREAM_PATHS = [
    ("gemini", "generate_content", None, "/v1beta/models/{model}:streamGenerateContent?alt=sse"),
    ("bedrock", "converse", BEDROCK, "/model/{model}/converse-stream"),
    ("bedrock", "invoke_model", BEDROCK, "/model/{model}/invoke-with-response-stream"),
    ("vertex", "generate_content", None, f"{VERTEX}/publishers/google/models/{{model}}:streamGenerateContent?alt=sse"),
    ("vertex", "raw_predict", None, f"{VERTEX}/publishers/anthropic/models/{{model}}:streamRawPredict"),
    ("openai", "chat_completions", None, "/v1/chat/completions"),
]
HEADERS = {
    "anthropic": ("x-api-key", ""),
    "azure": ("api-key", ""),
    "azure-deployments": ("api-key", ""),
    "gemini": ("x-goog-api-key", ""),
}
"""How a credential is presented where it is not as a bearer's token."""

CLAUDE, OSS = "eu.anthropic.claude-sonnet-4-5-20250929-v1:0", "openai.gpt-oss-20b-1:0"
CALLED_IN = [
    ("vertex", "chat_completions", "gemini-2.5-flash", "generate_content"),
    ("vertex", "messages", "gemini-2.5-flash", "generate_content"),
    ("vertex", "generate_content", "gemini-2.5-flash", "generate_content"),
    ("vertex", "chat_completions", "meta/llama-3.3-70b-instruct-maas", "chat_completions"),
    ("vertex", "generate_content", "google/gemini-2.5-flash", "chat_completions"),
    ("vertex", "chat_completions", "claude-sonnet-4-5@20250929", "raw_predict"),
    ("vertex", "messages", "claude-sonnet-4-5", "raw_predict"),
    ("vertex", "generate_content", "claude-sonnet-4-5", "raw_predict"),
    ("vertex", "embeddings", "gemini-embedding-001", None),
    ("bedrock", "chat_completions", CLAUDE, "converse"),
    ("bedrock", "messages", CLAUDE, "invoke_model"),
    ("bedrock", "invoke_model", CLAUDE, "invoke_model"),
    ("bedrock", "converse", CLAUDE, "converse"),
    ("bedrock", "messages", "amazon.nova-pro-v1:0", "converse"),
    ("anthropic", "invoke_model", "claude-sonnet-4-5", "messages"),
    ("bedrock", "responses", CLAUDE, "converse"),
    ("bedrock", "chat_completions", OSS, "chat_completions"),
    ("bedrock", "responses", OSS, "chat_completions"),
    ("bedrock", "converse", OSS, "converse"),
    ("bedrock", "responses", "us.openai.gpt-5", "responses"),
    ("openai", "messages", "gpt-4o", "chat_completions"),
    ("openai", "embeddings", "text-embedding-3-small", "embeddings"),
]
NAMED = [
    ("chat_completions", "converse", "converse"),
    ("messages", "responses", "responses"),
    ("converse", None, "converse"),
    ("embeddings", "converse", None),
]
HOSTS = [
    ("bedrock", "eu-central-1", "https://bedrock-runtime.eu-central-1.amazonaws.com"),
    ("vertex", "europe-west4", "https://europe-west4-aiplatform.googleapis.com"),
    ("vertex", "global", "https://aiplatform.googleapis.com"),
    ("vertex", "eu", "https://aiplatform.eu.rep.googleapis.com"),
]

WRITTEN = {"max_completion_tokens": 9, "seed": 7, "stream_options": {"include_usage": True}, "user": "u", "top_p": 1}
KNOWN = {
    "openai": WRITTEN,
    "ollama": {"max_tokens": 9, "seed": 7, "stream_options": {"include_usage": True}, "user": "u", "top_p": 1},
    "mistral": {"max_tokens": 9, "random_seed": 7, "top_p": 1},
    "cohere": {"max_tokens": 9, "seed": 7, "top_p": 1},
    "perplexity": {"max_tokens": 9, "top_p": 1},
}


@pytest.mark.parametrize(("kind", "api", "endpoint", "path"), PATHS)
def test_the_path_of_an_api_follows_the_endpoint(kind, api, endpoint, path):
    """An endpoint with or without its version gives one path, never a doubled one."""
    assert placed(KINDS[kind].path(api, endpoint or KINDS[kind].endpoint), PLACE) == path


@pytest.mark.parametrize(("kind", "api", "endpoint", "path"), STREAM_PATHS)
def test_a_stream_may_have_a_path_of_its_own(kind, api, endpoint, path):
    assert placed(KINDS[kind].path(api, endpoint or KINDS[kind].endpoint, stream=True), PLACE) == path


@EVERY_ROW
def test_every_row_can_be_called(row):
    """A row says where its APIs are and how a credential is presented, in lower case as HTTP/2 has it."""
    assert row.paths
    assert all(path.startswith("/") for path in (*row.paths.values(), *row.stream_paths.values()))
    assert row.base == "" or (row.base.startswith("/") and not row.base.endswith("/"))
    assert (row.auth_header, row.auth_prefix) == HEADERS.get(row.kind, ("authorization", "Bearer "))
    assert row.auth_header == row.auth_header.lower()
    assert all(name == name.lower() and value for name, value in row.headers)


@EVERY_ROW
def test_every_endpoint_is_a_host_and_nothing_else(row):
    """The path of the version stands in `base`, so that an operator's endpoint can replace both or one."""
    url = urlsplit(row.endpoint or "https://own")
    assert (url.scheme, url.path, url.query, url.port) == ("https", "", "", None)


@EVERY_ROW
def test_every_row_names_apis_that_there_are(row):
    assert row.paths.keys() <= APIS.keys()
    assert row.stream_paths.keys() <= row.paths.keys()
    assert row.models.keys() <= row.paths.keys()


@EVERY_ROW
@pytest.mark.parametrize("model", ["a-model", "gpt-4o", "claude-sonnet-4-5", "meta/llama", "openai.gpt-oss-20b-1:0"])
def test_every_row_serves_a_model_of_any_name(row, model):
    """What a name says never leaves a model without an API."""
    assert any(row.serves(api, model) for api in row.paths)


@pytest.mark.parametrize(("kind", "client", "model", "api"), CALLED_IN)
def test_which_api_a_model_is_called_in_follows_from_its_name(kind, client, model, api):
    assert upstream(kind).api_for(client, model) == api


@pytest.mark.parametrize(("client", "named", "api"), NAMED)
def test_a_backend_names_the_api_for_the_calls_that_can_be_translated_to_it(client, named, api):
    assert upstream("bedrock").api_for(client, "openai.gpt-5", named) == api


@pytest.mark.parametrize(("kind", "region", "host"), HOSTS)
def test_the_host_follows_the_region(kind, region, host):
    place = {"region": region, **({"project": "p"} if kind == "vertex" else {})}
    assert settings_of(kind, **place).providers[kind].address == host


@pytest.mark.parametrize(("kind", "known"), KNOWN.items(), ids=KNOWN)
def test_members_are_written_as_the_provider_knows_them(kind, known):
    """A cap above all: under a name that is ignored it would let a call write more than was reserved."""
    assert KINDS[kind].fitted("chat_completions", WRITTEN) == known


@EVERY_ROW
def test_members_of_other_apis_are_left_alone(row):
    assert row.fitted("embeddings", WRITTEN) == WRITTEN


def needed(kind):
    """The least that the settings must say of a provider of this kind."""
    row = KINDS[kind]
    return {name: PLACE[name] for name in row.needs()} | ({} if row.endpoint else {"endpoint": LOCAL})


def settings_of(*kinds, **said):
    return Settings(
        providers={kind: {"kind": kind, **(said or needed(kind))} for kind in kinds},
        models={kind: {"backends": [{"provider": kind}]} for kind in kinds},
    )


def upstream(kind):
    return upstreams(settings_of(kind), {})[kind]


def test_envoy_takes_every_row_in_one_configuration(tmp_path):
    settings = settings_of(*KINDS)
    version = KNOWN_VERSIONS[-1]
    verdict = validate(version, render(settings, version=version), tmp_path)
    assert verdict.returncode == 0, verdict.stderr[-2000:]
