"""Two providers in one process of their own, which bill by their own count and write down what: the run's truth.

An attempt is billed for its input and for each token that was sent. Errors, and what was never sent, cost nothing.
Run as `python -m tests.faults.run.provider PORT FILE`; FILE gets a line of JSON for each attempt that has ended.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from dataclasses import dataclass, field
from typing import TextIO

from aiohttp import web

from tests.faults.run import answers
from tests.faults.run.answers import Told
from tests.faults.run.script import LONG, Part, part_of

NANO_PER_TOKEN = {"chat": (150, 600), "messages": (1000, 5000)}
"""Of input and output: the same prices as the operator's file has per million, in dollars."""
PATHS = {"/v1/chat/completions": "chat", "/v1/messages": "messages"}
CHARACTERS_PER_TOKEN = 5
BEGUN = 0.3
"""Seconds before a stream breaks, so that its client has the beginning and no other try follows."""
SILENCE = 3.0
"""Seconds of a provider that hangs: longer than the proxy waits for a first byte."""


@dataclass(slots=True)
class Attempt:
    """One request at a provider, and what it has cost so far. `billed` from the first byte of an answer on."""

    part: Part
    api: str
    number: int
    goes: str
    told: Told
    stream: bool
    billed: bool = False
    output: int = 0

    def row(self) -> dict[str, object]:
        spent, written = NANO_PER_TOKEN[self.api]
        tokens = (self.told.input, self.output) if self.billed else (0, 0)
        nano = tokens[0] * spent + tokens[1] * written
        names = {"tag": self.part.tag, "api": self.api, "number": self.number, "goes": self.goes}
        return {**names, "billed": self.billed, "input": tokens[0], "output": tokens[1], "nano": nano}


@dataclass(slots=True)
class Provider:
    truth: TextIO
    attempts: Counter[str] = field(default_factory=Counter)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        attempt = self._attempt(PATHS[request.path], await request.json())
        try:
            return await _ANSWERS.get(attempt.goes, _answered)(request, attempt)
        except ConnectionError:
            return web.Response()
        finally:
            self.truth.write(json.dumps(attempt.row()) + "\n")
            self.truth.flush()

    def _attempt(self, api: str, body: dict) -> Attempt:
        content = body["messages"][-1]["content"]
        prompt = content if isinstance(content, str) else content[0]["text"]
        part = part_of(prompt)
        self.attempts[part.tag] += 1
        goes = part.at(self.attempts[part.tag])
        cap = body.get("max_tokens") or body.get("max_completion_tokens") or LONG
        output = min(cap, LONG if goes == "long" else part.events)
        told = Told(api, body["model"], len(prompt) // CHARACTERS_PER_TOKEN, output, usage=goes != "mute")
        return Attempt(part, api, self.attempts[part.tag], goes, told, stream=bool(body.get("stream")))


async def _answered(request: web.Request, attempt: Attempt) -> web.StreamResponse:
    await asyncio.sleep(attempt.part.first)
    return await (_streamed if attempt.stream else _in_one_piece)(request, attempt)


async def _streamed(request: web.Request, attempt: Attempt) -> web.StreamResponse:
    answer = await _opened(request, "text/event-stream")
    await answer.write(answers.begin(attempt.told))
    attempt.billed = True
    for number in range(attempt.told.output):
        if attempt.goes == "break" and number == attempt.told.output // 2:
            await asyncio.sleep(BEGUN)
            return _dropped(request, answer)
        await asyncio.sleep(attempt.part.pace)
        await answer.write(answers.token(attempt.told))
        attempt.output += 1
    await answer.write(answers.end(attempt.told))
    return answer


async def _in_one_piece(request: web.Request, attempt: Attempt) -> web.StreamResponse:
    body = answers.whole(attempt.told)
    answer = await _opened(request, "application/json", **{"content-length": str(len(body))})
    broken = attempt.goes == "half"
    await answer.write(body[: len(body) // 2] if broken else body)
    attempt.billed = True
    attempt.output = body[: len(body) // 2].count(answers.WORD.encode()) if broken else attempt.told.output
    return _dropped(request, answer) if broken else answer


async def _failed(request: web.Request, attempt: Attempt) -> web.StreamResponse:
    await asyncio.sleep(attempt.part.first)
    status = int(attempt.goes)
    return web.Response(status=status, body=answers.error(attempt.api, status), content_type="application/json")


async def _reset(request: web.Request, attempt: Attempt) -> web.StreamResponse:
    return _dropped(request, web.Response())


async def _hung(request: web.Request, attempt: Attempt) -> web.StreamResponse:
    await asyncio.sleep(SILENCE)
    return await _answered(request, attempt)


async def _garbled(request: web.Request, attempt: Attempt) -> web.StreamResponse:
    """A page of something on the way, which nobody bills."""
    answer = await _opened(request, "text/html", **{"content-length": "12"})
    await answer.write(b"<p>hello</p>")
    return answer


_ANSWERS = {"429": _failed, "500": _failed, "reset": _reset, "hang": _hung, "garbled": _garbled}


async def _opened(request: web.Request, content_type: str, **headers: str) -> web.StreamResponse:
    if request.transport is None or request.transport.is_closing():
        raise ConnectionResetError
    answer = web.StreamResponse(headers={"content-type": content_type, **headers})
    await answer.prepare(request)
    return answer


def _dropped(request: web.Request, answer: web.StreamResponse) -> web.StreamResponse:
    """What was written arrives, and then the connection ends."""
    if request.transport is not None:
        request.transport.close()
    return answer


async def main(port: int, path: str) -> None:
    with open(path, "a") as truth:  # noqa: ASYNC230, PTH123  one line at a time, and nobody waits for it
        app = web.Application()
        app.router.add_post("/{path:.*}", Provider(truth).handle)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2]))
