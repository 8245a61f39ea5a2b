"""A provider is a row; the path of a call follows from the row and the endpoint that the operator gave."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from ext_proc.apis import APIS
from ext_proc.providers import KINDS
from ext_proc.render.envoy import KNOWN_VERSIONS, render
from ext_proc.settings import Settings
from tests.envoy.proxy import validate

EVERY_ROW = pytest.mark.parametrize("row", KINDS.values(), ids=KINDS)
AZURE, BEDROCK = "https://r.openai.azure.com", "https://bedrock-runtime.eu-west-1.amazonaws.com"
LOCAL = "http://127.0.0.1:8000"

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
    ("bedrock", "converse", BEDROCK, "/model/{model}/converse"),
    ("cerebras", "chat_completions", None, "/v1/chat/completions"),
    ("cohere", "chat_completions", None, "/compatibility/v1/chat/completions"),
    ("cohere", "embeddings", None, "/compatibility/v1/embeddings"),
    ("deepseek", "chat_completions", None, "/chat/completions"),
    ("fireworks", "chat_completions", None, "/inference/v1/chat/completions"),
    ("fireworks", "messages", None, "/inference/v1/messages"),
    ("gemini", "generate_content", None, "/v1beta/models/{model}:generateContent"),
    ("gemini", "generate_content", "https://g.example.com/v1", "/v1/models/{model}:generateContent"),
    ("groq", "responses", None, "/openai/v1/responses"),
    ("lmstudio", "chat_completions", LOCAL, "/v1/chat/completions"),
    ("mistral", "moderations", None, "/v1/moderations"),
    ("nvidia", "chat_completions", None, "/v1/chat/completions"),
    ("ollama", "chat_completions", LOCAL, "/v1/chat/completions"),
    ("openrouter", "messages", None, "/api/v1/messages"),
    ("perplexity", "chat_completions", None, "/chat/completions"),
    ("perplexity", "responses", None, "/v1/responses"),
    ("perplexity", "embeddings", "https://api.perplexity.ai/v1", "/v1/embeddings"),
    ("sglang", "completions", LOCAL, "/v1/completions"),
    ("tgi", "completions", f"{LOCAL}/v1", "/v1/completions"),
    ("together", "embeddings", None, "/v1/embeddings"),
    ("vllm", "messages", LOCAL, "/v1/messages"),
    ("xai", "responses", None, "/v1/responses"),
]
STREAM_PATHS = [
    ("gemini", "generate_content", None, "/v1beta/models/{model}:streamGenerateContent?alt=sse"),
    ("bedrock", "converse", BEDROCK, "/model/{model}/converse-stream"),
    ("openai", "chat_completions", None, "/v1/chat/completions"),
]
HEADERS = {
    "anthropic": ("x-api-key", ""),
    "azure": ("api-key", ""),
    "gemini": ("x-goog-api-key", ""),
}
"""How a credential is presented where it is not as a bearer's token."""

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
    assert KINDS[kind].path(api, endpoint or KINDS[kind].endpoint) == path


@pytest.mark.parametrize(("kind", "api", "endpoint", "path"), STREAM_PATHS)
def test_a_stream_may_have_a_path_of_its_own(kind, api, endpoint, path):
    assert KINDS[kind].path(api, endpoint or KINDS[kind].endpoint, stream=True) == path


def test_every_row_has_its_path_told_here():
    assert {kind for kind, *_ in PATHS} == KINDS.keys()


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


@pytest.mark.parametrize(("kind", "known"), KNOWN.items(), ids=KNOWN)
def test_members_are_written_as_the_provider_knows_them(kind, known):
    """A cap above all: under a name that is ignored it would let a call write more than was reserved."""
    assert KINDS[kind].fitted("chat_completions", WRITTEN) == known


@EVERY_ROW
def test_members_of_other_apis_are_left_alone(row):
    assert row.fitted("embeddings", WRITTEN) == WRITTEN


def test_envoy_takes_every_row_in_one_configuration(tmp_path):
    settings = Settings(
        providers={
            kind: {"kind": kind, **({} if row.endpoint else {"endpoint": LOCAL})} for kind, row in KINDS.items()
        },
        models={kind: {"backends": [{"provider": kind}]} for kind in KINDS},
    )
    version = KNOWN_VERSIONS[-1]
    verdict = validate(version, render(settings, version=version), tmp_path)
    assert verdict.returncode == 0, verdict.stderr[-2000:]
