"""docs/matrix.md says what the gateway does, and what cannot be said is refused by name before anything is sent."""

from __future__ import annotations

import pytest

from tests.matrix.features import FEATURES
from tests.matrix.five_providers import FORMATS
from tests.matrix.table import PAGE, asked, message_of, written

NAMED = [
    ("chat_completions", "messages", "several answers", "`n`"),
    ("chat_completions", "converse", "image by its URL", "images"),
    ("chat_completions", "responses", "sound", "messages[0].content[0]"),
    ("chat_completions", "responses", "stop sequences", "stop"),
    ("generate_content", "messages", "log probabilities", "`logprobs`"),
    ("generate_content", "converse", "document by its URL", "messages[0].content[0]"),
    ("responses", "chat_completions", "what the provider stored", "`previous_response_id`"),
    ("responses", "messages", "tools of the provider", "tools"),
    ("messages", "chat_completions", "document by its URL", "messages[0].content[0]"),
    ("generate_content", "messages", "what the provider stored", "`cachedContent`"),
    ("converse", "generate_content", "guardrail", "`guardrailConfig`"),
]
BY_NAME = {feature.name: feature for feature in FEATURES}


def test_the_page_says_what_the_gateway_does(five):
    assert PAGE.read_text() == written(five), "run: python -m tests.matrix.table --write"


@pytest.mark.parametrize(("client", "provider", "feature", "name"), NAMED)
def test_what_cannot_be_said_is_refused_by_name_and_not_sent(five, client, provider, feature, name):
    before = five.count(provider)
    answer = asked(five, client, f"on-{provider}", BY_NAME[feature].said[client])
    assert answer.status_code == 400
    assert name in message_of(answer.json())
    assert five.count(provider) == before
    entry = five.gate.entry(answer.headers["x-tollkeeper-decision"])
    assert (entry["outcome"], entry["status"], entry["api"], entry["cost_nano"] or 0) == ("refused", 400, client, 0)


@pytest.mark.parametrize("client", FORMATS)
def test_every_feature_passes_where_the_provider_speaks_the_clients_api(five, client):
    for feature in FEATURES:
        if client in feature.said:
            assert asked(five, client, f"on-{client}", feature.said[client]).status_code == 200, feature.name
