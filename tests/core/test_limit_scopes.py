"""Whom a limit counts for: attributes of headers, providers, tools, conditions, and hierarchies of limits."""

import pytest

from ext_proc.errors import ControlError
from ext_proc.plan import load
from ext_proc.stages.account import Outcome, settlement
from ext_proc.stages.admit import MOST_SHARES
from ext_proc.stages.facts import signed
from ext_proc.stages.forward import headers
from ext_proc.usage import Usage
from tests.core.conversation import (
    MESSAGES,
    SIGNING_KEY,
    body,
    call,
    decide,
    error_of,
    full,
    room,
    secret_of,
    snapshot,
)

RATE = {"name": "rate", "requests": 9, "window": "1m"}
ATTRIBUTES = {"session": {"header": "x-session-id"}, "run": {"header": "x-run", "secret": {"env": "RUN_SECRET"}}}


def claimed(limits, content=None, *told, path="/v1/chat/completions", **changes):
    """The claims of one call, and the plan or the refusal."""
    view = snapshot(limits=limits, **changes)
    sent = (("authorization", f"Bearer {secret_of('alice')}"), *told)
    effects, reply = decide(call(content, path, headers=sent), view, room)
    return list(effects[0].lease.claims), reply


def refused(limits, *told, content=None, **changes):
    sent = (("authorization", f"Bearer {secret_of('alice')}"), *told)
    effects, reply = decide(call(content, headers=sent), snapshot(limits=limits, **changes))
    assert effects == []
    return reply.status, error_of(reply)["code"]


def scopes(claims):
    return [claim.scope for claim in claims]


def test_a_hierarchy_of_limits_is_reserved_in_one_step_and_the_narrowest_refuses():
    limits = [
        {"name": f"per-{name}", "per": [name], "tokens": 1_000_000, "window": "month"}
        for name in ("tenant", "team", "user", "key")
    ]
    claims, _ = claimed(limits)
    assert scopes(claims) == ["tenant=", "team=research", "user=alice", "key=id-alice"]
    effects, reply = decide(call(body(max_tokens=9)), snapshot(limits=limits), full("per-user", settled=1_000_000))
    assert len(effects) == 1
    assert (reply.status, error_of(reply)["param"]) == (429, "per-user")


def test_an_attribute_of_a_header_is_counted_apart_and_shown_to_no_provider():
    limits = [{**RATE, "per": ["session"]}]
    claims, reply = claimed(limits, None, ("x-session-id", "s 1,team=x"), attributes=ATTRIBUTES)
    assert scopes(claims) == ["session=s 1%2Cteam=x"]
    assert "x-session-id" in reply.remove_headers
    plan = load(reply.plan)
    view = snapshot(attributes=ATTRIBUTES)
    assert "x-session-id" in headers((("x-session-id", "s1"),), plan, plan.steps[0], view)[1]


def test_calls_without_the_header_share_one_scope_unless_the_limit_matches_only_those_with_it():
    assert scopes(claimed([{**RATE, "per": ["session"]}], attributes=ATTRIBUTES)[0]) == ["session="]
    claims, _ = claimed([{**RATE, "name": "other"}, {**RATE, "match": {"session": "?*"}}], attributes=ATTRIBUTES)
    assert [claim.limit for claim in claims] == ["other"]


def test_a_signed_attribute_counts_only_with_its_signature():
    limits = [{**RATE, "per": ["run"]}]
    proven = signed("run", "nightly.7", SIGNING_KEY)
    assert scopes(claimed(limits, None, ("x-run", proven), attributes=ATTRIBUTES)[0]) == ["run=nightly.7"]
    forged = ("nightly.7", "nightly.8." + proven.rpartition(".")[2], signed("session", "nightly.7", SIGNING_KEY))
    for value in forged:
        assert refused(limits, ("x-run", value), attributes=ATTRIBUTES) == (403, "invalid_attribute")


@pytest.mark.parametrize("value", ["x" * 257, "a\x00b", "grün"])
def test_a_value_that_could_not_be_shown_is_refused(value):
    assert refused([RATE], ("x-session-id", value), attributes=ATTRIBUTES) == (400, "invalid_attribute")


def test_an_attribute_that_came_twice_is_refused():
    twice = (("x-session-id", "a"), ("x-session-id", "b"))
    assert refused([RATE], *twice, attributes=ATTRIBUTES) == (400, "duplicate_header")


