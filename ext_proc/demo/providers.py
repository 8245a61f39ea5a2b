"""The demo's providers: HTTP servers on a thread of their own, which keep what they were sent."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from ext_proc.demo import chat_completions, messages

PAUSE = 0.015
"""Seconds between two events of a stream."""


@dataclass(frozen=True, slots=True)
class Format:
    """How one API is served: where, under which header, and the two halves of its answers."""

    path: str
    auth_header: str
    auth_prefix: str
    answer: Callable[[dict[str, Any]], Iterator[bytes]]
    refuse: Callable[[str], bytes]


FORMATS = {
    "openai": Format(
        "/v1/chat/completions", "authorization", "Bearer ", chat_completions.answer, chat_completions.refuse
    ),
    "anthropic": Format("/v1/messages", "x-api-key", "", messages.answer, messages.refuse),
}


@dataclass(slots=True)
class Received:
    """One call as the provider saw it; `answered` are the bytes that it sent back."""

    path: str
    headers: dict[str, str]
    body: bytes
    answered: bytes = b""


@dataclass(slots=True)
class FakeProvider:
    """Lives as long as the demo. Its key is the only one that it takes."""

    name: str
    format: Format
    key: str
    port: int = 0
    received: list[Received] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def last(self) -> Received:
        return self.received[-1]

    def credential(self, received: Received) -> str:
        return received.headers.get(self.format.auth_header, "")

    async def serve(self) -> web.AppRunner:
        app = web.Application(client_max_size=16 * 1024 * 1024)
        app.router.add_post(self.format.path, self._call)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, handle_signals=False)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.port = runner.addresses[0][1]
        return runner

    async def _call(self, request: web.Request) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        received = Received(request.path, headers, await request.read())
        self.received.append(received)
        if self.credential(received) != self.format.auth_prefix + self.key:
            return web.Response(status=401, body=self.format.refuse("That is not my key."))
        call = json.loads(received.body)
        kind = "text/event-stream" if call.get("stream") else "application/json"
        response = web.StreamResponse(headers={"content-type": kind})
        await response.prepare(request)
        for piece in self.format.answer(call):
            received.answered += piece
            await response.write(piece)
            await asyncio.sleep(PAUSE)
        return response


@contextmanager
def served(providers: list[FakeProvider]) -> Iterator[None]:
    """Serves them all on one thread until the block is left."""
    ready, loop, stop = threading.Event(), asyncio.new_event_loop(), asyncio.Event()
    thread = threading.Thread(target=lambda: loop.run_until_complete(_serve(providers, ready, stop)), daemon=True)
    thread.start()
    if not ready.wait(10):
        raise TimeoutError("the fake providers did not start")
    try:
        yield
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()


async def _serve(providers: list[FakeProvider], ready: threading.Event, stop: asyncio.Event) -> None:
    runners = [await provider.serve() for provider in providers]
    ready.set()
    await stop.wait()
    for runner in runners:
        await runner.cleanup()
