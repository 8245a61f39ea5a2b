"""An attempt asks for bodies in its answer to the headers, and leaves the call when it has said all."""

from __future__ import annotations

import asyncio
from itertools import cycle

import grpc
import httpx
import pytest

from ext_proc.pb import ext_proc_pb2 as proc
from ext_proc.pb.processing_mode_pb2 import ProcessingMode
from tests.envoy.proxy import every_envoy
from tests.envoy.scripted import Service, gateway, header_mutation, ordering, passing
from tests.envoy.scripted_provider import answering, streaming

pytestmark = every_envoy()

WATCH = {
    "response_header_mode": ProcessingMode.SEND,
    "response_body_mode": ProcessingMode.FULL_DUPLEX_STREAMED,
    "response_trailer_mode": ProcessingMode.SEND,
}
LEAVE = {"response_header_mode": ProcessingMode.SKIP}
BODY = {"request_body_mode": ProcessingMode.BUFFERED}


def headers_response(override=None, **headers):
    response = proc.ProcessingResponse(request_headers={"response": {"header_mutation": header_mutation(**headers)}})
    if override:
        response.mode_override.CopyFrom(ProcessingMode(**override))
    return response


async def rewrite_request(stream):
    message = await stream.read()
    assert message.WhichOneof("request") == "request_body", message.WhichOneof("request")
    body = message.request_body.body.upper() * 2
    headers = header_mutation(content_length=str(len(body)), x_late="yes")
    response = {"header_mutation": headers, "body_mutation": {"body": body}}
    await stream.write(proc.ProcessingResponse(request_body={"response": response}))


async def rewrite_answer(stream):
    message = await stream.read()
    assert message.WhichOneof("request") == "response_headers", message.WhichOneof("request")
    headers = header_mutation(x_translated="yes")
    headers.remove_headers.append("content-length")
    await stream.write(proc.ProcessingResponse(response_headers={"response": {"header_mutation": headers}}))
    over = False
    while not over:
        message = await stream.read()
        assert message.WhichOneof("request") == "response_body", message.WhichOneof("request")
        over = message.response_body.end_of_stream
        streamed = {"body": message.response_body.body.upper(), "end_of_stream": over}
        body = {"response": {"body_mutation": {"streamed_response": streamed}}}
        await stream.write(proc.ProcessingResponse(response_body=body))


async def rewrite_all(stream):
    path = f"/at-{stream.provider}"
    await stream.write(headers_response({**BODY, **WATCH}, **{":path": path}))
    await rewrite_request(stream)
    await rewrite_answer(stream)


async def rewrite_body(stream):
    await stream.write(headers_response({**BODY, **LEAVE}))
    await rewrite_request(stream)


async def watch(stream):
    await stream.write(headers_response(WATCH))
    await rewrite_answer(stream)


EVENTS = [b"data: %d\n\n" % at for at in range(50)]


async def test_request_body_and_streamed_answer_are_rewritten_at_the_second_provider_after_the_first_failed(
    version, tmp_path
):
    service = Service(ordering("first", "second"), rewrite_all)
    async with (
        gateway(version, tmp_path, service, first=answering(503), second=streaming(EVENTS)) as run,
        httpx.AsyncClient() as client,
    ):
        answer = await client.post(f"{run.url}/v1/chat/completions", content=b"abc")
        assert answer.content == b"".join(EVENTS).upper()
        assert answer.headers["x-translated"] == "yes"
    for name in ("first", "second"):
        (received,) = run.providers[name].received
        assert (received.path, received.body) == (f"/at-{name}", b"ABCABC")
        assert received.header("x-late") == "yes"


async def test_a_two_megabyte_body_is_rewritten_and_the_answer_left_alone(version, tmp_path):
    service = Service(ordering("only"), rewrite_body)
    async with (
        gateway(version, tmp_path, service, only=streaming(EVENTS)) as run,
        httpx.AsyncClient() as client,
    ):
        answer = await client.post(f"{run.url}/v1/chat/completions", content=b"a" * 2_000_000)
        assert answer.content == b"".join(EVENTS)
    assert run.providers["only"].received[0].body == b"A" * 4_000_000


@pytest.mark.parametrize("attempt", [watch])
async def test_only_the_answer_is_watched_and_the_requests_bytes_pass(version, attempt, tmp_path):
    service = Service(ordering("only"), attempt)
    async with (
        gateway(version, tmp_path, service, only=streaming(EVENTS)) as run,
        httpx.AsyncClient() as client,
    ):
        answer = await client.post(f"{run.url}/v1/chat/completions", content=b"abc")
        assert answer.content == b"".join(EVENTS).upper()
    assert run.providers["only"].received[0].body == b"abc"


async def test_a_whole_json_answer_can_be_rewritten_too(version, tmp_path):
    service = Service(ordering("only"), rewrite_all)
    async with (
        gateway(version, tmp_path, service, only=answering(200, b'{"a":1}')) as run,
        httpx.AsyncClient() as client,
    ):
        answer = await client.post(f"{run.url}/v1/chat/completions", content=b"abc")
        assert answer.content == b'{"A":1}'


async def test_calls_survive_that_the_attempt_leaves_after_its_answer_to_the_headers(version, tmp_path):
    service = Service(ordering("only"))
    async with (
        gateway(version, tmp_path, service, only=streaming(EVENTS)) as run,
        httpx.AsyncClient(limits=httpx.Limits(max_connections=50)) as client,
    ):
        calls = [client.post(f"{run.url}/v1/chat/completions", content=b"x" * size) for size in range(0, 100_000, 500)]
        answers = await asyncio.gather(*calls)
        assert {answer.content for answer in answers} == {b"".join(EVENTS)}
    assert sorted(len(received.body) for received in run.providers["only"].received) == list(range(0, 100_000, 500))


async def test_envoy_survives_that_anyone_leaves_in_the_middle(version, tmp_path):
    """The client, the provider and the service, in turn, while an answer is watched."""
    turns = cycle(("client", "provider", "service", "nobody"))

    async def leaving(_, writer):
        await streaming(EVENTS[:2])(_, writer) if next(turns) != "provider" else await resetting_midway(_, writer)

    async def watch_or_fail(stream):
        await stream.write(headers_response(WATCH))
        message = await stream.read()
        headers = {"response": {}}
        await stream.write(proc.ProcessingResponse(response_headers=headers))
        message = await stream.read()
        if message is None or next(turns) == "service":
            await stream.context.abort(grpc.StatusCode.INTERNAL, "a fault")
        streamed = {"body": message.response_body.body, "end_of_stream": message.response_body.end_of_stream}
        await stream.write(
            proc.ProcessingResponse(response_body={"response": {"body_mutation": {"streamed_response": streamed}}})
        )

    async def call(client, run):
        async with client.stream("POST", f"{run.url}/v1/chat/completions", content=b"x" * 5000) as answer:
            if next(turns) != "client":
                await answer.aread()

    service = Service(ordering("only"), watch_or_fail)
    async with gateway(version, tmp_path, service, only=leaving) as run:
        async with httpx.AsyncClient(timeout=3) as client:
            await asyncio.gather(*(call(client, run) for _ in range(60)), return_exceptions=True)
        service.attempt = passing
        run.providers["only"].script = answering(200)
        async with httpx.AsyncClient() as client:
            assert (await client.post(f"{run.url}/v1/chat/completions", json={})).status_code == 200


async def resetting_midway(_, writer):
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n" + EVENTS[0])
    await writer.drain()
    writer.transport.abort()