CALLED_TWO = body(model="two", max_tokens=50)
BY_PROVIDER = {"name": "each", "per": ["provider"], "usd": 5, "window": "day"}


def test_a_limit_per_provider_holds_room_at_each_that_the_route_can_reach_at_its_own_price():
    claims, reply = claimed([BY_PROVIDER], CALLED_TWO)
    size = len(CALLED_TWO)
    assert {claim.scope: claim.amount for claim in claims} == {
        "provider=openai": (size * 1 + 50 * 2) * 1000,
        "provider=anthropic": (size * 1 + 50 * 2) * 1000,
    }
    assert load(reply.plan).by_provider == {
        "each|usd|provider=openai": ["openai"],
        "each|usd|provider=anthropic": ["anthropic"],
    }


@pytest.mark.parametrize("served", ["openai", "anthropic"])
def test_only_the_provider_that_served_is_charged(served):
    view = snapshot(limits=[BY_PROVIDER])
    _, reply = decide(call(CALLED_TWO), view, room)
    plan = load(reply.plan)
    step = next(step for step in plan.steps if step.provider == served)
    used = Usage(input_tokens=10, output_tokens=5)
    amounts = settlement(plan, step, Outcome(200, "served", used), view).amounts
    spared = {"openai": "anthropic", "anthropic": "openai"}[served]
    assert {key: amount for key, amount in amounts.items() if "|" in key} == {f"each|usd|provider={spared}": 0}
    assert amounts["usd"] == 20 * 1000


def test_a_call_that_no_provider_served_is_charged_to_none_of_them():
    view = snapshot(limits=[{**BY_PROVIDER, "per": [], "match": {"provider": "openai"}}])
    plan = load(decide(call(CALLED_TWO), view, room)[1].plan)
    amounts = settlement(plan, None, Outcome(503, "failed"), view).amounts
    assert amounts["each|usd|"] == 0


def test_a_limit_that_matches_a_provider_counts_the_calls_that_could_reach_it():
    limit = {**RATE, "match": {"provider": "anth*"}}
    claims, reply = claimed([limit], CALLED_TWO)
    assert (scopes(claims), load(reply.plan).by_provider) == ([""], {"rate|requests|": ["anthropic"]})
    effects, _ = decide(call(), snapshot(limits=[limit]))
    assert effects == []
    only, reply = claimed([limit], body(MESSAGES), path=MESSAGES)
    assert (len(only), load(reply.plan).by_provider) == (1, {})


def tools(*names):
    return body(tools=[{"type": "function", "function": {"name": name}} for name in names])


def test_a_limit_per_tool_counts_each_tool_that_the_call_offers():
    assert scopes(claimed([{**RATE, "per": ["user", "tool"]}], tools("a", "b", "a"))[0]) == [
        "user=alice,tool=a",
        "user=alice,tool=b",
    ]
    assert scopes(claimed([{**RATE, "per": ["tool"], "match": {"tool": "b*"}}], tools("a", "b1"))[0]) == ["tool=b1"]
    assert scopes(claimed([{"name": "slots", "concurrent": 3, "match": {"tool": "a"}}], tools("a", "b"))[0]) == [""]
    effects, _ = decide(call(), snapshot(limits=[{**RATE, "per": ["tool"]}]))
    assert effects == []


def test_more_tools_than_a_limit_tells_apart_are_refused():
    many = tools(*(f"t{number}" for number in range(MOST_SHARES + 1)))
    assert refused([{**RATE, "per": ["tool"]}], content=many) == (400, "too_many_tools")


@pytest.mark.parametrize(
    ("when", "holds"),
    [
        ('request.model.startsWith("gpt-") && !request.stream', True),
        ('principal.team == "sales"', False),
        ("request.max_output_tokens > 100", True),
        ('session == "nightly"', True),
        ('time < timestamp("2020-01-01T00:00:00Z")', False),
    ],
)
def test_a_condition_decides_which_calls_a_limit_counts(when, holds):
    sent = (("authorization", f"Bearer {secret_of('alice')}"), ("x-session-id", "nightly"))
    view = snapshot(limits=[{**RATE, "when": when}], attributes=ATTRIBUTES)
    effects, _ = decide(call(body(max_tokens=200), headers=sent), view, *([room] if holds else []))
    assert len(effects) == holds


def test_a_condition_without_a_value_refuses_the_call():
    limits = [{**RATE, "mode": "shadow", "when": "100 / request.max_output_tokens > 1"}]
    assert refused(limits) == (ControlError.status, "condition_failed")
