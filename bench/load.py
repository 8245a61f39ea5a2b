"""Calls a gateway over kept connections, a number at a time or at a steady rate, and says how it went, as JSON.

It reads no more of an answer than its status and its end, so that it costs little beside what is measured.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from dataclasses import asdict, dataclass, field

from bench.calls import Kind

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Load:
    """`rate` is calls a second, begun on time whatever is still going on; without one, `at_once` calls go on."""

    port: int
    key: str
    kind: Kind
    calls: int
    at_once: int = 16
    rate: float | None = None


@dataclass(slots=True)
class Run:
    calls: int = 0
    failed: int = 0
    seconds: float = 0.0
    pieces: int = 0
    """Reads that brought something of an answer: how finely the streams came."""
    first_failure: str = ""


class Connection(asyncio.Protocol):
    """One connection: `call` sends a request and waits for the end of its answer."""

    def __init__(self, run: Run) -> None:
        self.run, self.answer, self.done = run, bytearray(), asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.run.pieces += 1
        self.answer += data
        if not self.done.done() and _is_whole(self.answer):
            self.done.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(exc or ConnectionError("the gateway closed the connection"))

    async def call(self, request: bytes) -> None:
        self.answer, self.done = bytearray(), asyncio.get_running_loop().create_future()
        self.transport.write(request)
        await asyncio.wait_for(self.done, PATIENCE)
        self.run.calls += 1
        if not self.answer.startswith(b"HTTP/1.1 200 "):
            self.run.failed += 1
            self.run.first_failure = self.run.first_failure or self.answer[:300].decode("latin-1")


def _is_whole(answer: bytearray) -> bool:
    if answer.endswith(b"0\r\n\r\n"):
        return True
    end = answer.find(b"\r\n\r\n")
    length = _LENGTH.search(answer, 0, end) if end > 0 else None
    return length is not None and len(answer) >= end + 4 + int(length[1])


@dataclass(slots=True)
class Caller:
    load: Load
    run: Run = field(default_factory=Run)
    idle: list[Connection] = field(default_factory=list)

    async def call(self) -> None:
        connection = self.idle.pop() if self.idle else await self.connect()
        await connection.call(self.load.kind.request(self.load.key))
        self.idle.append(connection)

    async def connect(self) -> Connection:
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(lambda: Connection(self.run), "127.0.0.1", self.load.port)
        return connection

    async def go(self) -> Run:
        began = time.monotonic()
        await (self.keep_some_going() if self.load.rate is None else self.keep_pace(self.load.rate))
        self.run.seconds = time.monotonic() - began
        return self.run

    async def keep_some_going(self) -> None:
        left = iter(range(self.load.calls))

        async def one_after_another() -> None:
            for _ in left:
                await self.call()

        await asyncio.gather(*(one_after_another() for _ in range(self.load.at_once)))

    async def keep_pace(self, rate: float) -> None:
        began, going = time.monotonic(), []
        for number in range(self.load.calls):
            await asyncio.sleep(max(0.0, began + number / rate - time.monotonic()))
            going.append(asyncio.create_task(self.call()))
        await asyncio.gather(*going)


def main() -> None:
    given = json.loads(sys.argv[1])
    run = asyncio.run(Caller(Load(**{**given, "kind": Kind(**given["kind"])})).go())
    print(json.dumps(asdict(run)))


if __name__ == "__main__":
    main()
