"""What a call reserves before it may pass: claims, their amounts, the output cap, and how a refusal reads."""

from __future__ import annotations

import pytest

from ext_proc.effects import Reserve
from ext_proc.limits import NANO
from ext_proc.plan import load
from ext_proc.replies import Allow
from tests.core.conversation import (
    CHAT,
    MESSAGES,
    NOW,
    body,
    call,
    decide,
    error_of,
    full,
    headers_of,
    key,
    room,
    snapshot,
)

TOKENS = [{"name": "tokens", "tokens": 1_000_000, "window": "24h"}]
OUTPUT = [{"name": "out", "output_tokens": 1_000_000, "window": "24h"}]


def claims(content=None, path=CHAT, **changes):
    """What is reserved for one call, by the limit's name, and the call's plan."""
    effects, reply = decide(call(content, path), snapshot(**changes), room)
    assert [type(effect) for effect in effects] == [Reserve]
    return {claim.limit: claim for claim in effects[0].lease.claims}, load(reply.plan)


def test_each_unit_claims_its_worst_case_all_in_one_lease():
    limits = [
        {"name": "calls", "requests": 10, "window": "1m"},
        {"name": "all", "tokens": 1_000_000, "window": "24h"},
        {"name": "in", "input_tokens": 1_000_000, "window": "day"},
        {"name": "out", "output_tokens": 1_000_000, "window": "month", "tz": "Europe/Berlin"},
        {"name": "money", "usd": 5, "window": "forever"},
        {"name": "slots", "concurrent": 3},
    ]
    sent = body(max_tokens=50)
    found, plan = claims(sent, limits=limits)
    size = len(sent)
    assert {name: claim.amount for name, claim in found.items()} == {
        "calls": 1,
        "all": size + 50,
        "in": size,
        "out": 50,
        "money": (size * 1 + 50 * 2) * 1000,
        "slots": 1,
    }
    assert {name: claim.window for name, claim in found.items()} == {
        "calls": "1m",
        "all": "24h",
        "in": "day",
        "out": "month@Europe/Berlin",
        "money": "forever",
        "slots": "",
    }
    assert found["money"].maximum == 5 * NANO
    assert (plan.cap, plan.limit_output, plan.input_bound) == (50, False, size)


def test_a_lease_carries_the_entry_that_stands_if_nobody_settles_it_and_outlives_the_hosts_timeout():
    effects, _ = decide(call(), snapshot(limits=TOKENS, proxy={"timeout": "60s"}), room)
    lease = effects[0].lease
    assert (lease.decision_id, lease.expires_at) == ("d1", NOW + 70)
    assert (lease.entry["outcome"], lease.entry["user"], lease.entry["request_model"]) == (
        "expired",
        "alice",
        "gpt-4o-mini",
    )


def test_without_a_limit_that_matches_nothing_is_reserved():
    for limits in ([], [{"name": "other", "match": {"team": "sales"}, "requests": 1, "window": "1m"}]):
        effects, reply = decide(call(), snapshot(limits=limits))
        assert effects == []
        assert load(reply.plan).cap is None


@pytest.mark.parametrize(
    ("match", "matches"),
    [
        ({}, True),
        ({"team": "research"}, True),
        ({"team": "res*", "user": "al?ce"}, True),
        ({"team": "research", "user": "bob"}, False),
        ({"model": "gpt-*"}, True),
        ({"model": "claude-*"}, False),
        ({"api": "chat_completions"}, True),
        ({"operation": "chat"}, True),
        ({"app": "x"}, False),
        ({"key": "id-alice"}, True),
    ],
)
def test_a_limit_claims_of_the_calls_that_all_its_globs_match(match, matches):
    limits = [{"name": "one", "match": match, "requests": 1, "window": "1m"}]
    effects, _ = decide(call(), snapshot(limits=limits), *([room] if matches else []))
    assert len(effects) == matches


@pytest.mark.parametrize(
    ("per", "scope"),
    [([], ""), (["key"], "key=id-alice"), (["team", "model"], "team=research,model=gpt-4o-mini"), (["app"], "app=")],
)
def test_a_limit_is_counted_apart_for_each_value_of_its_attributes(per, scope):
    found, _ = claims(limits=[{"name": "one", "per": per, "requests": 1, "window": "1m"}])
    assert found["one"].scope == scope


def test_a_shadow_limit_is_claimed_without_being_enforced_and_is_not_shown():
    effects, reply = decide(call(), snapshot(limits=[{**TOKENS[0], "mode": "shadow"}]), room)
    assert [claim.enforce for claim in effects[0].lease.claims] == [False]
    assert not [name for name, _ in reply.response_headers if name.startswith("x-ratelimit")]


