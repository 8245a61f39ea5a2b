"""What each kind of provider is sent for one and the same call of a Chat Completions client, as text to be read."""

from __future__ import annotations

import json
import sys
from urllib.parse import urlsplit

from ext_proc.apis import APIS
from ext_proc.attempt import Attempt
from ext_proc.events import RequestBody, RequestHeaders
from ext_proc.providers import KINDS
from tests.core.conversation import CHAT, NOW, call, converse, decide, snapshot

PLACE = {"project": "my-project", "region": "eu-central-1", "api_version": "2024-10-21"}
OWN = "https://own.example.com"
MODELS = {"vertex": "gemini-2.5-flash", "bedrock": "eu.anthropic.claude-sonnet-4-5-20250929-v1:0"}
CALL = {
    "messages": [
        {"role": "developer", "content": "Be brief."},
        {"role": "user", "content": "How warm is it in Bern?"},
        {
            "role": "assistant",
            "reasoning_content": "I must look it up.",
            "content": None,
            "tool_calls": [
                {"id": "call_abc123", "type": "function", "function": {"name": "weather", "arguments": '{"in":"Bern"}'}}
            ],
        },
        {"role": "tool", "tool_call_id": "call_abc123", "content": "17 degrees"},
    ],
    "tools": [
        {
            "type": "function",
            "function": {"name": "weather", "parameters": {"type": "object", "properties": {"in": {"type": "string"}}}},
        }
    ],
    "tool_choice": "required",
    "max_completion_tokens": 200,
    "seed": 7,
    "stream": True,
    "stream_options": {"include_usage": True},
}


EMBEDDINGS = "/v1/embeddings"
TEXTS = {"input": ["How warm is it in Bern?"], "encoding_format": "float"}
"""For who speaks no API of chats."""


def needed(kind):
    """The least that the settings must say of a provider of this kind."""
    row = KINDS[kind]
    return {name: PLACE[name] for name in row.needs()} | ({} if row.endpoint else {"endpoint": OWN})


def asked(kind):
    """The request, its body's members one a line."""
    said = {"kind": kind, "credential": {"env": "KEY"}, **needed(kind)}
    backend = {"provider": kind, "model": MODELS.get(kind, "a-model")}
    models = {"asked": {"backends": [backend], "metering": "inline"}}
    view = snapshot(providers={kind: said}, models=models, credentials={kind: "KEY"})
    chats = any(APIS[api].family == "chat" for api in KINDS[kind].paths)
    path, members = (CHAT, CALL) if chats else (EMBEDDINGS, TEXTS)
    body = json.dumps({"model": "asked", **members}).encode()
    _, allowed = decide(call(body, path), view)
    attempt = Attempt(view, lambda: NOW)
    request = ((":path", path), ("authorization", "Bearer tk-alice"), ("content-type", "application/json"))
    _, sent = converse(attempt.on(RequestHeaders(request, kind, 1, allowed.plan)))
    _, written = converse(attempt.on(RequestBody(body))) if sent.ask_body else (None, None)
    headers = dict(sent.set_headers)
    host = urlsplit(view.settings.providers[kind].address).netloc
    lines = [f"POST {headers.pop(':path')}", f"host: {host}", *(f"{name}: {text}" for name, text in headers.items())]
    members = json.loads(written.body if written else body)
    return "\n".join([*lines, "", *(f"{name}: {json.dumps(value)}" for name, value in members.items()), ""])


if __name__ == "__main__":
    sys.stdout.write(asked(sys.argv[1]))
