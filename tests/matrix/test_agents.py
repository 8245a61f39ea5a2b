"""Agents that the official SDKs run: on a provider of any format their tools are called and answered."""

from __future__ import annotations

import pytest

from tests.matrix.agents import AGENTS
from tests.matrix.five_providers import FORMATS
from tests.matrix.test_turns import SEALS
from tests.matrix.turns import RESULT

SEALED = {
    "openai, responses.stream",
    "anthropic, messages.stream",
    "google-genai, chat",
    "google-genai, chat on streams",
}
"""Those that ask for thoughts and have a place for their seals."""


@pytest.mark.parametrize("provider", FORMATS)
@pytest.mark.parametrize("agent", AGENTS)
def test_an_agent_calls_its_tools_and_tells_their_results(five, clients, agent, provider):
    run, said = AGENTS[agent]
    assert run(clients, f"on-{provider}") == said
    sent = five.sent(provider)
    assert sent.count(RESULT) == 2
    assert sent.index("call_a") < sent.index(RESULT) < sent.rindex(RESULT)
    if agent in SEALED and provider in SEALS:
        assert SEALS[provider] in sent
