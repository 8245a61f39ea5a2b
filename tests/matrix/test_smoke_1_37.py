"""The oldest Envoy that we render for, one call of each client on each provider."""

from __future__ import annotations

import pytest

from tests.matrix.by_client import CALLS
from tests.matrix.clients import connected
from tests.matrix.five_providers import FORMATS, five_providers
from tests.sdks.scripts import SCENARIOS, USAGE


@pytest.fixture(scope="module")
def five(tmp_path_factory):
    with five_providers(tmp_path_factory.mktemp("matrix"), "1.37") as running:
        yield running


@pytest.fixture(scope="module")
def clients(five):
    with connected(five.gate.url, five.gate.key()) as made:
        yield made


@pytest.mark.parametrize("provider", FORMATS)
@pytest.mark.parametrize("client", FORMATS)
def test_a_client_gets_a_stream_of_what_the_provider_said(five, clients, client, provider):
    heard = CALLS[client](clients, f"on-{provider}", "thinking", stream=True)
    assert (heard.text, heard.thinking) == (SCENARIOS["thinking"]["text"], SCENARIOS["thinking"]["thinking"])
    assert heard.counts == (USAGE["input"], USAGE["output"], USAGE["cached"])
    assert five.gate.entry(heard.decision)["provider"] is not None
