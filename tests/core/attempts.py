"""One upstream try, run by hand: what the host would send, event by event, and what came of it."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass, field
from typing import Any

from ext_proc.attempt import Attempt
from ext_proc.effects import Settle
from ext_proc.events import RequestBody, RequestHeaders, ResponseBody, ResponseHeaders, ResponseTrailers
from ext_proc.leases import Settlement
from ext_proc.plan import load
from ext_proc.replies import AnswerBody, AnswerHeaders, AnswerTrailers, AnswerWhole, Hold
from tests.core.conversation import CHAT, MESSAGES, NOW, body, call, decide, snapshot
from tests.fakes import Received
from tests.sdks.scripts import anthropic_answer, openai_answer

JSON = (("content-type", "application/json"),)
SSE = (("content-type", "text/event-stream; charset=utf-8"),)
CLIENT = (("authorization", "Bearer tk-alice"), ("content-type", "application/json"))

PAIRS = {
    "chat observed": (CHAT, "watched"),
    "chat on messages": (CHAT, "chat-on-messages"),
    "messages on chat": (MESSAGES, "messages-on-chat"),
    "messages observed": (MESSAGES, "messages-watched"),
}
WATCHED = {
    "models": {
        "gpt-4o-mini": {"backends": [{"provider": "openai"}]},
        "claude-haiku-4-5": {"backends": [{"provider": "anthropic"}]},
        "renamed": {"backends": [{"provider": "openai", "model": "gpt-4o-mini"}]},
        "watched": {"backends": [{"provider": "openai", "model": "gpt-4o-mini"}], "metering": "inline"},
        "messages-watched": {
            "backends": [{"provider": "anthropic", "model": "claude-haiku-4-5"}],
            "metering": "inline",
        },
        "chat-on-messages": {"backends": [{"provider": "anthropic", "model": "claude-haiku-4-5"}]},
        "messages-on-chat": {"backends": [{"provider": "openai", "model": "gpt-4o-mini"}]},
        "capped": {"backends": [{"provider": "openai"}], "max_output_tokens": 50},
        "messages-capped": {"backends": [{"provider": "anthropic"}], "max_output_tokens": 50},
    }
}
VIEW = snapshot(**WATCHED)


@dataclass
class Try:
    """An attempt, what it was sent and what it has settled so far."""

    attempt: Attempt
    sent: bytes = b""
    settled: list[Settlement] = field(default_factory=list)
    replies: list[Any] = field(default_factory=list)
    stored: bool = True
    """Whether the store takes what is settled."""

    def on(self, event: Any) -> Any:
        reply = self._run(self.attempt.on(event))
        self.replies.append(reply)
        return reply

    def close(self) -> None:
        self._run(self.attempt.closed())

    def answer(self, status: int, headers: Any, *chunks: bytes, trailers: bool = False) -> None:
        """A whole answer in these pieces. An attempt that has ended early is sent nothing more, as by the host."""
        self.on(ResponseHeaders(status, headers))
        for number, chunk in enumerate(chunks, 1):
            if self.attempt.state.name == "ANSWER":
                self.on(ResponseBody(chunk, not trailers and number == len(chunks)))
        if trailers and self.attempt.state.name == "ANSWER":
            self.on(ResponseTrailers())

    @property
    def status(self) -> int:
        """What the client gets."""
        changed = [reply.status for reply in self._header_replies() if reply.status is not None]
        return changed[-1] if changed else self.attempt.status

    @property
    def content_type(self) -> str | None:
        return next((reply.set_headers.get("content-type") for reply in self._header_replies()), None)

    @property
    def set_headers(self) -> dict[str, str]:
        return {name: value for reply in self._header_replies() for name, value in reply.set_headers.items()}

    @property
    def removed(self) -> set[str]:
        """Headers of the provider's that the client does not get."""
        return {name for reply in self._header_replies() for name in reply.remove_headers}

    @property
    def data(self) -> bytes:
        """All bytes for the client."""
        whole = [reply.body if isinstance(reply, AnswerWhole) else reply for reply in self.replies]
        return b"".join(reply.data for reply in whole if isinstance(reply, AnswerBody | AnswerTrailers))

    @property
    def charge(self) -> tuple[str, int, int, bool]:
        """Outcome, input and output tokens, and whether they are an estimate, of the only settlement."""
        (only,) = self.settled
        entry = only.entry
        return entry["outcome"], entry["input_tokens"], entry["output_tokens"], entry["estimated"]

    def _header_replies(self) -> list[AnswerHeaders]:
        waited = [getattr(reply, "headers", reply) for reply in self.replies if not isinstance(reply, Hold)]
        return [reply for reply in waited if isinstance(reply, AnswerHeaders)]

    def _run(self, machine: Any) -> Any:
        try:
            effect = machine.send(None)
            while True:
                assert isinstance(effect, Settle)
                self.settled.append(effect.settlement)
                effect = machine.send(self.stored)
        except StopIteration as stop:
            return stop.value


def new(view: Any = None) -> Try:
    """An attempt that nothing has happened to. Its clock goes on by a second with each look at it."""
    ticks = itertools.count(NOW + 1)
    return Try(Attempt(view or VIEW, lambda: float(next(ticks))))


def headed(path: str, model: str, *, provider: str | None = None, view: Any = None, **members: Any) -> Try:
    """The same after its request's headers; the body that the client sent is at `sent`."""
    sent = body(path, model, **members)
    _, allowed = decide(call(sent, path), view or VIEW)
    one = new(view)
    one.sent = sent
    one.on(RequestHeaders(CLIENT, provider or load(allowed.plan).steps[0].provider, 1, allowed.plan))
    return one


def begun(path: str, model: str, **given: Any) -> Try:
    """The same when the provider has got all of its request."""
    one = headed(path, model, **given)
    if one.replies[-1].ask_body:
        one.on(RequestBody(one.sent))
    return one


def provider_answer(api: str, *, stream: bool, case: str = "text", usage: bool = True) -> list[bytes]:
    """What the provider of this API sends, in its natural pieces."""
    asked = {"model": "m", "messages": [{"role": "user", "content": case}], "stream": stream}
    told = {**asked, "stream_options": {"include_usage": usage}}
    answer = {"chat_completions": openai_answer, "messages": anthropic_answer}[api]
    return list(answer(Received("POST", "", {}, json.dumps(told).encode())).chunks)
