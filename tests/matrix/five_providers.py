"""A gateway whose settings name a provider of each format, and a model on each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.fakes import Fake, Received, Response
from tests.gateway import Gateway, gateway
from tests.matrix.cohere_script import cohere_answer
from tests.matrix.converse_script import converse_answer
from tests.matrix.first_scripts import chat_answer, messages_answer
from tests.matrix.gemini_script import gemini_answer
from tests.matrix.manners import MANNER, in_manner
from tests.matrix.responses_script import responses_answer

CHAT_APIS = ("chat_completions", "responses", "messages", "generate_content", "converse")
"""The formats that all is proven for, as those of clients and as those of providers."""
FORMATS = (*CHAT_APIS, "cohere_chat")
BACKENDS = {
    "chat_completions": ("openai", "gpt-5-mini"),
    "responses": ("openai-responses", "gpt-5-mini"),
    "messages": ("anthropic", "claude-haiku-4-5"),
    "generate_content": ("gemini", "gemini-2.5-flash"),
    "converse": ("bedrock", "anthropic.claude-haiku-4-5-20251001-v1:0"),
    "cohere_chat": ("cohere", "command-a-03-2025"),
}


def _in_order(last: str) -> list[dict[str, Any]]:
    """Every backend, one after the other, and this one last."""
    order = [*(api for api in FORMATS if api != last), last]
    return [{**_backend(api), "priority": place} for place, api in enumerate(order)]


def _backend(api: str) -> dict[str, Any]:
    provider, model = BACKENDS[api]
    return {"provider": provider, "model": model, "api": api}


MODELS: dict[str, Any] = {
    **{f"on-{api}": {"backends": [_backend(api)]} for api in BACKENDS},
    **{f"observed-on-{api}": {"backends": [_backend(api)], "metering": "inline"} for api in BACKENDS},
    **{f"lenient-on-{api}": {"backends": [_backend(api)], "on_unsupported": "drop"} for api in BACKENDS},
    **{f"ends-on-{last}": {"backends": _in_order(last)} for last in FORMATS},
    "text-embedding-3-small": {"backends": [{"provider": "openai"}]},
    "omni-moderation-latest": {"backends": [{"provider": "openai"}]},
    "on-completions": {"backends": [{"provider": "openai", "model": "gpt-3.5-turbo-instruct"}]},
    "scarce": {"backends": [{"provider": "openai", "model": "gpt-5-mini"}]},
}
LIMITS = [{"name": "scarce", "match": {"model": "scarce"}, "per": ["key"], "requests": 0, "window": "1h"}]


Answer = Callable[[Received], Response]
ANSWERS: dict[str, Answer] = {
    "openai": chat_answer,
    "openai-responses": responses_answer,
    "anthropic": messages_answer,
    "gemini": gemini_answer,
    "bedrock": converse_answer,
    "cohere": cohere_answer,
}


@dataclass(frozen=True, slots=True)
class Five:
    """The gateway, and the fake that speaks each format."""

    gate: Gateway
    fakes: dict[str, Fake]
    down: set[str]
    """The providers that answer every call with status 503."""
    http: httpx.Client

    def sent(self, api: str) -> str:
        """What the provider of this format was sent last."""
        return self.fakes[api].received[-1].body.decode()

    def count(self, api: str) -> int:
        return len(self.fakes[api].received)


@contextmanager
def five_providers(folder: Path, version: str) -> Iterator[Five]:
    with ExitStack() as stack:
        down: set[str] = set()
        own = {name: stack.enter_context(Fake(_up(name, down, answer))) for name, answer in ANSWERS.items()}
        more = {name: _provider(folder, name, fake.url) for name, fake in own.items()}
        more["openai"]["api"] = ["chat_completions", "completions", "embeddings", "moderations"]
        more["openai-responses"] |= {"kind": "openai", "api": ["responses"]}
        running = gateway(folder, version, chat_answer, messages_answer, more, models=MODELS, limits=LIMITS)
        gate = stack.enter_context(running)
        headers = {"authorization": f"Bearer {gate.key()}"}
        http = stack.enter_context(httpx.Client(base_url=gate.url, headers=headers, timeout=20))
        yield Five(gate, {api: own[provider] for api, (provider, _) in BACKENDS.items()}, down, http)


def _up(name: str, down: set[str], answer: Answer) -> Answer:
    def answered(received: Received) -> Response:
        if b'"gone"' in received.body:
            return Response(status=0)
        if name in down:
            return Response([b"{}"], status=503)
        manner = MANNER.search(received.body)
        return in_manner(manner[1].decode() if manner else "", name, received, answer)

    return answered


def _provider(folder: Path, name: str, url: str) -> dict[str, Any]:
    secret = folder / f"{name}.key"
    secret.write_text(f"sk-canary-{name}")
    return {"kind": name, "endpoint": url, "credential": {"file": str(secret)}}
