"""A gateway with two workers before a provider that keeps files, on the first Envoy that is tried and on the last."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.files.keeper import Keeper
from tests.gateway import Gateway, gateway
from tests.sdks.scripts import anthropic_answer

MODELS = {"gpt-4o-mini": {"backends": [{"provider": "openai"}]}}
LIMITS = [
    {"name": "team-usd", "per": ["team"], "usd": "0.01", "window": "day"},
    {"name": "team-calls", "per": ["team"], "requests": 1000, "window": "day"},
]


@dataclass
class Kept:
    """The gateway, and the provider behind it."""

    gate: Gateway
    keeper: Keeper

    def client(self, team: str, **options):
        return self.gate.client(key=self.gate.key(team, "--team", team), **options)


@pytest.fixture(scope="module", params=["1.40", "1.37"])
def kept(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    folder, keeper = tmp_path_factory.mktemp("files"), Keeper()
    settings = {"models": MODELS, "limits": LIMITS, "files": {"provider": "openai"}}
    with gateway(folder, request.param, keeper, anthropic_answer, **settings) as running:
        yield Kept(running, keeper)
