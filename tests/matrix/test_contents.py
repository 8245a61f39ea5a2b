"""Images, documents, schemas and forced tools of any official client, said to a provider of any format."""

from __future__ import annotations

import json
import re

import pytest

from tests.matrix.by_client import CALLS
from tests.matrix.five_providers import FORMATS
from tests.matrix.raised import RAISED
from tests.matrix.said import CASES
from tests.sdks.scripts import SCENARIOS

REFUSED = {("document", "cohere_chat"): "documents as text only"}
"""What a provider's format has no word for, and a word of the reason."""
PASSED = [(case, client, provider) for case in CASES for client in CASES[case].said for provider in FORMATS]


@pytest.mark.parametrize(
    ("case", "client", "provider"), [one for one in PASSED if (one[0], one[2]) not in REFUSED or one[1] == one[2]]
)
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_what_a_client_says_reaches_the_provider_and_is_answered(five, clients, case, client, provider, stream):
    told, said = SCENARIOS[CASES[case].word], CASES[case].said[client]
    heard = CALLS[client](clients, f"on-{provider}", CASES[case].word, stream=stream, **said)
    assert heard.text == told["text"]
    assert heard.tools == [(id_, name, json.loads(arguments)) for id_, name, arguments in told.get("tools", [])]
    assert re.search(CASES[case].mark, five.sent(provider))


@pytest.mark.parametrize(
    ("case", "client", "provider"), [one for one in PASSED if (one[0], one[2]) in REFUSED and one[1] != one[2]]
)
def test_what_the_provider_has_no_word_for_is_refused_before_it_is_sent(five, clients, case, client, provider):
    before = five.count(provider)
    with pytest.raises(RAISED[client][400]) as raised:
        CALLS[client](clients, f"on-{provider}", CASES[case].word, stream=True, **CASES[case].said[client])
    assert REFUSED[case, provider] in str(raised.value)
    assert five.count(provider) == before
