"""Envoy reads the usage of an answer by itself, while the client gets the provider's own bytes as they come."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from itertools import product

import httpx

from tests.envoy.proxy import every_envoy
from tests.envoy.scripted import Service, gateway, metadata_of, ordering
from tests.envoy.scripted_provider import answering, streaming

pytestmark = every_envoy()

USAGE = "tollkeeper.usage"
CHAT = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "model": "gpt-4o-mini-2024-07-18",
    "choices": [
        {
            "index": 0,
            "message": {"role": "assistant", "content": 'said "usage": {"prompt_tokens": 1}'},
            "finish_reason": "stop",
        }
    ],
    "usage": {
        "prompt_tokens": 19,
        "completion_tokens": 10,
        "total_tokens": 29,
        "prompt_tokens_details": {"cached_tokens": 4, "audio_tokens": 6, "cache_write_tokens": 5},
        "completion_tokens_details": {"reasoning_tokens": 3, "audio_tokens": 2},
    },
    "service_tier": "priority",
}
CHAT_NUMBERS = {
    "prompt_tokens": 19,
    "completion_tokens": 10,
    "cached_tokens": 4,
    "reasoning_tokens": 3,
    "input_audio_tokens": 6,
    "output_audio_tokens": 2,
    "cache_write_tokens": 5,
}
CHAT_JSON = {**CHAT_NUMBERS, "response_model": "gpt-4o-mini-2024-07-18", "service_tier": "priority"}
MESSAGE_USAGE = {
    "input_tokens": 25,
    "cache_creation_input_tokens": 5,
    "cache_read_input_tokens": 7,
    "output_tokens": 15,
    "cache_creation": {"ephemeral_5m_input_tokens": 2, "ephemeral_1h_input_tokens": 3},
    "server_tool_use": {"web_search_requests": 1},
    "service_tier": "standard",
    "speed": "fast",
}
MESSAGE = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude-haiku-4-5",
    "content": [{"type": "tool_use", "id": "t", "name": "n", "input": {"usage": {"input_tokens": 0}}}],
    "stop_reason": "tool_use",
    "usage": MESSAGE_USAGE,
}
MESSAGE_SEEN = {
    "input_tokens": 25,
    "cache_creation_input_tokens": 5,
    "cache_read_input_tokens": 7,
    "output_tokens": 15,
    "ephemeral_1h_input_tokens": 3,
    "web_search_requests": 1,
    "service_tier": "standard",
    "speed": "fast",
    "response_model": "claude-haiku-4-5",
    "finish_reason": "tool_use",
}


def sse(*events, end="\n", names=()):
    lines = []
    for at, event in enumerate(events):
        data = event if isinstance(event, str) else json.dumps(event, ensure_ascii=False)
        name = [f"event: {names[at]}"] if names else []
        lines += [*name, f"data: {data}", ""]
    return (end.join(lines) + end).encode()


def chat_events(count=3):
    chunk = {"id": "1", "object": "chat.completion.chunk", "model": CHAT["model"], "usage": None}
    said = [
        {**chunk, "choices": [{"index": 0, "delta": {"content": f'é "usage": {at}'}, "finish_reason": None}]}
        for at in range(count)
    ]
    stop = {**chunk, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
    return [*said, stop, {**chunk, "choices": [], "service_tier": "priority", "usage": CHAT["usage"]}, "[DONE]"]


def message_events():
    start = {
        "type": "message_start",
        "message": {**MESSAGE, "stop_reason": None, "usage": {**MESSAGE_USAGE, "output_tokens": 1}},
    }
    block = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": 'an "input_tokens": 0'}}
    ping = {"type": "ping"}
    end = {"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 15}}
    return [start, ping, block, block, end, {"type": "message_stop"}]


NAMES = ("message_start", "ping", "content_block_delta", "content_block_delta", "message_delta", "message_stop")
STREAMS = {
    "chat": (sse(*chat_events()), {**CHAT_JSON, "finish_reason": "stop"}),
    "chat crlf": (sse(*chat_events(), end="\r\n"), {**CHAT_JSON, "finish_reason": "stop"}),
    "messages": (sse(*message_events(), names=NAMES), MESSAGE_SEEN),
    "messages crlf": (sse(*message_events(), names=NAMES, end="\r\n"), MESSAGE_SEEN),
    "without usage": (sse({"choices": []}, "[DONE]"), {}),
    "no json at all": (sse("null", "1", '"usage"', "{", "[[", '{"usage":{'), {}),
}
WHOLES = {
    "chat": (json.dumps(CHAT), CHAT_JSON),
    "chat, indented": (json.dumps(CHAT, indent=2), CHAT_JSON),
    "messages": (json.dumps(MESSAGE), MESSAGE_SEEN),
    "two megabytes": (json.dumps({"padding": "x" * 2_000_000, **CHAT}), CHAT_JSON),
    "without usage": ('{"usage": null}', {}),
    "without a tier": ('{"service_tier": null, "usage": {"prompt_tokens": 1}}', {"prompt_tokens": 1}),
    "broken": ('{"usage": {"prompt_tokens": 1}', {}),
}
TYPES = ("application/json", "application/json; charset=utf-8")


def pieces(data, size):
    return [data[at : at + size] for at in range(0, len(data), size)]


@asynccontextmanager
async def metering(version, folder):
    """A function from what the provider answers to the bytes that a client got and the usage that Envoy logged."""
    service = Service(ordering("only"))
    async with gateway(version, folder, service, only=answering(200)) as run, httpx.AsyncClient() as client:

        async def measure(script):
            run.providers["only"].script = script
            seen = len(service.entries)
            answer = await client.post(f"{run.url}/v1/chat/completions", json={})
            return answer.content, metadata_of(await service.entry(seen), USAGE)

        yield measure


async def test_a_streams_usage_is_logged_however_its_bytes_are_cut(version, tmp_path):
    async with metering(version, tmp_path) as measure:
        for name, size in product(STREAMS, (1, 7, 64, 10_000)):
            data, seen = STREAMS[name]
            assert await measure(streaming(pieces(data, size))) == (data, seen), (name, size)


async def test_a_whole_answers_usage_is_logged(version, tmp_path):
    async with metering(version, tmp_path) as measure:
        for name, content_type in product(WHOLES, TYPES):
            text, seen = WHOLES[name]
            whole = answering(200, text.encode(), content_type=content_type)
            assert await measure(whole) == (text.encode(), seen), (name, content_type)


async def test_a_chunked_whole_answer_is_logged_too(version, tmp_path):
    data = json.dumps(CHAT).encode()
    async with metering(version, tmp_path) as measure:
        assert await measure(streaming(pieces(data, 50), content_type="application/json")) == (data, CHAT_JSON)


async def test_errors_have_no_usage_and_pass(version, tmp_path):
    body = b'{"error":{"message":"no","type":"invalid_request_error"}}'
    async with metering(version, tmp_path) as measure:
        for status in (400, 404, 422):
            assert await measure(answering(status, body)) == (body, {})


async def test_a_long_stream_is_read_to_its_end(version, tmp_path):
    data = sse(*chat_events(1000))
    async with metering(version, tmp_path) as measure:
        seen = {**CHAT_JSON, "finish_reason": "stop"}
        assert await measure(streaming(pieces(data, 4096))) == (data, seen)


async def test_a_line_too_long_to_keep_hides_nothing_that_follows(version, tmp_path):
    data = sse({"image": "x" * 3_000_000}, *chat_events())
    async with metering(version, tmp_path) as measure:
        seen = {**CHAT_JSON, "finish_reason": "stop"}
        assert await measure(streaming(pieces(data, 50_000))) == (data, seen)


async def test_each_event_reaches_the_client_before_the_provider_sends_the_next(version, tmp_path):
    go_on = asyncio.Event()

    async def step_by_step(_, writer):
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
        for at in range(5):
            event = b"data: %d" % at
            writer.write(b"%x\r\n%b\r\n" % (len(event), event))
            await go_on.wait()
            go_on.clear()
        writer.write(b"0\r\n\r\n")

    async with (
        gateway(version, tmp_path, Service(ordering("only")), only=step_by_step) as run,
        httpx.AsyncClient(timeout=5) as client,
        client.stream("POST", f"{run.url}/v1/chat/completions", json={}) as answer,
    ):
        got = []
        async for piece in answer.aiter_raw():
            got.append(piece)
            go_on.set()
        assert got == [b"data: %d" % at for at in range(5)]


async def test_what_was_read_before_a_client_left_is_logged(version, tmp_path):
    async def endless(_, writer):
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n")
        writer.write(sse(*message_events()[:3]))
        await writer.wait_closed()

    service = Service(ordering("only"))
    async with gateway(version, tmp_path, service, only=endless) as run, httpx.AsyncClient() as client:
        async with client.stream("POST", f"{run.url}/v1/messages", json={}) as answer:
            await anext(answer.aiter_raw())
        entry = await service.entry()
        assert metadata_of(entry, USAGE)["input_tokens"] == 25
        flags = entry.common_properties.response_flags
        assert flags.downstream_connection_termination or flags.downstream_remote_reset
