"""What Envoy answers itself has the shape of the client's API; what our service answers is left alone."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from ext_proc.pb import ext_authz_pb2 as authz
from ext_proc.pb import ext_proc_pb2 as proc
from tests.envoy.proxy import every_envoy
from tests.envoy.scripted import Service, gateway, header_mutation, ordering
from tests.envoy.scripted_provider import answering, resetting, silent

pytestmark = every_envoy()

OPENAI, ANTHROPIC = "/v1/chat/completions", "/v1/messages?beta=true"
CONVERSE, GEMINI = "/model/m/converse-stream", "/v1beta/models/m:generateContent?alt=sse"
PATHS = {
    "openai": (OPENAI, {}),
    "anthropic": (ANTHROPIC, {}),
    "by header": ("/v1/models", {"anthropic-version": "1"}),
    "converse": (CONVERSE, {}),
    "gemini": (GEMINI, {}),
}


def message_of(shape, answer):
    body = answer.json()
    assert answer.headers["content-type"] == "application/json"
    if shape == "converse":
        assert answer.headers["x-amzn-errortype"].endswith("Exception")
        return body["message"]
    if shape == "openai":
        assert set(body["error"]) == {"message", "type", "param", "code"}
    elif shape == "gemini":
        assert {"code", "message", "status"} <= set(body["error"])
    else:
        assert (body["type"], set(body["error"])) == ("error", {"type", "message"})
    return body["error"]["message"]


async def post(run, shape, content=b"{}", **headers):
    path, more = PATHS[shape]
    async with httpx.AsyncClient() as client:
        return await client.post(f"{run.url}{path}", content=content, headers={**more, **headers})


async def to_other_path(stream):
    """Leads an attempt to the path of the other API, as a translation does."""
    other = {OPENAI: "/v1/messages", ANTHROPIC: CONVERSE, CONVERSE: GEMINI, GEMINI: OPENAI}
    path = next(
        other.get(h.raw_value.decode(), "/") for h in stream.first.request_headers.headers.headers if h.key == ":path"
    )
    headers = header_mutation(**{":path": path, "anthropic-version": "2023-06-01"})
    await stream.write(proc.ProcessingResponse(request_headers={"response": {"header_mutation": headers}}))


FAILURES = {
    "refused": ({"stopped": ("only",)}, silent, 503, "no provider could be reached"),
    "reset": ({}, resetting, 503, "no provider could be reached"),
    "silent": ({"proxy": {"first_byte_timeout": "200ms"}}, silent, 504, "did not answer in time"),
    "slow": ({"proxy": {"timeout": "300ms"}}, silent, 504, "did not answer in time"),
}


@pytest.mark.parametrize("shape", PATHS)
@pytest.mark.parametrize("failure", FAILURES)
async def test_a_provider_that_fails_is_told_in_the_shape_of_the_client(version, shape, failure, tmp_path):
    how, script, status, message = FAILURES[failure]
    service = Service(ordering("only"), to_other_path)
    async with gateway(version, tmp_path, service, only=script, **how) as run:
        answer = await post(run, shape)
        assert answer.status_code == status
        assert message in message_of(shape, answer)
        assert answer.headers["x-tollkeeper-decision"] == "d1"


@pytest.mark.parametrize("shape", PATHS)
async def test_edge_refusals_name_the_limit_and_have_the_shape_of_the_client(version, shape, tmp_path):
    service = Service(ordering("nobody"))
    async with gateway(version, tmp_path, service, proxy={"max_body_bytes": 2048}, only=silent) as run:
        too_large = await post(run, shape, b"x" * 2049)
        assert too_large.status_code == 413
        assert "2048 bytes" in message_of(shape, too_large)
        nowhere = await post(run, shape, b"x" * 2048)
        assert nowhere.status_code == 503
        assert "x-tollkeeper-decision" not in too_large.headers
        assert "no provider" in message_of(shape, nowhere)
        assert len(service.checks) == 1
        underscore = await post(run, shape, x_team="a")
        assert underscore.status_code == 400 if "x_team" in underscore.request.headers else 503


async def test_a_service_that_is_down_fails_closed_in_the_shape_of_the_client(version, tmp_path):
    def fail(_):
        raise RuntimeError("a fault")

    async with gateway(version, tmp_path, Service(fail), only=answering(200)) as run:
        for shape in PATHS:
            answer = await post(run, shape)
            assert answer.status_code == 503
            assert "could not decide" in message_of(shape, answer)
        assert run.providers["only"].received == []


DENIED = {401: b'{"ours":401}', 403: b'{"ours":403}', 413: b"{}", 429: b'{"a":1}', 503: b'{"ours":503}', 504: b"[]"}


async def test_refusals_of_the_check_pass_as_the_service_wrote_them(version, tmp_path):
    status = 0

    def deny(_):
        denied = {"status": {"code": status}, "body": DENIED[status].decode()}
        response = authz.CheckResponse(status={"code": 7}, denied_response=denied)
        for key, value in {"content-type": "application/json; ours=1", "x-tollkeeper-decision": "d1"}.items():
            response.denied_response.headers.add(header={"key": key, "value": value}, append_action=2)
        response.dynamic_metadata.update({"plan": "refused"})
        return response

    service = Service(deny)
    async with gateway(version, tmp_path, service, only=silent) as run:
        for at, (status, body) in enumerate(DENIED.items()):
            for shape in ("openai", "anthropic"):
                answer = await post(run, shape)
                assert (answer.status_code, answer.content) == (status, body)
                assert answer.headers["content-type"] == "application/json; ours=1"
                assert answer.headers["x-tollkeeper-decision"] == "d1"
            entry = await service.entry(2 * at)
            assert entry.common_properties.metadata.filter_metadata["envoy.filters.http.ext_authz"]["plan"] == "refused"


SAYING_SO = {"by details": ("tollkeeper", {}), "by header": ("", {"x_tollkeeper_decision": "d1"})}


@pytest.mark.parametrize("how", SAYING_SO)
async def test_immediate_responses_of_an_attempt_pass_as_the_service_wrote_them(version, how, tmp_path):
    details, headers = SAYING_SO[how]

    async def refuse(stream):
        body = {"status": {"code": 502}, "body": b'{"ours":1}', "details": details}
        response = proc.ProcessingResponse(immediate_response=body)
        response.immediate_response.headers.CopyFrom(header_mutation(content_type="application/json", **headers))
        await stream.write(response)

    service = Service(ordering("only"), refuse)
    async with gateway(version, tmp_path, service, only=silent) as run:
        for shape in PATHS:
            answer = await post(run, shape)
            assert (answer.status_code, answer.content) == (502, b'{"ours":1}')
            assert answer.headers["content-type"] == "application/json"
        assert run.providers["only"].received == []


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("shape", PATHS)
async def test_a_providers_refusal_of_our_key_is_not_told_as_the_clients(version, status, shape, tmp_path):
    echo = b'{"error":"Incorrect API key provided: sk-secret"}'
    refusing = answering(status, echo, www_authenticate="Bearer realm=theirs", set_cookie="a=b")
    service = Service(ordering("only"), to_other_path)
    async with gateway(version, tmp_path, service, only=refusing) as run:
        answer = await post(run, shape)
        assert answer.status_code == 502
        assert "refused the gateway's credential" in message_of(shape, answer)
        assert "secret" not in answer.text
        assert answer.headers["x-tollkeeper-decision"] == "d1"
        assert not {"www-authenticate", "set-cookie"} & set(answer.headers)
        entry = await service.entry()
        assert entry.response.response_code.value == 502


async def test_broken_requests_are_refused_before_the_check(version, tmp_path):
    requests = {
        b"POST /v1/a%2Fb HTTP/1.1\r\nhost: a\r\n": 400,
        b"POST /v1/x HTTP/1.1\r\nhost: a\r\nx_team: b\r\n": 400,
        b"POST /v1/x HTTP/1.1\r\n": 400,
        b"GET /v1/x HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n": 403,
        b"GET /v1/x HTTP/1.1\r\nhost: a\r\nx-big: " + b"a" * 70_000 + b"\r\n": 431,
    }
    service = Service(ordering("only"))
    async with gateway(version, tmp_path, service, only=silent) as run:
        for head, status in requests.items():
            reader, writer = await asyncio.open_connection("127.0.0.1", int(run.url.rpartition(":")[2]))
            writer.write(head + b"content-length: 0\r\n\r\n")
            async with asyncio.timeout(5):
                answer = await reader.readuntil(b"}}")
            writer.close()
            assert answer.startswith(b"HTTP/1.1 %d" % status)
            assert b'"type":"invalid_request_error"' in answer
    assert service.checks == []


REFUSALS = {
    "without body": b"HTTP/1.1 401 No\r\ncontent-length: 0\r\n\r\n",
    "chunked": b"HTTP/1.1 403 No\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    "with trailers": b"HTTP/1.1 403 No\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\na: b\r\n\r\n",
    "large": b"HTTP/1.1 401 No\r\ncontent-length: 3000000\r\n\r\n" + b"x" * 3_000_000,
    "unfinished": b"HTTP/1.1 401 No\r\ncontent-length: 3000000\r\n\r\n" + b"x" * 3_000,
    "streamed": b"HTTP/1.1 401 No\r\ncontent-type: text/event-stream\r\n\r\ndata: 1\n\n",
}


async def test_a_providers_refusal_may_have_any_form(version, tmp_path):
    said = iter(REFUSALS.values())

    async def refusing(_, writer):
        writer.write(next(said))

    service = Service(ordering("only"))
    async with gateway(version, tmp_path, service, only=refusing) as run:
        for _ in REFUSALS:
            answer = await post(run, "openai", b"x" * 500_000)
            assert answer.status_code == 502
            assert "refused the gateway's credential" in message_of("openai", answer)
