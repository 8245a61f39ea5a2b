"""A gateway with two workers before a provider that keeps files, on the first Envoy that is tried and on the last."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.files.batch_maker import BatchMaker
from tests.files.keeper import Keeper
from tests.gateway import Gateway, gateway

MODELS = {
    "gpt-4o-mini": {"backends": [{"provider": "openai"}]},
    "claude-haiku-4-5": {"backends": [{"provider": "anthropic"}]},
}
LIMITS = [
    {"name": "team-usd", "per": ["team"], "usd": "0.01", "window": "day"},
    {"name": "team-calls", "per": ["team"], "requests": 1000, "window": "day"},
]


@dataclass
class Kept:
    """The gateway, and the providers behind it."""

    gate: Gateway
    keeper: Keeper
    messages: BatchMaker

    def client(self, team: str, **options):
        return self.gate.client(key=self.gate.key(team, "--team", team), **options)


@pytest.fixture(scope="module", params=["1.40", "1.37"])
def kept(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    folder, keeper, messages = tmp_path_factory.mktemp("files"), Keeper(), BatchMaker()
    settings = {"models": MODELS, "limits": LIMITS, "files": {"provider": ["openai", "anthropic"]}}
    with gateway(folder, request.param, keeper, messages, **settings) as running:
        yield Kept(running, keeper, messages)


def spent(kept, team):
    """(used, held) of the team's dollars, in nano-dollars."""
    rows = json.loads(kept.gate.cli("budgets", "list", "--json"))
    return next(
        (row["used"], row["leased"]) for row in rows if row["limit"] == "team-usd" and row["scope"] == f"team={team}"
    )
