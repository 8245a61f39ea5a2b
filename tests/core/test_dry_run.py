"""A dry run: the answer to whether a call would be let in, without a reservation, a provider or an entry."""

import json

import pytest

from ext_proc.effects import Extend
from ext_proc.leases import Reserved
from ext_proc.replies import Answer
from ext_proc.stages.count import estimated_input
from ext_proc.stages.read import found_at, read
from tests.core.conversation import MESSAGES, balance, body, call, decide, secret_of, snapshot

LIMITS = [
    {"name": "calls", "requests": 10, "window": "1m"},
    {"name": "money", "per": ["team"], "usd": 5, "window": "month"},
    {"name": "seen", "tokens": 50, "window": "day", "mode": "shadow"},
]


def standing(**settled):
    """A store that knows no such lease, so that it tells how all stand."""

    def tell(effect):
        assert isinstance(effect, Extend)
        claims = effect.extension.claims
        return Reserved(tuple(balance(c, settled=settled.get(c.limit, 0)) for c in claims), ended=True)

    return tell


def asked(content=None, *stores, path="/v1/chat/completions", said="true", **changes):
    headers = (("authorization", f"Bearer {secret_of('alice')}"), ("x-tollkeeper-dry-run", said))
    _, reply = decide(call(content, path, headers=headers), snapshot(**changes), *stores)
    assert isinstance(reply, Answer)
    assert (reply.status, reply.record) == (200, None)
    return json.loads(reply.body)


def test_a_call_with_room_is_told_its_limits_its_backends_and_its_price():
    sent = body(model="two", max_tokens=100)
    told = asked(sent, standing(money=1_000_000_000), limits=LIMITS)
    likely = estimated_input(read(call(sent), found_at(call(sent))), len(sent))
    assert (told["allowed"], told["error"], told["model"], told["decision_id"]) == (True, None, "two", "d1")
    assert told["backends"] == [
        {"provider": "openai", "model": "two", "api": "chat_completions"},
        {"provider": "anthropic", "model": "two", "api": "messages"},
    ]
    assert told["tokens"] == {"input": {"estimated": likely, "worst": len(sent)}, "output": {"worst": 100}}
    assert told["cost_nano"] == {"estimated": (likely + 200) * 1000, "worst": (len(sent) + 200) * 1000}
    limits = {limit["limit"]: limit for limit in told["limits"]}
    assert limits["money"] == {
        "limit": "money",
        "scope": "team=research",
        "unit": "usd",
        "window": "month",
        "enforced": True,
        "maximum": 5_000_000_000,
        "used": 1_000_000_000,
        "leased": 0,
        "remaining": 4_000_000_000,
        "needed": (len(sent) + 200) * 1000,
        "fits": True,
        "resets_at": None,
    }
    assert (limits["seen"]["enforced"], limits["seen"]["fits"]) == (False, False)


def test_a_call_without_room_is_told_which_limit_would_refuse_it():
    told = asked(body(max_tokens=100), standing(calls=10), limits=LIMITS)
    assert (told["allowed"], told["error"]["status"], told["error"]["code"]) == (False, 429, "rate_limit_exceeded")
    assert [limit["limit"] for limit in told["limits"] if not limit["fits"]] == ["calls", "seen"]


def test_a_cap_that_would_be_made_smaller_is_told_so():
    told = asked(body(), standing(), standing(), limits=[{"name": "tokens", "tokens": 1000, "window": "day"}])
    assert told["allowed"]
    assert told["tokens"]["output"]["worst"] == (1000 - len(body())) // 2


def test_another_model_that_would_take_over_is_told_with_its_limits():
    large = {**LIMITS[0], "match": {"model": "gpt-*"}, "on_exceed": {"route": "claude-haiku-4-5"}}
    told = asked(body(max_tokens=5), standing(calls=10), limits=[large])
    assert (told["allowed"], told["model"], told["limits"]) == (True, "claude-haiku-4-5", [])
    assert [backend["provider"] for backend in told["backends"]] == ["anthropic"]


@pytest.mark.parametrize(
    ("content", "code"),
    [(body(model="unknown"), "model_not_found"), (body(model="bare-one"), "model_not_found")],
)
def test_what_would_be_refused_for_another_reason_is_told_with_it(content, code):
    told = asked(content, limits=LIMITS)
    assert (told["allowed"], told["error"]["status"], told["error"]["code"]) == (False, 404, code)


def test_an_unknown_price_is_null():
    told = asked(body(model="local-x", max_tokens=5))
    assert told["cost_nano"] == {"estimated": None, "worst": None}


@pytest.mark.parametrize("said", ["false", "1", ""])
def test_only_true_asks_for_it(said):
    headers = (("authorization", f"Bearer {secret_of('alice')}"), ("x-tollkeeper-dry-run", said))
    _, reply = decide(call(headers=headers), snapshot())
    assert not isinstance(reply, Answer)


def test_a_stranger_learns_nothing_by_it():
    headers = (("authorization", "Bearer tk-unknown"), ("x-tollkeeper-dry-run", "true"))
    _, reply = decide(call(body(MESSAGES), MESSAGES, headers=headers), snapshot(limits=LIMITS), None)
    assert reply.status == 401
