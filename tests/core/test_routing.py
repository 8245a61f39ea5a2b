"""Where a call goes: exact draws by weight, priorities, globs, and models that are not there for this caller."""

from __future__ import annotations

from collections import Counter

import pytest

from ext_proc.plan import Step, load
from ext_proc.replies import Allow
from tests.core.conversation import CHAT, MESSAGES, body, call, decide, error_of, key, snapshot


def backends(*rows):
    """Rows of (provider, weight, priority)."""
    return [{"provider": provider, "weight": weight, "priority": priority} for provider, weight, priority in rows]


def order(rows, *draws):
    view = snapshot(models={"m": {"backends": backends(*rows)}})
    effects, reply = decide(call(body(model="m")), view, draws=draws)
    assert effects == []
    return reply.backends


WEIGHTED = (("openai", 1, 0), ("second", 2, 0), ("local", 5, 0))
DRAWS = {
    0.0: "openai",
    0.124999: "openai",
    0.125: "second",
    0.374999: "second",
    0.375: "local",
    0.5: "local",
    0.999999: "local",
}


@pytest.mark.parametrize("draw", DRAWS)
def test_the_first_backend_is_drawn_exactly_by_weight_and_the_others_follow_in_the_files_order(draw):
    first = DRAWS[draw]
    assert order(WEIGHTED, draw) == (first, *(name for name, _, _ in WEIGHTED if name != first))


def test_over_evenly_spread_draws_each_backend_gets_exactly_its_share():
    drawn = Counter(order(WEIGHTED, number / 80)[0] for number in range(80))
    assert drawn == {"openai": 10, "second": 20, "local": 50}


ORDERS = {
    "one backend draws nothing": ((("openai", 1, 0),), (), ("openai",)),
    "a lower priority comes first, wherever it stands": (
        (("second", 1, 3), ("openai", 1, 0), ("local", 1, 1)),
        (),
        ("openai", "local", "second"),
    ),
    "each priority has a draw of its own": (
        (("openai", 1, 0), ("second", 1, 0), ("local", 3, 1), ("anthropic", 1, 1)),
        (0.5, 0.74),
        ("second", "openai", "local", "anthropic"),
    ),
    "a weight of nothing is never drawn first": ((("second", 0, 0), ("openai", 1, 0)), (0.0,), ("openai", "second")),
    "a priority without any weight keeps the file's order": (
        (("openai", 1, 0), ("second", 0, 1), ("local", 0, 1)),
        (0.9,),
        ("openai", "second", "local"),
    ),
    "a backend without its credential is left out of the draw": (
        (("bare", 8, 0), ("openai", 1, 0), ("second", 1, 0)),
        (0.5,),
        ("second", "openai"),
    ),
    "a provider that needs no credential is usable": ((("local", 1, 0),), (), ("local",)),
}


@pytest.mark.parametrize("case", ORDERS)
def test_the_order_of_backends(case):
    rows, draws, expected = ORDERS[case]
    assert order(rows, *draws) == expected


def test_a_provider_may_stand_twice_with_different_models():
    rows = [{"provider": "openai", "model": "a"}, {"provider": "openai", "model": "b", "priority": 1}]
    _, reply = decide(call(body(model="m")), snapshot(models={"m": {"backends": rows}}))
    plan = load(reply.plan)
    assert [plan.step("openai", attempt).model for attempt in (1, 2, 3)] == ["a", "b", "b"]


def test_without_any_credential_the_gateway_refuses_and_says_so():
    models = {"m": {"backends": [{"provider": "bare"}]}}
    _, reply = decide(call(body(model="m")), snapshot(models=models))
    assert (reply.status, error_of(reply)["code"]) == (503, "no_credential")


GLOBS = {
    "gpt-*": {"backends": [{"provider": "openai", "model": "first glob"}]},
    "gpt-4*": {"backends": [{"provider": "openai", "model": "second glob"}]},
    "gpt-4o": {"backends": [{"provider": "openai", "model": "exact"}]},
    "[ab]?": {"backends": [{"provider": "local"}]},
}


@pytest.mark.parametrize(
    ("name", "served_as"),
    [("gpt-4o", "exact"), ("gpt-4o-mini", "first glob"), ("gpt-5", "first glob"), ("a1", "a1"), ("b2", "b2")],
)
def test_a_models_own_name_comes_before_globs_and_of_those_the_first_that_matches(name, served_as):
    _, reply = decide(call(body(model=name)), snapshot(models=GLOBS))
    assert load(reply.plan).steps[0].model == served_as


