"""A provider that costs next to nothing: prebuilt answers to chat completions, whole or as a stream of events.

A stream's length and pace come with the request, in `user`: `events=100 pause=0.004`.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys

_ASKED = re.compile(rb"events=(\d+) pause=([0-9.]+)")
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_USAGE = {"prompt_tokens": 190, "completion_tokens": 180, "total_tokens": 370}
_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: %b\r\n%b\r\n\r\n"
_MODEL = "gpt-4o-mini-2024-07-18"


def _whole() -> bytes:
    message = {"role": "assistant", "content": "A tollkeeper lets who has paid pass. " * 20, "refusal": None}
    answer = {
        "id": "chatcmpl-bench",
        "object": "chat.completion",
        "created": 1_760_000_000,
        "model": _MODEL,
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}],
        "usage": _USAGE,
    }
    body = json.dumps(answer).encode()
    return _HEAD % (b"application/json", b"content-length: %d" % len(body)) + body


def _event(choices: list[dict[str, object]], **more: object) -> bytes:
    chunk = {
        "id": "chatcmpl-bench",
        "object": "chat.completion.chunk",
        "created": 1_760_000_000,
        "model": _MODEL,
        "choices": choices,
        **more,
    }
    return _chunk(b"data: " + json.dumps(chunk).encode() + b"\n\n")


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


WHOLE = _whole()
BEGIN = _HEAD % (b"text/event-stream", b"transfer-encoding: chunked")
EVENT = _event([{"index": 0, "delta": {"content": " word"}, "logprobs": None, "finish_reason": None}])
LAST = _event([{"index": 0, "delta": {}, "logprobs": None, "finish_reason": "stop"}])
END = LAST + _event([], usage=_USAGE) + _chunk(b"data: [DONE]\n\n") + b"0\r\n\r\n"


class Provider(asyncio.Protocol):
    """One connection, kept alive; calls come one after another."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport, self.received, self.streams = transport, b"", set[asyncio.Task[None]]()

    def data_received(self, data: bytes) -> None:
        self.received += data
        end = self.received.find(b"\r\n\r\n")
        if end < 0:
            return
        length = _LENGTH.search(self.received, 0, end)
        if len(self.received) < end + 4 + (int(length[1]) if length else 0):
            return
        request, self.received = self.received, b""
        self.answer(request)

    def answer(self, request: bytes) -> None:
        asked = _ASKED.search(request)
        if asked is None:
            self.transport.write(WHOLE)
            return
        stream = asyncio.create_task(self.stream(int(asked[1]), float(asked[2])))
        self.streams.add(stream)
        stream.add_done_callback(self.streams.discard)

    async def stream(self, events: int, pause: float) -> None:
        """`events` in all, the last of them with its end and its usage."""
        self.transport.write(BEGIN)
        for _ in range(events - 2):
            await asyncio.sleep(pause)
            self.transport.write(EVENT)
        await asyncio.sleep(pause)
        self.transport.write(END)


async def main() -> None:
    server = await asyncio.get_running_loop().create_server(Provider, "127.0.0.1", int(sys.argv[1]))
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
