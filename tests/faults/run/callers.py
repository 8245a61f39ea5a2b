"""The callers: each makes one call after another through Envoy, as its script says, and keeps what it saw."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

import aiohttp

from tests.faults.run.answers import WORD
from tests.faults.run.script import Script, draw

PATHS = {"chat": "/v1/chat/completions", "messages": "/v1/messages"}
TOKEN = WORD.encode()
DECISION = "x-tollkeeper-decision"
PATIENCE = 15.0
"""Seconds after which a client gives up a call that hangs."""
LEAVES_WHOLE_AFTER = 0.3
FAILURES, AFTER_FAILURE = {0, 502, 503, 504}, 0.7
"""Seconds that a caller rests longer, where the gateway itself is away."""


@dataclass(slots=True)
class Call:
    """One call as its client saw it, with Unix times. `end` is whole, left, broken or lost: no answer came at all."""

    tag: str
    key: str
    script: Script
    began: float
    ended: float = 0.0
    status: int = 0
    decision: str | None = None
    pieces: int = 0
    tokens: int = 0
    end: str = "lost"


@dataclass(slots=True)
class Callers:
    """`keys` are secrets by the id of the key, one for each caller."""

    url: str
    seed: int
    keys: dict[str, str]
    without: frozenset[str]
    calls: list[Call] = field(default_factory=list)

    async def call_for(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        timeout = aiohttp.ClientTimeout(total=PATIENCE)
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(self.url, timeout=timeout, connector=connector) as session:
            await asyncio.gather(*(self._go_on(session, number, until) for number in range(len(self.keys))))

    async def _go_on(self, session: aiohttp.ClientSession, caller: int, until: float) -> None:
        key, secret = list(self.keys.items())[caller]
        number = 0
        while time.monotonic() < until:
            script = draw(self.seed, caller, number, self.without)
            call = Call(script.part.tag, key, script, time.time())
            self.calls.append(call)
            await _make(session, call, secret)
            call.ended = time.time()
            await asyncio.sleep(script.rest + (AFTER_FAILURE if call.status in FAILURES else 0.0))
            number += 1


async def _make(session: aiohttp.ClientSession, call: Call, secret: str) -> None:
    script = call.script
    headers = {"x-api-key": secret, "anthropic-version": "2023-06-01"}
    impatient = script.leaves is not None and not script.stream
    try:
        async with asyncio.timeout(LEAVES_WHOLE_AFTER if impatient else None):
            async with session.post(PATHS[script.api], json=script.body(), headers=headers) as answer:
                call.status, call.decision, call.end = answer.status, answer.headers.get(DECISION), "broken"
                call.end = await _taken(answer, call)
    except TimeoutError:
        call.end = "left" if impatient else call.end
    except (aiohttp.ClientError, ConnectionError):
        pass


async def _taken(answer: aiohttp.ClientResponse, call: Call) -> str:
    """Reads to the end, or leaves in the middle of it."""
    async for line in answer.content:
        call.pieces += line.startswith(b"data:")
        call.tokens += line.count(TOKEN)
        if call.script.stream and call.status == 200 and call.pieces == call.script.leaves:
            answer.close()
            return "left"
    return "whole"
