"""One gateway for each Envoy version, kept for the whole module: the tests only call through it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ext_proc.render.envoy import KNOWN_VERSIONS
from tests.gateway import Gateway, gateway
from tests.sdks.scripts import anthropic_answer, openai_answer

MODELS = {
    "gpt-4o-mini": {"backends": [{"provider": "openai"}]},
    "claude-haiku-4-5": {"backends": [{"provider": "anthropic"}]},
    "chat-on-messages": {"backends": [{"provider": "anthropic", "model": "claude-haiku-4-5"}]},
    "messages-on-chat": {"backends": [{"provider": "openai", "model": "gpt-4o-mini"}]},
    "renamed": {"backends": [{"provider": "openai", "model": "gpt-4o-mini"}]},
    "watched": {"backends": [{"provider": "openai", "model": "gpt-4o-mini"}], "metering": "inline"},
}


@pytest.fixture(scope="module", params=KNOWN_VERSIONS)
def gate(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    folder = tmp_path_factory.mktemp(f"envoy-{request.param}")
    with gateway(folder, request.param, openai_answer, anthropic_answer, models=MODELS) as running:
        yield running