CAPS = {
    "the client's": ("gpt-4o-mini", {"max_tokens": 70}, TOKENS, 70, False),
    "the client's other word for it": ("gpt-4o-mini", {"max_completion_tokens": 70}, TOKENS, 70, False),
    "the greater of both": ("gpt-4o-mini", {"max_completion_tokens": 70, "max_tokens": 90}, TOKENS, 90, False),
    "the model's, where the client named none": ("capped", {}, TOKENS, 500, True),
    "the model's, where it is lower": ("capped", {"max_tokens": 900}, TOKENS, 500, True),
    "the client's, where it is lower": ("capped", {"max_tokens": 400}, TOKENS, 400, False),
    "a default, where a limit counts output": ("gpt-4o-mini", {}, TOKENS, 4096, True),
    "none, where no limit counts output": ("gpt-4o-mini", {}, [{"name": "in", "input_tokens": 10**6, "window": "1m"}], None, False),
    "the model's, even where no limit counts output": ("capped", {}, [{"name": "n", "requests": 9, "window": "1m"}], 500, True),
}  # fmt: skip


@pytest.mark.parametrize("case", CAPS)
def test_the_output_cap_and_whether_the_provider_must_be_told_of_it(case):
    model, members, limits, cap, told = CAPS[case]
    _, plan = claims(body(model=model, **members), limits=limits)
    assert (plan.cap, plan.limit_output) == (cap, told)


def test_several_answers_and_what_is_not_in_the_body_count_too():
    found, _ = claims(body(n=3, max_tokens=10), limits=OUTPUT)
    assert found["out"].amount == 30
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 5000}}
    sent = body(
        messages=[{"role": "user", "content": [image]}], tools=[{"type": "function", "function": {"name": "f"}}]
    )
    found, _ = claims(sent, limits=[{"name": "in", "input_tokens": 10**6, "window": "1m"}])
    assert found["in"].amount == len(sent) - len(image["image_url"]["url"]) + 50_000 + 700


def test_money_is_reserved_for_the_dearest_backend_that_may_serve_the_call():
    backends = [{"provider": "openai"}, {"provider": "anthropic", "model": "claude-haiku-4-5", "priority": 1}]
    limits = [{"name": "money", "usd": 5, "window": "month"}]
    sent = body(max_tokens=10)
    found, _ = claims(sent, models={"gpt-4o-mini": {"backends": backends}}, limits=limits)
    assert found["money"].amount == (len(sent) * 10 + 10 * 20) * 1000


def usd(name, **more):
    return {"name": name, "usd": 5, "window": "month", **more}


UNPRICED = {
    "denied": ([usd("money")], "local-x", 403, []),
    "denied by the strict one of two": ([usd("loose", unpriced="allow"), usd("strict")], "local-x", 403, []),
    "not matched": ([usd("money", match={"team": "sales"})], "local-x", None, []),
    "allowed, and then not counted": ([usd("money", unpriced="allow")], "local-x", None, []),
    "only watched, and then not counted": ([usd("money", mode="shadow")], "local-x", None, []),
    "allowed beside a price that is known": ([usd("money", unpriced="allow")], "both", None, ["money"]),
    "beside a limit that needs no price": ([usd("money", unpriced="allow"), *TOKENS], "local-x", None, ["tokens"]),
}


@pytest.mark.parametrize("case", UNPRICED)
def test_an_unknown_price_is_not_zero(case):
    limits, model, status, claimed = UNPRICED[case]
    models = {
        "local-*": {"backends": [{"provider": "local"}]},
        "both": {"backends": [{"provider": "local"}, {"provider": "openai", "model": "gpt-4o-mini", "priority": 1}]},
    }
    effects, reply = decide(
        call(body(model=model)), snapshot(models=models, limits=limits), *([room] if claimed else [])
    )
    assert [claim.limit for effect in effects for claim in effect.lease.claims] == claimed
    assert isinstance(reply, Allow) is (status is None)
    if status:
        assert (reply.status, error_of(reply)["code"]) == (status, "unpriced_model")
        assert repr(limits[-1]["name"]) in error_of(reply)["message"]


def test_a_call_that_named_no_cap_gets_half_of_the_room_that_is_left():
    sent = body()
    limits = [{"name": "tokens", "tokens": len(sent) + 1000, "window": "24h"}]
    effects, reply = decide(call(sent), snapshot(limits=limits), full("tokens"), room)
    assert [effect.lease.claims[0].amount for effect in effects] == [len(sent) + 4096, len(sent) + 500]
    plan = load(reply.plan)
    assert (plan.cap, plan.limit_output) == (500, True)


