"""The access log once more: what Envoy tells is told to the workers again, at once, later, and after leases have ended.

So calls settle in duplicate, and those settle late whose last word died with a worker.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import grpc

SERVICE = "envoy.service.accesslog.v3.AccessLogService"
METHOD = "StreamAccessLogs"
AGAIN = {0.0: 30, 0.3: 15, 2.2: 15, 5.0: 15, 12.5: 15, -1.0: 10}
"""Seconds until a message is told again, with weights; -1 is never. A lease of the run lives for 12."""


@dataclass(slots=True)
class Echo:
    """`workers` are their addresses."""

    workers: list[str]
    dice: random.Random
    told: int = 0
    failed: int = 0
    server: Any = None
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def start(self, port: int) -> None:
        method = grpc.stream_unary_rpc_method_handler(self._hear)  # messages stay bytes
        self.server = grpc.aio.server()
        self.server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, {METHOD: method}),))
        self.server.add_insecure_port(f"127.0.0.1:{port}")
        await self.server.start()

    async def end(self) -> None:
        """Once all is told that is to be told again."""
        await asyncio.gather(*self.tasks)
        await self.server.stop(None)

    async def _hear(self, messages: AsyncIterator[bytes], _context: Any) -> bytes:
        async for message in messages:
            after = self.dice.choices(list(AGAIN), list(AGAIN.values()))[0]
            if after >= 0:
                task = asyncio.create_task(self._tell(message, after))
                self.tasks.add(task)
                task.add_done_callback(self.tasks.discard)
        return b""

    async def _tell(self, message: bytes, after: float) -> None:
        """To one worker, or to both."""
        await asyncio.sleep(after)
        for address in self.dice.sample(self.workers, self.dice.choice((1, 1, len(self.workers)))):
            with suppress(grpc.aio.AioRpcError):
                async with grpc.aio.insecure_channel(address) as channel:
                    await channel.stream_unary(f"/{SERVICE}/{METHOD}")(iter([message]), timeout=3)
                    self.told += 1
