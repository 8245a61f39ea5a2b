"""When providers fail, the next answers the same call in its own format, and the client does not notice."""

from __future__ import annotations

import json

import pytest

from tests.matrix.by_client import CALLS
from tests.matrix.five_providers import BACKENDS, FORMATS
from tests.sdks.scripts import SCENARIOS, USAGE


@pytest.fixture
def all_but(five):
    """Lets every provider fail but one."""

    def fail(api):
        five.down.update(provider for other, (provider, _) in BACKENDS.items() if other != api)

    yield fail
    five.down.clear()


@pytest.mark.parametrize("last", FORMATS)
@pytest.mark.parametrize("client", FORMATS)
def test_the_last_of_six_answers_when_five_fail(five, clients, all_but, client, last):
    all_but(last)
    heard = CALLS[client](clients, f"ends-on-{last}", "tools", stream=True)
    told = SCENARIOS["tools"]
    assert heard.text == told["text"]
    assert heard.tools == [(id_, name, json.loads(arguments)) for id_, name, arguments in told["tools"]]
    assert heard.counts == (USAGE["input"], USAGE["output"], USAGE["cached"])
    entry = five.gate.entry(heard.decision)
    assert (entry["attempts"], entry["outcome"], entry["estimated"]) == (6, "served", False)
    assert (entry["input_tokens"], entry["output_tokens"]) == (USAGE["input"], USAGE["output"])


@pytest.mark.parametrize("provider", FORMATS)
def test_a_stream_shows_no_usage_that_was_not_asked_for_and_is_charged_by_it(five, clients, provider):
    messages = [{"role": "user", "content": "text"}]
    raw = clients.openai.chat.completions.with_raw_response.create(
        model=f"on-{provider}", messages=messages, stream=True
    )
    with raw.parse() as chunks:
        assert not [chunk for chunk in chunks if chunk.usage or not chunk.choices]
    entry = five.gate.entry(raw.headers["x-tollkeeper-decision"])
    assert (entry["input_tokens"], entry["output_tokens"], entry["estimated"]) == (
        USAGE["input"],
        USAGE["output"],
        False,
    )
