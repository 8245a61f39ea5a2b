"""An agent's second turn: what a provider said, its seals included, goes back to it through any client."""

from __future__ import annotations

import pytest

from tests.gateway import PROVIDER_KEYS
from tests.matrix import gemini_script
from tests.matrix.by_client import TURNS
from tests.matrix.five_providers import BACKENDS, FORMATS
from tests.matrix.turns import RESULT
from tests.sdks.scripts import SCENARIOS

SEALS = {
    "responses": "c2VhbGVk",
    "messages": "c2lnbmVk",
    "generate_content": gemini_script.SEAL,
    "converse": "c2lnbmVk",
}
SEALLESS_CLIENTS = {"chat_completions"}
"""Their format has no place for a seal."""


@pytest.mark.parametrize("provider", FORMATS)
@pytest.mark.parametrize("client", FORMATS)
def test_calls_results_and_seals_come_back_to_the_provider(five, clients, client, provider):
    assert TURNS[client](clients, f"on-{provider}") == SCENARIOS["text"]["text"]
    sent = five.sent(provider)
    assert sent.count(RESULT) == 2
    ids = ["call_a", "call_b"]
    assert [sent.count(id_) >= 2 for id_ in ids] == [True, True]
    assert sent.index("call_a") < sent.index("call_b") < sent.index(RESULT)
    if client not in SEALLESS_CLIENTS and provider in SEALS:
        assert SEALS[provider] in sent


@pytest.mark.parametrize("provider", FORMATS)
@pytest.mark.parametrize("client", FORMATS)
def test_a_provider_gets_its_own_credential_and_no_other(five, clients, client, provider):
    TURNS[client](clients, f"on-{provider}")
    received = five.fakes[provider].received[-1]
    told = repr(received.headers) + received.path
    own = f"sk-canary-{BACKENDS[provider][0]}"
    assert f"{own}'" in told
    assert five.gate.key() not in told
    assert told.count("sk-canary-") == 1
    assert not [secret for secret in PROVIDER_KEYS.values() if secret in told]
    assert not [name for name in received.headers if name.startswith(("x-tollkeeper-", "x-envoy-", "x-forwarded-"))]
