"""What a client sends cannot steer Envoy, and what is Envoy's or ours does not reach a provider."""

from __future__ import annotations

import httpx

from ext_proc.pb import ext_authz_pb2 as authz
from ext_proc.plan_names import plan_cluster_name
from tests.envoy.proxy import every_envoy
from tests.envoy.scripted import Service, allowed, gateway, ordering
from tests.envoy.scripted_provider import answering, resetting

pytestmark = every_envoy()

FORGED = {
    "x-tollkeeper-plan": plan_cluster_name(["theirs"]),
    "x-tollkeeper-decision": "forged",
    "x-tollkeeper-try-1": "provider_theirs",
    "x-envoy-attempt-count": "1",
    "x-envoy-max-retries": "0",
    "x-envoy-retry-on": "retriable-4xx",
    "x-envoy-upstream-rq-timeout-ms": "1",
    "x-envoy-upstream-rq-per-try-timeout-ms": "1",
    "x-envoy-decorator-operation": "a",
    "x-envoy-original-path": "/",
}
LEAKING = {
    "accept-encoding",
    "cookie",
    "forwarded",
    "via",
    "x-forwarded-for",
    "x-forwarded-proto",
    "x-forwarded-host",
    "x-real-ip",
    "x-request-id",
}
KEPT = {"user-agent": "sdk/1", "openai-beta": "x", "idempotency-key": "k", "x-stainless-lang": "python"}


async def test_a_client_can_neither_choose_a_provider_nor_steer_retries(version, tmp_path):
    service = Service(ordering("first", "ours", "theirs"))
    scripts = {"first": answering(503), "ours": answering(200, b'"ours"'), "theirs": answering(200, b'"theirs"')}
    async with gateway(version, tmp_path, service, **scripts) as run, httpx.AsyncClient() as client:
        answer = await client.post(f"{run.url}/v1/chat/completions", json={}, headers=FORGED)
        assert answer.text == '"ours"'
    (check,) = service.checks
    seen = {header.key for header in check.attributes.request.http.header_map.headers}
    assert not seen & set(FORGED)


async def test_no_header_of_the_proxy_reaches_a_provider(version, tmp_path):
    service = Service(ordering("first", "second"))
    sent = {**dict.fromkeys(LEAKING, "a"), **KEPT, **FORGED}
    async with (
        gateway(version, tmp_path, service, first=answering(503), second=answering(200)) as run,
        httpx.AsyncClient() as client,
    ):
        await client.post(f"{run.url}/v1/chat/completions", json={}, headers=sent)
    for provider in run.providers.values():
        (received,) = provider.received
        names = {name for name, _ in received.headers}
        assert names == {*KEPT, "host", "content-length", "content-type", "accept", "x-provider"}
        assert received.header("host") == f"127.0.0.1:{provider.port}"


async def test_a_header_given_twice_is_seen_twice_by_the_check(version, tmp_path):
    service = Service(ordering("only"))
    twice = [("x-api-key", "one"), ("x-api-key", "two"), ("authorization", "Bearer a"), ("authorization", "Bearer b")]
    async with gateway(version, tmp_path, service, only=answering(200)) as run, httpx.AsyncClient() as client:
        await client.post(f"{run.url}/v1/chat/completions", content=b"\xff\x00", headers=twice)
    (check,) = service.checks
    http = check.attributes.request.http
    given = [(header.key, header.raw_value.decode()) for header in http.header_map.headers]
    # Envoy joins what it keeps in a slot of its own.
    joined = [*twice[:2], ("authorization", "Bearer a,Bearer b")]
    assert [pair for pair in given if pair[0] in {"x-api-key", "authorization"}] == joined
    assert http.raw_body == b"\xff\x00"
    assert dict(check.attributes.context_extensions) == {
        "tollkeeper.native": "json,sse",
        "tollkeeper.order": "priority_group" if version == "1.40" else "plan",
    }


async def test_what_a_provider_says_of_itself_stays_there(version, tmp_path):
    theirs = {
        "set_cookie": "a=b",
        "alt_svc": "h3",
        "openai_organization": "org",
        "x_tollkeeper_decision": "forged",
        "x_envoy_upstream_service_time": "1",
        "x_ratelimit_remaining_requests": "7",
        "server": "cloudflare",
    }
    service = Service(ordering("only"))
    async with gateway(version, tmp_path, service, only=answering(200, **theirs)) as run, httpx.AsyncClient() as client:
        answer = await client.post(f"{run.url}/v1/chat/completions", json={})
    ours = {"x-tollkeeper-decision", "x-ratelimit-remaining-requests"}
    assert set(answer.headers) == {"content-type", "content-length", "date", "server", *ours}
    assert answer.headers.get_list("x-tollkeeper-decision") == ["d1"]
    assert answer.headers["server"] == "tollkeeper"


async def test_the_check_may_say_how_many_retries_a_call_gets(version, tmp_path):
    def decide(request: authz.CheckRequest) -> authz.CheckResponse:
        order = request.attributes.context_extensions["tollkeeper.order"]
        return allowed(("first", "second", "third"), order, **{"x-envoy-max-retries": "1"})

    service = Service(decide)
    scripts = {"first": resetting, "second": resetting, "third": answering(200)}
    async with gateway(version, tmp_path, service, **scripts) as run, httpx.AsyncClient() as client:
        answer = await client.post(f"{run.url}/v1/chat/completions", json={})
        assert answer.status_code == 503
    assert [len(provider.received) for provider in run.providers.values()] == [1, 1, 0]
    assert "x-envoy-max-retries" not in dict(run.providers["first"].received[0].headers)


async def test_two_tries_at_one_provider_are_two(version, tmp_path):
    service = Service(ordering("first", "first", "second"))
    async with (
        gateway(version, tmp_path, service, twice=True, first=answering(503), second=answering(200)) as run,
        httpx.AsyncClient() as client,
    ):
        answer = await client.post(f"{run.url}/v1/chat/completions", json={})
        assert answer.status_code == 200
    assert [stream.attributes["upstream.request_attempt_count"] for stream in service.attempts] == [1, 2, 3]
    assert [stream.provider for stream in service.attempts] == ["first", "first", "second"]
    assert [stream.plan["plan"] for stream in service.attempts] == ["the plan"] * 3