NO_SMALLER = {
    "the client named a cap": ({"max_tokens": 200}, full("tokens")),
    "the room is too small for an answer": ({}, full("tokens", settled=999_890)),
    "there is no room at all": ({}, full("tokens", settled=2_000_000)),
    "a limit that counts no output is full": ({}, full("calls")),
}


@pytest.mark.parametrize("case", NO_SMALLER)
def test_where_no_smaller_cap_can_help_it_is_refused_at_once(case):
    members, store = NO_SMALLER[case]
    limits = [*TOKENS, {"name": "calls", "requests": 5, "window": "1m"}]
    effects, reply = decide(call(body(**members)), snapshot(limits=limits), store)
    assert len(effects) == 1
    assert reply.status == 429


def test_a_smaller_cap_that_finds_no_room_either_is_refused():
    effects, reply = decide(call(), snapshot(limits=TOKENS), full("tokens"), full("tokens"))
    assert len(effects) == 2
    assert reply.status == 429


@pytest.mark.parametrize(
    ("resets_at", "retry", "should_retry"),
    [
        (NOW + 4.2, "5", None),
        (NOW + 30, "30", None),
        (NOW + 30.5, "31", "false"),
        (NOW - 5, "1", None),
        (None, None, "false"),
    ],
)
def test_a_refusal_names_the_limit_and_when_to_come_back(resets_at, retry, should_retry):
    limits = [{"name": "calls", "per": ["team"], "requests": 5, "window": "1m"}]
    store = full("calls", settled=3, leased=2, resets_at=resets_at)
    _, reply = decide(call(), snapshot(limits=limits), store)
    headers, error = headers_of(reply), error_of(reply)
    assert (headers.get("retry-after"), headers.get("x-should-retry")) == (retry, should_retry)
    assert (error["type"], error["code"], error["param"]) == ("rate_limit_error", "rate_limit_exceeded", "calls")
    assert error["message"].startswith(
        "The limit 'calls' for team=research has no room for this call: "
        "3 requests used and 2 requests in flight of 5 requests per 1m; it may take 1 request."
    )
    assert error["message"].endswith("(decision d1)")
    assert load(reply.record).refused == {"outcome": "refused", "reason": "rate_limit_exceeded:calls"}


def test_a_refusal_shows_money_in_dollars_and_answers_in_the_shape_of_messages():
    store = full("money", settled=4_250_000_000, leased=100_000_000, resets_at=NOW + 86_400)
    _, reply = decide(call(body(MESSAGES), MESSAGES), snapshot(limits=[usd("money")]), store)
    assert reply.status == 429
    assert error_of(reply)["type"] == "rate_limit_error"
    assert "$4.25 used and $0.1 in flight of $5 per month" in error_of(reply)["message"]


def test_the_tightest_enforced_limit_of_each_kind_is_told_in_headers():
    limits = [
        {"name": "wide", "requests": 100, "window": "1m"},
        {"name": "tight", "requests": 10, "window": "1m"},
        {"name": "shadow", "requests": 1, "window": "1m", "mode": "shadow"},
        *TOKENS,
    ]
    _, reply = decide(call(), snapshot(key(), limits=limits), room)
    told = {name: value for name, value in reply.response_headers if name.startswith("x-ratelimit-")}
    assert told == {
        "x-ratelimit-limit-requests": "10",
        "x-ratelimit-remaining-requests": "10",
        "x-ratelimit-reset-requests": "0s",
        "x-ratelimit-limit-tokens": "1000000",
        "x-ratelimit-remaining-tokens": "1000000",
        "x-ratelimit-reset-tokens": "0s",
    }


SEARCHING = {"tools": [{"type": "web_search_20250305", "name": "web_search"}]}


@pytest.mark.parametrize("limits", [TOKENS, [{"name": "usd", "usd": 5, "window": "day"}]])
def test_a_hard_limit_on_input_refuses_what_nobody_can_bound(limits):
    effects, reply = decide(call(body(MESSAGES, max_tokens=9, **SEARCHING), MESSAGES), snapshot(limits=limits))
    assert (effects, reply.status) == ([], 400)
    assert "`tools`" in error_of(reply)["message"]


@pytest.mark.parametrize("limits", [[{**TOKENS[0], "mode": "shadow"}], OUTPUT, [{"name": "c", "concurrent": 5}]])
def test_other_limits_let_it_pass(limits):
    _, reply = decide(call(body(MESSAGES, max_tokens=9, **SEARCHING), MESSAGES), snapshot(limits=limits), room)
    assert isinstance(reply, Allow)
