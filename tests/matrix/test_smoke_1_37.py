"""The oldest Envoy that we render for, one call of each client on each provider."""

from __future__ import annotations

import pytest

from tests.matrix.calls import CALLS
from tests.matrix.five_providers import CHAT_APIS
from tests.sdks.scripts import SCENARIOS, USAGE


@pytest.fixture(scope="module")
def version():
    return "1.37"


@pytest.mark.parametrize("provider", CHAT_APIS)
@pytest.mark.parametrize("client", CHAT_APIS)
def test_a_client_gets_a_stream_of_what_the_provider_said(five, clients, client, provider):
    heard = CALLS[client](clients, f"on-{provider}", "thinking", stream=True)
    assert (heard.text, heard.thinking) == (SCENARIOS["thinking"]["text"], SCENARIOS["thinking"]["thinking"])
    assert heard.counts == (USAGE["input"], USAGE["output"], USAGE["cached"])
    assert five.gate.entry(heard.decision)["provider"] is not None
