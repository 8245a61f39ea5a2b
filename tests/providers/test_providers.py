"""A provider is a row; the path of a call follows from the row and the endpoint that the operator gave."""

import pytest

from ext_proc.providers import KINDS

PATHS = [
    ("openai", "chat_completions", "https://api.openai.com", "/v1/chat/completions"),
    ("openai", "chat_completions", "https://api.openai.com/", "/v1/chat/completions"),
    ("openai", "chat_completions", "https://eu.example.com/v1", "/v1/chat/completions"),
    ("openai", "chat_completions", "https://eu.example.com/v1/", "/v1/chat/completions"),
    ("openai", "chat_completions", "https://gw.example.com/openai/v2", "/openai/v2/chat/completions"),
    ("openai-compatible", "chat_completions", "http://127.0.0.1:8000", "/v1/chat/completions"),
    ("openai-compatible", "chat_completions", "http://127.0.0.1:8000/api/v3", "/api/v3/chat/completions"),
    ("anthropic", "messages", "https://api.anthropic.com", "/v1/messages"),
    ("anthropic", "messages", "https://api.anthropic.com/v1", "/v1/messages"),
    ("anthropic", "messages", "https://gw.example.com/anthropic", "/anthropic/v1/messages"),
]


@pytest.mark.parametrize(("kind", "api", "endpoint", "path"), PATHS)
def test_the_path_of_an_api_follows_the_endpoint(kind, api, endpoint, path):
    """An endpoint with or without its version gives one path, never a doubled one."""
    assert KINDS[kind].path(api, endpoint) == path


@pytest.mark.parametrize("row", KINDS.values(), ids=lambda row: row.kind)
def test_every_row_can_be_called(row):
    """A row says where its APIs are and how a credential is presented, in lower case as HTTP/2 has it."""
    assert row.paths
    assert all(path.startswith("/") for path in row.paths.values())
    assert row.auth_header == row.auth_header.lower()
    assert all(name == name.lower() and value for name, value in row.headers)
    assert row.endpoint is None or row.endpoint.startswith("https://")
