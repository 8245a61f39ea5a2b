"""Vendors with a wire format of their own."""

from __future__ import annotations

from ext_proc.providers.provider import Provider

OWN_FORMATS = (
    # https://platform.claude.com/docs/en/api/overview
    Provider(
        kind="anthropic",
        name="anthropic",
        endpoint="https://api.anthropic.com",
        paths={"messages": "/v1/messages"},
        auth_header="x-api-key",
        auth_prefix="",
        headers=(("anthropic-version", "2023-06-01"),),
    ),
    # https://ai.google.dev/api/generate-content
    Provider(
        kind="gemini",
        name="gcp.gemini",
        endpoint="https://generativelanguage.googleapis.com",
        base="/v1beta",
        paths={"generate_content": "/models/{model}:generateContent"},
        stream_paths={"generate_content": "/models/{model}:streamGenerateContent?alt=sse"},
        auth_header="x-goog-api-key",
        auth_prefix="",
    ),
    # https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys-use.html
    Provider(
        kind="bedrock",
        name="aws.bedrock",
        endpoint=None,
        paths={"converse": "/model/{model}/converse"},
        stream_paths={"converse": "/model/{model}/converse-stream"},
    ),
)
