"""A gateway whose settings name a provider of each format, and a model on each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.fakes import Fake
from tests.gateway import Gateway, gateway
from tests.matrix.converse_script import converse_answer
from tests.matrix.first_scripts import chat_answer, messages_answer
from tests.matrix.gemini_script import gemini_answer
from tests.matrix.responses_script import responses_answer

CHAT_APIS = ("chat_completions", "responses", "messages", "generate_content", "converse")
"""The formats, as those of clients and as those of providers."""
BACKENDS = {
    "chat_completions": ("openai", "gpt-5-mini"),
    "responses": ("openai-responses", "gpt-5-mini"),
    "messages": ("anthropic", "claude-haiku-4-5"),
    "generate_content": ("gemini", "gemini-2.5-flash"),
    "converse": ("bedrock", "anthropic.claude-haiku-4-5-20251001-v1:0"),
}
MODELS: dict[str, Any] = {
    **{f"on-{api}": {"backends": [{"provider": p, "model": m}]} for api, (p, m) in BACKENDS.items()},
    "text-embedding-3-small": {"backends": [{"provider": "openai"}]},
    "omni-moderation-latest": {"backends": [{"provider": "openai"}]},
    "on-completions": {"backends": [{"provider": "openai", "model": "gpt-3.5-turbo-instruct"}]},
    "scarce": {"backends": [{"provider": "openai", "model": "gpt-5-mini"}]},
}
LIMITS = [{"name": "scarce", "match": {"model": "scarce"}, "per": ["key"], "requests": 0, "window": "1h"}]


@dataclass(frozen=True, slots=True)
class Five:
    """The gateway, and the fake that speaks each format."""

    gate: Gateway
    fakes: dict[str, Fake]

    def sent(self, api: str) -> str:
        """What the provider of this format was sent last."""
        return self.fakes[api].received[-1].body.decode()

    def count(self, api: str) -> int:
        return len(self.fakes[api].received)


@contextmanager
def five_providers(folder: Path, version: str) -> Iterator[Five]:
    with ExitStack() as stack:
        own = {
            "openai": stack.enter_context(Fake(chat_answer)),
            "anthropic": stack.enter_context(Fake(messages_answer)),
            "gemini": stack.enter_context(Fake(gemini_answer)),
            "bedrock": stack.enter_context(Fake(converse_answer)),
            "openai-responses": stack.enter_context(Fake(responses_answer)),
        }
        more = {name: _provider(folder, name, fake.url) for name, fake in own.items()}
        more["openai"]["api"] = ["chat_completions", "completions", "embeddings", "moderations"]
        more["openai-responses"] |= {"kind": "openai", "api": ["responses"]}
        running = gateway(folder, version, chat_answer, messages_answer, more, models=MODELS, limits=LIMITS)
        gate = stack.enter_context(running)
        yield Five(gate, {api: own[provider] for api, (provider, _) in BACKENDS.items()})


def _provider(folder: Path, name: str, url: str) -> dict[str, Any]:
    secret = folder / f"{name}.key"
    secret.write_text(f"sk-canary-{name}")
    return {"kind": name, "endpoint": url, "credential": {"file": str(secret)}}
