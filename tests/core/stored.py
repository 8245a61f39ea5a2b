"""Calls about what a provider keeps, run by hand: the edge's decision, then the provider's answer."""

from __future__ import annotations

import itertools
import json
from typing import Any

from ext_proc.attempt import Attempt
from ext_proc.effects import Apart
from ext_proc.events import RequestHeaders, ResponseBody, ResponseHeaders
from ext_proc.plan import load
from ext_proc.replies import AnswerHeaders, AnswerWhole
from ext_proc.stored import Stored
from tests.core.conversation import NOW, call, converse, decide, secret_of, snapshot

FILES, BATCHES = "/v1/files", "/v1/batches"
BOUNDARY = "a-boundary"
FORM = ("content-type", f"multipart/form-data; boundary={BOUNDARY}")
OWNER = "team=research"
KEPT = {"files": {"provider": "openai"}}
JSON = (("content-type", "application/json"),)


def view(*keys: Any, **changes: Any) -> Any:
    return snapshot(*keys, **{**KEPT, **changes})


def line(number: int = 1, *, url: str = "/v1/chat/completions", model: str = "gpt-4o-mini", **members: Any) -> dict:
    body = {"model": model, "messages": [{"role": "user", "content": "a canary prompt"}], "max_tokens": 100, **members}
    return {"custom_id": f"r{number}", "method": "POST", "url": url, "body": body}


def jsonl(*lines: Any) -> bytes:
    return b"".join((one if isinstance(one, bytes) else json.dumps(one).encode()) + b"\n" for one in lines)


def form(content: bytes = b"hello", purpose: str | None = "user_data", *more: tuple[str, str]) -> bytes:
    fields = [*([("purpose", purpose)] if purpose else []), *more]
    head = f"--{BOUNDARY}\r\nContent-Disposition: form-data; name="
    texts = [f'{head}"{name}"\r\n\r\n{value}\r\n'.encode() for name, value in fields]
    file = f'{head}"file"; filename="input.jsonl"\r\nContent-Type: application/octet-stream\r\n\r\n'.encode()
    return b"".join(texts) + file + content + f"\r\n--{BOUNDARY}--\r\n".encode()


def upload(content: bytes = b"hello", purpose: str | None = "user_data", *more: tuple[str, str], name="alice") -> Any:
    headers = [("authorization", f"Bearer {secret_of(name)}"), FORM]
    return call(form(content, purpose, *more), FILES, headers=headers)


def creation(file: str = "file-1", endpoint: str = "/v1/chat/completions", **members: Any) -> Any:
    told = {"input_file_id": file, "endpoint": endpoint, "completion_window": "24h", **members}
    return call(json.dumps(told).encode(), BATCHES)


def get(path: str, method: str = "GET", name: str = "alice") -> Any:
    return call(b"", path, headers=[("authorization", f"Bearer {secret_of(name)}")], method=method)


def apart(effect: Apart) -> Any:
    return effect.work()


def input_file(**changes: Any) -> Stored:
    found = {
        "endpoint": "/v1/chat/completions",
        "model": "gpt-4o-mini",
        "requests": 2,
        "input_tokens": 1000,
        "output_tokens": 200,
        "longest": 600,
        "outside": None,
        "uncapped": None,
    }
    return Stored("file-1", "file", "openai", OWNER, NOW, facts={"batch": {**found, **changes}})


def batch(status: str = "in_progress", **told: Any) -> dict[str, Any]:
    return {"id": "batch_1", "object": "batch", "status": status, "input_file_id": "file-1", **told}


def stored_batch(**changes: Any) -> Stored:
    principal = {"tenant": None, "team": "research", "app": None, "user": "bob", "key": "id-bob"}
    facts = {
        **input_file().facts["batch"],
        "lease": "d0-batch",
        "api": "batches_create",
        "at": NOW,
        "provider": "openai",
        "principal": principal,
    }
    return Stored(
        **{
            "id": "batch_1",
            "kind": "batch",
            "provider": "openai",
            "owner": OWNER,
            "created_at": NOW,
            "facts": facts,
            "seen": batch(),
            **changes,
        }
    )


def answered(
    given: Any, settings: Any, decided: tuple[Any, ...], told: Any, results: tuple[Any, ...] = (), status=200
) -> Any:
    """What the attempt asks for, and what the client gets: (effects, status, body)."""
    _, allowed = decide(given, settings, *decided)
    ticks = itertools.count(NOW + 1)
    attempt = Attempt(settings, lambda: float(next(ticks)))
    provider = load(allowed.plan).steps[0].provider
    _, sent = converse(attempt.on(RequestHeaders(given.headers, provider, 1, allowed.plan)))
    assert (sent.ask_body, sent.watch) == (False, True)
    body = told if isinstance(told, bytes) else json.dumps(told).encode()
    _, headed = converse(attempt.on(ResponseHeaders(status, JSON)))
    effects, reply = converse(attempt.on(ResponseBody(body, end_of_stream=True)), *results)
    if isinstance(reply, AnswerWhole):
        return effects, reply.headers.status or status, reply.body.data
    assert isinstance(headed, AnswerHeaders)
    return effects, headed.status or status, reply.data