@pytest.mark.parametrize("name", ["GPT-4o", "c1", "a12", " gpt-4o", "gpt"])
def test_a_model_that_nothing_matches_is_not_found(name):
    _, reply = decide(call(body(model=name)), snapshot(models=GLOBS))
    error = error_of(reply)
    assert (reply.status, error["code"], error["param"]) == (404, "model_not_found", "model")


def test_a_near_miss_is_told_the_names_that_it_may_use():
    _, reply = decide(call(body(model="gpt-4o-mni")), snapshot())
    assert error_of(reply)["message"].endswith("Did you mean gpt-4o-mini?")
    _, reply = decide(call(body(model="gpt-4o-mni")), snapshot(key(models=("claude-*",))))
    assert "gpt-4o-mini" not in error_of(reply)["message"]


def test_a_name_too_long_for_a_plan_is_refused_and_not_repeated():
    _, reply = decide(call(body(model="m" * 100_000)), snapshot(models={"*": {"backends": [{"provider": "local"}]}}))
    assert reply.status == 400
    assert len(reply.body) + len(reply.record) < 2000


@pytest.mark.parametrize(
    ("path", "model", "globs", "allowed"),
    [
        (CHAT, "gpt-4o-mini", ("gpt-*",), True),
        (CHAT, "gpt-4o-mini", ("claude-*", "gpt-4o-mini"), True),
        (CHAT, "gpt-4o-mini", ("claude-*",), False),
        (MESSAGES, "claude-haiku-4-5", ("gpt-*",), False),
        (CHAT, "renamed", ("gpt-4o-mini",), False),
    ],
)
def test_a_key_is_held_to_the_models_that_it_may_ask_for(path, model, globs, allowed):
    effects, reply = decide(call(body(path, model), path), snapshot(key(models=globs)))
    assert effects == []
    assert isinstance(reply, Allow) is allowed
    if not allowed:
        assert reply.status == 403
        assert load(reply.record).refused == {"outcome": "refused", "reason": "model_not_allowed"}


STEPS = {
    "the client's own API": (CHAT, "gpt-4o-mini", {}, Step("openai", "gpt-4o-mini", "chat_completions", True)),
    "another API": (CHAT, "chat-on-messages", {}, Step("anthropic", "claude-haiku-4-5", "messages", False)),
    "another API, streamed": (
        MESSAGES,
        "messages-on-chat",
        {"stream": True},
        Step("openai", "gpt-4o-mini", "chat_completions", False),
    ),
    "a stream that asked for usage": (
        CHAT,
        "gpt-4o-mini",
        {"stream": True, "stream_options": {"include_usage": True}},
        Step("openai", "gpt-4o-mini", "chat_completions", True),
    ),
    "a stream that did not": (
        CHAT,
        "gpt-4o-mini",
        {"stream": True},
        Step("openai", "gpt-4o-mini", "chat_completions", False),
    ),
    "a Messages stream": (
        MESSAGES,
        "claude-haiku-4-5",
        {"stream": True},
        Step("anthropic", "claude-haiku-4-5", "messages", True),
    ),
    "inline metering": (CHAT, "watched", {}, Step("openai", "watched", "chat_completions", False)),
    "a local model": (CHAT, "local-llama", {}, Step("local", "local-llama", "chat_completions", True)),
}


@pytest.mark.parametrize("case", STEPS)
def test_a_step_says_which_api_is_spoken_and_who_meters(case):
    path, model, members, step = STEPS[case]
    _, reply = decide(call(body(path, model, **members), path), snapshot())
    assert load(reply.plan).steps == (step,)


@pytest.mark.parametrize(
    ("native", "stream", "meters"),
    [
        ({"json"}, False, True),
        ({"json"}, True, False),
        ({"sse"}, False, False),
        ({"sse"}, True, True),
        (set(), True, False),
    ],
)
def test_the_host_meters_only_what_it_says_that_it_can(native, stream, meters):
    sent = body(MESSAGES, stream=stream)
    _, reply = decide(call(sent, MESSAGES, native=frozenset(native)), snapshot())
    assert load(reply.plan).steps[0].native is meters
