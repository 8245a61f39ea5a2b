"""While the store is away: what a call that was let in all the same carries to its settlement."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ext_proc.effects import Extend
from ext_proc.limit_rules import limit_rules
from ext_proc.plan import load
from ext_proc.settings_limits import Limit
from ext_proc.stages.account import Outcome, settlement
from tests.core.conversation import body, call, decide, room, snapshot

DAY = {"window": "day"}
LIMITS = [
    {"name": "held", "tokens": 10_000_000, "outage": "local", **DAY},
    {"name": "open", "requests": 9, "outage": "allow", **DAY},
]


def lent(*draws_on, unchecked=()):
    """A worker that lets the call in without the store."""
    return lambda effect: replace(room(effect), draws_on=draws_on, unchecked=unchecked)


def test_each_claim_says_what_its_limit_does_without_the_store():
    effects, _ = decide(call(), snapshot(limits=[*LIMITS, {"name": "hard", "requests": 9, **DAY}]), room)
    assert [claim.outage for claim in effects[0].lease.claims] == ["local", "allow", "deny"]


@pytest.mark.parametrize(
    ("unchecked", "reason"), [((), None), (("open",), "unchecked:open"), (("open", "b"), "unchecked:open,b")]
)
def test_the_plan_takes_what_was_lent_and_left_unchecked_to_the_settlement(unchecked, reason):
    view = snapshot(limits=LIMITS)
    _, reply = decide(call(), view, lent("s1", "s2", unchecked=unchecked))
    plan = load(reply.plan)
    told = settlement(plan, plan.steps[0], Outcome(200, "served"), view)
    assert (told.draws_on, told.entry["reason"]) == (("s1", "s2"), reason)


def test_a_call_that_is_answered_here_takes_it_along_too():
    view = snapshot(limits=LIMITS)
    counted = call(body("/v1/messages/count_tokens", model="gpt-4o-mini"), "/v1/messages/count_tokens")
    _, reply = decide(counted, view, lent("s1", unchecked=("open",)))
    plan = load(reply.plan)
    assert (plan.draws_on, plan.unchecked) == (["s1"], ["open"])


@pytest.mark.parametrize(
    ("draws_on", "unchecked", "cap", "slices"),
    [((), (), None, 1), (("s1",), (), 1024, 0), (("s1",), ("open",), 1024, 0), ((), ("open",), None, 0)],
)
def test_an_uncapped_stream_that_was_let_in_meanwhile_has_what_was_lent(draws_on, unchecked, cap, slices):
    """Nobody could extend it: another worker may see its answer than the one that lent."""
    effects, reply = decide(call(body(stream=True)), snapshot(limits=LIMITS[:1]), lent(*draws_on, unchecked=unchecked))
    plan = load(reply.plan)
    assert not any(isinstance(effect, Extend) for effect in effects)
    assert (plan.cap, plan.limit_output, len(plan.slices)) == (cap, cap is not None, slices)


OPEN = [
    ({}, True),
    ({"per": ["team"]}, True),
    ({"match": {"team": "a"}}, False),
    ({"match": {"provider": "p"}}, False),
    ({"match": {"tool": "t"}}, False),
    ({"when": "request.n > 1"}, False),
]


@pytest.mark.parametrize(("of", "is_open"), OPEN)
def test_it_is_known_which_limits_every_call_falls_into(of, is_open):
    (rule,) = limit_rules([Limit.model_validate({"name": "one", "requests": 1, **DAY, **of})])
    assert rule.selector.is_open is is_open
