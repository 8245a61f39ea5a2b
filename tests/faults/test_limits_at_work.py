"""Limits behind a real Envoy: where an exceeded one sends its calls, what clients are told, and who is charged."""

from __future__ import annotations

import json

import anthropic
import openai
import pytest

from tests.gateway import gateway, poll
from tests.sdks.scripts import USAGE, anthropic_answer, openai_answer

ONCE = {"requests": 1, "window": "day"}
LIMITS = [
    {"name": "large", "match": {"model": "large"}, **ONCE, "on_exceed": {"route": "small"}},
    {"name": "abroad", "match": {"model": "abroad"}, **ONCE, "on_exceed": {"route": "claude-haiku-4-5"}},
    {"name": "soft", "match": {"model": "soft"}, **ONCE, "on_exceed": "warn"},
    {"name": "session", "match": {"session": "?*"}, "per": ["session"], **ONCE},
    {"name": "each", "per": ["provider"], "tokens": 1_000_000, "window": "day", "thresholds": [1]},
]
MODELS = {
    "large": {"backends": [{"provider": "openai", "model": "gpt-5"}]},
    "small": {"backends": [{"provider": "openai", "model": "gpt-5-mini"}]},
    "abroad": {"backends": [{"provider": "openai", "model": "gpt-5"}]},
    "soft": {"backends": [{"provider": "openai", "model": "gpt-5"}]},
    "both": {"backends": [{"provider": "openai", "model": "gpt-5"}, {"provider": "anthropic", "priority": 1}]},
    "claude-haiku-4-5": {"backends": [{"provider": "anthropic"}]},
}


@pytest.fixture(scope="module")
def gate(tmp_path_factory):
    attributes = {"session": {"header": "x-session-id"}}
    folder = tmp_path_factory.mktemp("limits")
    with gateway(
        folder, "1.40", openai_answer, anthropic_answer, models=MODELS, limits=LIMITS, attributes=attributes
    ) as gate:
        yield gate


def ask(gate, model, **headers):
    sent = {"model": model, "max_tokens": 50, "messages": [{"role": "user", "content": "text"}]}
    given = {"authorization": f"Bearer {gate.key()}", "content-type": "application/json"}
    return gate.post(
        "/v1/chat/completions", sent, given | {name.replace("_", "-"): text for name, text in headers.items()}
    )


def standing(gate, limit):
    return {row["scope"]: row for row in json.loads(gate.cli("budgets", "show", limit, "--json"))}


def test_an_exceeded_limit_sends_the_call_to_the_other_model_of_the_same_provider(gate):
    first, second = ask(gate, "large"), ask(gate, "large")
    assert (first.status_code, second.status_code) == (200, 200)
    assert "x-tollkeeper-warning" not in first.headers
    assert second.headers["x-tollkeeper-warning"] == "limit large is exceeded, served by small"
    assert [received.json["model"] for received in gate.openai.received[-2:]] == ["gpt-5", "gpt-5-mini"]
    entry = gate.entry(second.headers["x-tollkeeper-decision"])
    assert (entry["request_model"], entry["reason"], entry["outcome"]) == ("large", "routed:large", "served")


def test_an_exceeded_limit_sends_the_call_to_a_provider_of_another_format_and_the_sdk_sees_nothing_of_it(gate):
    client = gate.client(openai.OpenAI)
    for _ in range(2):
        chunks = list(
            client.chat.completions.create(
                model="abroad", max_tokens=50, stream=True, messages=[{"role": "user", "content": "text"}]
            )
        )
        assert chunks[-1].choices[0].finish_reason == "stop"
    assert gate.anthropic.received[-1].json["model"] == "claude-haiku-4-5"


def test_a_soft_limit_warns(gate):
    ask(gate, "soft")
    again = ask(gate, "soft")
    assert (again.status_code, again.headers["x-tollkeeper-warning"]) == (200, "limit soft is exceeded")


def test_a_session_is_limited_by_its_header_and_the_provider_does_not_see_it(gate):
    statuses = [ask(gate, "small", x_session_id=name).status_code for name in ("one", "one", "two")]
    assert statuses == [200, 429, 200]
    assert "x-session-id" not in gate.openai.received[-1].headers


def test_a_limit_per_provider_is_charged_for_the_one_that_served(gate):
    before = standing(gate, "each")
    reply = ask(gate, "both")
    gate.entry(reply.headers["x-tollkeeper-decision"])
    after = poll(lambda: (now := standing(gate, "each")) and all(not row["leased"] for row in now.values()) and now)
    used = {scope: row["used"] - before.get(scope, {"used": 0})["used"] for scope, row in after.items()}
    assert used == {"provider=openai": USAGE["input"] + USAGE["output"], "provider=anthropic": 0}


def test_a_dry_run_calls_no_provider_and_counts_nowhere(gate):
    reached = len(gate.openai.received)
    before = standing(gate, "each")
    told = ask(gate, "small", x_tollkeeper_dry_run="true")
    assert (told.status_code, told.headers["x-tollkeeper-dry-run"]) == (200, "true")
    assert told.json()["allowed"]
    assert told.json()["backends"] == [{"provider": "openai", "model": "gpt-5-mini", "api": "chat_completions"}]
    assert len(gate.openai.received) == reached
    assert standing(gate, "each") == before


def test_a_refusal_is_the_sdks_own_exception_with_the_limit_in_it(gate):
    session = {"x-session-id": "refused"}
    gate.client(anthropic.Anthropic).messages.create(
        model="claude-haiku-4-5", max_tokens=9, messages=[{"role": "user", "content": "text"}], extra_headers=session
    )
    with pytest.raises(anthropic.RateLimitError) as refused:
        gate.client(anthropic.Anthropic).messages.create(
            model="claude-haiku-4-5",
            max_tokens=9,
            messages=[{"role": "user", "content": "text"}],
            extra_headers=session,
        )
    limit = refused.value.body["error"]["limit"]
    assert (limit["name"], limit["scope"], limit["used"] + limit["leased"]) == ("session", "session=refused", 1)
