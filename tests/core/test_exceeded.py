"""What happens when a limit is exceeded: it refuses, warns, or sends the call to another model."""

from dataclasses import replace

import pytest

from ext_proc.effects import Reserve
from ext_proc.leases import Reserved
from ext_proc.plan import load
from ext_proc.replies import Allow
from ext_proc.stages.account import Outcome, settlement
from ext_proc.stages.translate import changes
from tests.core.conversation import MESSAGES, balance, body, call, decide, error_of, full, key, room, snapshot

DAY = {"requests": 9, "window": "day"}
ROUTED = {"name": "large", "match": {"model": "gpt-4o-mini"}, **DAY, "on_exceed": {"route": "claude-haiku-4-5"}}


def exceeded(effect):
    """A store in which every limit that is not enforced has no room any more."""
    over = tuple(balance(claim, settled=claim.maximum) for claim in effect.lease.claims if not claim.enforce)
    return replace(room(effect), shadowed=over)


def test_a_limit_that_warns_lets_the_call_pass_and_tells():
    limits = [
        {"name": "soft", **DAY, "on_exceed": "warn"},
        {"name": "team", **DAY, "per": ["team"], "on_exceed": "warn"},
        {"name": "seen", **DAY, "mode": "shadow"},
    ]
    effects, reply = decide(call(), snapshot(limits=limits), exceeded)
    assert dict(reply.response_headers)["x-tollkeeper-warning"] == "limit soft is exceeded; limit team is exceeded"
    assert [(claim.enforce, claim.thresholds) for claim in effects[0].lease.claims] == [
        (False, (100,)),
        (False, (100,)),
        (False, ()),
    ]


def test_within_its_limits_a_call_is_not_warned_of():
    _, reply = decide(call(), snapshot(limits=[{"name": "soft", **DAY, "on_exceed": "warn"}]), room)
    assert "x-tollkeeper-warning" not in dict(reply.response_headers)


def test_thresholds_are_claimed_in_order():
    limits = [{"name": "soft", **DAY, "thresholds": [95, 50, 80], "on_exceed": "warn"}]
    effects, _ = decide(call(), snapshot(limits=limits), room)
    assert effects[0].lease.claims[0].thresholds == (50, 80, 95, 100)


def test_a_call_is_sent_to_the_model_that_the_limit_names_under_that_models_limits():
    limits = [ROUTED, {"name": "small", "match": {"model": "claude-*"}, "per": ["model"], **DAY}]
    view = snapshot(limits=limits)
    effects, reply = decide(call(), view, full("large"), room)
    assert [[claim.limit for claim in effect.lease.claims] for effect in effects] == [["large"], ["small"]]
    assert effects[1].lease.claims[0].scope == "model=claude-haiku-4-5"
    told = dict(reply.response_headers)["x-tollkeeper-warning"]
    assert told == "limit large is exceeded, served by claude-haiku-4-5"
    plan = load(reply.plan)
    assert [(step.provider, step.model) for step in plan.steps] == [("anthropic", "claude-haiku-4-5")]
    entry = settlement(plan, plan.steps[0], Outcome(200, "served"), view).entry
    assert (entry["request_model"], entry["reason"]) == ("gpt-4o-mini", "routed:large")


def test_a_provider_is_asked_for_the_model_that_took_over():
    limits = [{**ROUTED, "on_exceed": {"route": "capped"}}]
    view = snapshot(limits=limits)
    _, reply = decide(call(), view, full("large"))
    plan = load(reply.plan)
    row = view.upstreams["openai"].row
    assert changes(plan, plan.steps[0], {"model": "gpt-4o-mini"}, row)["model"] == "capped"


def test_the_last_limit_refuses_in_the_words_of_the_first():
    limits = [ROUTED, {"name": "all", "match": {"model": "claude-*"}, **DAY}]
    effects, reply = decide(call(), snapshot(limits=limits), full("large", resets_at=2e9), full("all"))
    assert len(effects) == 2
    assert (reply.status, error_of(reply)["param"]) == (429, "large")


def test_models_that_lead_to_each_other_are_each_tried_once():
    when = "request.n > 0"
    around = [
        {**ROUTED, "name": "one", "when": when},
        {"name": "two", "match": {"model": "claude-*"}, "when": when, **DAY, "on_exceed": {"route": "gpt-4o-mini"}},
    ]
    effects, reply = decide(call(), snapshot(limits=around), full("one"), full("two"))
    assert (len(effects), reply.status, error_of(reply)["param"]) == (2, 429, "one")


@pytest.mark.parametrize("route", ["two", "local-x"])
def test_a_limit_that_refuses_goes_before_one_that_routes(route):
    limits = [{**ROUTED, "on_exceed": {"route": route}}, {"name": "hard", **DAY}]

    def neither(effect: Reserve) -> Reserved:
        return Reserved((), tuple(balance(claim) for claim in effect.lease.claims))

    effects, reply = decide(call(), snapshot(limits=limits), neither)
    assert (len(effects), reply.status, error_of(reply)["param"]) == (1, 429, "hard")


def test_a_caller_who_may_not_use_the_other_model_is_refused():
    view = snapshot(key(models=("gpt-*",)), limits=[ROUTED])
    _, reply = decide(call(), view, full("large"))
    assert (reply.status, error_of(reply)["param"]) == (429, "large")


def test_a_call_that_the_other_model_cannot_serve_is_refused():
    only = [{**ROUTED, "match": {}, "when": 'request.model == "claude-haiku-4-5"', "on_exceed": {"route": "local-x"}}]
    sent = body(MESSAGES, tools=[{"type": "web_search_20250305", "name": "web_search"}])
    _, reply = decide(call(sent, MESSAGES), snapshot(limits=only), full("large"))
    assert reply.status == 429
    assert not isinstance(reply, Allow)
