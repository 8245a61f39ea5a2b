"""A call whose only provider needs nothing but headers gets them at the edge; its attempts ask nobody."""

from __future__ import annotations

import json

import httpx
import pytest

from ext_proc.pb import ext_authz_pb2 as authz
from tests.envoy.proxy import every_envoy
from tests.envoy.scripted import Service, allowed, gateway, ordering
from tests.envoy.scripted_provider import answering
from tests.gateway import gateway as whole_gateway
from tests.sdks.scripts import anthropic_answer, openai_answer

pytestmark = every_envoy()

MODELS = {
    "ready": {"backends": [{"provider": "openai", "model": "ready"}]},
    "asked": {"backends": [{"provider": "openai", "model": "asked"}], "metering": "inline"},
    "ready-claude": {"backends": [{"provider": "anthropic", "model": "ready-claude"}]},
    "asked-claude": {"backends": [{"provider": "anthropic", "model": "asked-claude"}], "metering": "inline"},
}
FOREIGN = {
    "x-stainless-lang": "python",
    "openai-organization": "org-theirs",
    "cookie": "a=b",
    "x-forwarded-port": "1",
    "x-request-id": "theirs",
    "accept-encoding": "gzip",
    "proxy-authorization": "Basic abc",
    "user-agent": "sdk/1",
    "openai-beta": "x",
}


def ready(request: authz.CheckRequest) -> authz.CheckResponse:
    order = request.attributes.context_extensions["tollkeeper.order"]
    response = allowed(("only",), order, **{":path": "/elsewhere", "authorization": "Bearer theirs"})
    response.dynamic_metadata.update({"ready": "yes"})
    return response


async def test_nobody_is_asked_at_any_attempt_of_a_call_that_is_ready(version, tmp_path):
    service = Service(ready)
    turns = iter((answering(503), answering(200, b'"served"')))

    async def script(received, writer):
        await next(turns)(received, writer)

    async with gateway(version, tmp_path, service, only=script) as run, httpx.AsyncClient() as client:
        answer = await client.post(f"{run.url}/v1/chat/completions", json={"a": 1})
        assert answer.text == '"served"'
    assert service.attempts == []
    for received in run.providers["only"].received:
        assert (received.path, received.body) == ("/elsewhere", b'{"a":1}')
        assert received.header("authorization") == "Bearer theirs"
    assert len(run.providers["only"].received) == 2


async def test_a_client_cannot_say_that_its_call_is_ready(version, tmp_path):
    service = Service(ordering("only"))
    forged = {"ready": "yes", "x-tollkeeper-ready": "yes", "x-envoy-ready": "yes"}
    async with gateway(version, tmp_path, service, only=answering(200)) as run, httpx.AsyncClient() as client:
        await client.post(f"{run.url}/v1/chat/completions", json={}, headers=forged)
    assert len(service.attempts) == 1


@pytest.mark.parametrize("credential", ["authorization", "x-api-key", "api-key"])
def test_a_provider_gets_the_same_from_the_edge_as_from_an_attempt(version, tmp_path, credential):
    with whole_gateway(tmp_path, version, openai_answer, anthropic_answer, models=MODELS) as gate:
        key = f"Bearer {gate.key()}" if credential == "authorization" else gate.key()
        given = {**FOREIGN, credential: key, "content-type": "application/json"}
        asked_before = asked(gate)
        for name in MODELS:
            path = "/v1/messages" if "claude" in name else "/v1/chat/completions?a=b"
            body = {"model": name, "max_tokens": 5, "messages": [{"role": "user", "content": "text"}]}
            assert gate.post(path, body, headers=given).status_code == 200
        for fake in (gate.openai, gate.anthropic):
            edge, attempt = fake.received
            assert (edge.json["model"][:5], attempt.json["model"][:5]) == ("ready", "asked")
            assert edge.path == attempt.path
            lengths = {"content-length": ""}
            assert edge.headers | lengths == attempt.headers | lengths
            assert gate.key() not in str(edge.headers)
        assert asked(gate) - asked_before == 2


BODIES = {
    "no cap": b'{"model":"gpt-4o-mini","messages":[{"role":"user","content":"text"}]}',
    "another name there, in any script": '{"messages":[{"role":"user","content":"text äß 漢字 😀 }"}] , "model" : "renamed"\n}  '.encode(),
    "a cap that is too high": b'{"max_tokens": 90000, "model":"renamed","messages":[{"role":"user","content":"text"}],"max_completion_tokens" :80000}',
    "the member is null": b'{"model":"gpt-4o-mini","max_completion_tokens":null,"messages":[{"role":"user","content":"text"}]}',
    "a large body": b'{"model":"renamed","messages":[{"role":"user","content":"text ' + b"x" * 900_000 + b'"}]}',
}
LIMITED = {
    "limits": [{"name": "day", "tokens": 10**9, "window": "day"}],
    "models": {
        name: {"backends": [{"provider": "openai", "model": "there"}], "max_output_tokens": 5000}
        for name in ("gpt-4o-mini", "renamed")
    },
}


def test_the_edge_edits_a_body_as_an_attempt_would(version, tmp_path):
    folders = [tmp_path / "edge", tmp_path / "attempt"]
    received = []
    for folder in folders:
        folder.mkdir()
        watched = {"metering": "inline"} if folder is folders[1] else {}
        models = {name: {**model, **watched} for name, model in LIMITED["models"].items()}
        with whole_gateway(folder, version, openai_answer, anthropic_answer, **{**LIMITED, "models": models}) as gate:
            for body in BODIES.values():
                assert gate.post("/v1/chat/completions", body).status_code == 200
            received.append([one.body for one in gate.openai.received])
            assert asked(gate) == (len(BODIES) if watched else 0)
    assert received[0] == received[1]
    assert [json.loads(body)["model"] for body in received[0]] == ["there"] * len(BODIES)
    caps = [json.loads(body).get("max_completion_tokens") for body in received[0]]
    assert set(caps) == {5000}


async def test_edits_that_cannot_be_made_leave_the_call_to_its_attempt(version, tmp_path):
    def broken(request: authz.CheckRequest) -> authz.CheckResponse:
        response = allowed(("only",), request.attributes.context_extensions["tollkeeper.order"])
        response.dynamic_metadata.update({"edits": [{"start": 1, "end": "no number", "new": {}}]})
        return response

    service = Service(broken)
    async with gateway(version, tmp_path, service, only=answering(200)) as run, httpx.AsyncClient() as client:
        await client.post(f"{run.url}/v1/chat/completions", json={"a": 1})
    assert len(service.attempts) == 1
    assert run.providers["only"].received[0].body == b'{"a":1}'


def asked(gate) -> int:
    """Calls of our service at attempts, by Envoy's own count."""
    stats = httpx.get(
        f"http://127.0.0.1:{gate.admin}/stats", params={"filter": "ext_proc.*streams_started", "format": "json"}
    )
    return sum(row.get("value", 0) for row in stats.json()["stats"])
