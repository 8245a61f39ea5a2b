"""Providers that do as a test tells them: HTTP/1.1 servers with a script for each answer."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tests.envoy.proxy import free_port


@dataclass(slots=True)
class Received:
    """A request as it reached a provider."""

    method: str
    path: str
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key == name), None)


Script = Callable[[Received, asyncio.StreamWriter], Awaitable[None]]


def answering(status: int, body: bytes = b"{}", **headers: str) -> Script:
    """A whole answer; header names have `_` for `-`."""

    async def script(_: Received, writer: asyncio.StreamWriter) -> None:
        lines = {"content-type": "application/json", "content-length": str(len(body))}
        lines |= {name.replace("_", "-"): value for name, value in headers.items()}
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        writer.write(f"HTTP/1.1 {status} Said\r\n{head}\r\n".encode() + body)

    return script


def streaming(chunks: list[bytes], *, content_type: str = "text/event-stream", pause: float = 0.0) -> Script:
    """A chunked answer, cut as given."""

    async def script(_: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(f"HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\ntransfer-encoding: chunked\r\n\r\n".encode())
        for chunk in chunks:
            writer.write(b"%x\r\n%b\r\n" % (len(chunk), chunk))
            await writer.drain()
            await asyncio.sleep(pause)
        writer.write(b"0\r\n\r\n")

    return script


async def silent(_: Received, writer: asyncio.StreamWriter) -> None:
    """Accepts and never answers."""
    await writer.wait_closed()


async def resetting(_: Received, writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


@dataclass(slots=True)
class Provider:
    """An HTTP/1.1 server that keeps what it received."""

    script: Script
    port: int = field(default_factory=free_port)
    received: list[Received] = field(default_factory=list)

    @asynccontextmanager
    async def serving(self, context: ssl.SSLContext | None = None) -> AsyncIterator[None]:
        server = await asyncio.start_server(self._connection, "127.0.0.1", self.port, ssl=context)
        try:
            yield
        finally:
            server.close()

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while request := await _read_request(reader):
                self.received.append(request)
                await self.script(request, writer)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


async def _read_request(reader: asyncio.StreamReader) -> Received | None:
    head = await reader.readuntil(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = [(name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines if line)]
    method, path, _ = first.split(" ", 2)
    request = Received(method, path, headers, b"")
    if request.header("transfer-encoding") == "chunked":
        request.body = b"".join([chunk async for chunk in _chunks(reader)])
    else:
        request.body = await reader.readexactly(int(request.header("content-length") or 0))
    return request


async def _chunks(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    while size := int(await reader.readuntil(b"\r\n"), 16):
        yield (await reader.readexactly(size + 2))[:-2]
    await reader.readuntil(b"\r\n")
