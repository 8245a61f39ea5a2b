"""The table of providers. To add one of a known format, add its row."""

from __future__ import annotations

from ext_proc.providers.provider import Provider

_ROWS = (
    Provider(
        kind="openai",
        name="openai",
        endpoint="https://api.openai.com",
        base="/v1",
        paths={"chat_completions": "/chat/completions"},
        auth_header="authorization",
        auth_prefix="Bearer ",
    ),
    Provider(
        kind="anthropic",
        name="anthropic",
        endpoint="https://api.anthropic.com",
        paths={"messages": "/v1/messages"},
        auth_header="x-api-key",
        headers=(("anthropic-version", "2023-06-01"),),
    ),
    Provider(
        kind="openai-compatible",
        name="openai",
        endpoint=None,
        base="/v1",
        paths={"chat_completions": "/chat/completions"},
        auth_header="authorization",
        auth_prefix="Bearer ",
    ),
)

KINDS: dict[str, Provider] = {row.kind: row for row in _ROWS}
