"""Fake providers: functions behind a real socket, which keep what they were sent.

A fake takes one recorded request and returns a `Response`; its server runs on a thread of its own, so that blocking
clients can be used from tests.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field
from typing import Self

from aiohttp import web


@dataclass(frozen=True, slots=True)
class Received:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)


@dataclass(slots=True)
class Response:
    """`chunks` are sent one by one, `pause` seconds apart; `cut` drops the connection after the last.

    With status 0 the connection is dropped before anything is sent.
    """

    chunks: Iterable[bytes] = (b"",)
    status: int = 200
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    pause: float = 0.0
    cut: bool = False


@dataclass(slots=True)
class Fake:
    answer: Callable[[Received], Response]
    received: list[Received] = field(default_factory=list)
    delivered: list[int] = field(default_factory=list)
    port: int = 0
    _loop: asyncio.AbstractEventLoop | None = None
    _thread: threading.Thread | None = None
    _ready: threading.Event = field(default_factory=threading.Event)
    _stop: asyncio.Event | None = None

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_route("*", "/{path:.*}", self._handle)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.port = runner.addresses[0][1]
        self._ready.set()
        await self._stop.wait()
        await runner.cleanup()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        received = Received(request.method, request.path_qs, headers, await request.read())
        self.received.append(received)
        reply = self.answer(received)
        response = web.StreamResponse(
            status=reply.status, headers={"content-type": reply.content_type, **reply.headers}
        )
        await response.prepare(request)
        count = 0
        try:
            async for chunk in _paced(reply):
                await response.write(chunk)
                count += 1
            if reply.cut:
                request.transport.abort()
        finally:
            self.delivered.append(count)
        return response


async def _paced(reply: Response) -> AsyncIterator[bytes]:
    for chunk in reply.chunks:
        yield chunk
        if reply.pause:
            await asyncio.sleep(reply.pause)
