"""A whole decision as data: what is asked of outside, what is replied, and what travels on as metadata."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ext_proc.apis import APIS
from ext_proc.effects import FindKey, Reserve
from ext_proc.errors import ControlError, DeadlineExceeded
from ext_proc.hosts import envoy_ext_authz
from ext_proc.plan import Plan, Step, load
from ext_proc.principal import digest_of
from ext_proc.replies import Allow, Answer
from tests.core.conversation import (
    CHAT,
    HASH_KEY,
    MESSAGES,
    NOW,
    SECRETS,
    body,
    call,
    decide,
    error_of,
    full,
    headers_of,
    key,
    room,
    secret_of,
    snapshot,
)

LIMITS = [{"name": "tokens", "per": ["key"], "tokens": 100_000, "window": "24h"}]


def test_a_decision_is_a_conversation_of_two_effects_and_one_reply():
    view = snapshot(key("else"), limits=LIMITS)
    effects, reply = decide(call(body(max_tokens=9)), view, key(), room)
    found, reserve = effects
    assert found == FindKey(digest_of(secret_of("alice"), HASH_KEY))
    assert isinstance(reserve, Reserve)
    assert isinstance(reply, Allow)
    assert (reply.decision_id, reply.backends) == ("d1", ("openai",))
    assert ("x-tollkeeper-decision", "d1") in reply.response_headers
    assert load(reply.plan) == Plan(
        id="d1",
        at=NOW,
        api="chat_completions",
        path=CHAT,
        model="gpt-4o-mini",
        steps=(Step("openai", "gpt-4o-mini", "chat_completions", native=True),),
        principal={"tenant": None, "team": "research", "app": None, "user": "alice", "key": "id-alice"},
        cap=9,
        input_bound=len(body(max_tokens=9)),
    )


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
PLANS = st.builds(
    Plan,
    id=TEXT,
    at=st.floats(0, 4e9),
    api=st.sampled_from(sorted(APIS)),
    path=TEXT,
    model=TEXT,
    steps=st.lists(st.builds(Step, TEXT, TEXT, TEXT, st.booleans()), max_size=3).map(tuple),
    principal=st.dictionaries(TEXT, st.none() | TEXT, max_size=3),
    stream=st.booleans(),
    show_usage=st.booleans(),
    cap=st.none() | st.integers(1, 10**7),
    limit_output=st.booleans(),
    input_bound=st.integers(0, 2**40),
    n=st.integers(1, 128),
    refused=st.dictionaries(TEXT, TEXT, max_size=2),
)


@given(PLANS)
def test_a_plan_comes_back_as_it_went(plan):
    back = load(plan.dump())
    assert back == plan
    assert all(isinstance(step, Step) for step in back.steps)


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", "null", "7", '"x"', '{"steps": 3}', '{"steps": [[1]]}', '{"steps": [], "x": 1}']
)
def test_what_is_no_plan_is_told_by_its_errors(text):
    with pytest.raises((ValueError, TypeError, KeyError)):
        load(text)


@pytest.mark.parametrize(
    ("provider", "attempt", "found"),
    [
        ("a", 1, 0),
        ("b", 2, 1),
        ("a", 3, 2),
        ("a", 9, 2),
        ("b", 1, 1),
        ("a", 0, 0),
        (None, 2, 1),
        ("c", 1, None),
        ("", 1, None),
    ],
)
def test_a_step_is_found_by_its_number_and_its_provider(provider, attempt, found):
    steps = tuple(Step(name, f"m{at}", "messages", native=False) for at, name in enumerate("aba"))
    plan = Plan("d", 0.0, "messages", MESSAGES, "m", steps, {})
    assert plan.step(provider, attempt) == (None if found is None else steps[found])


@pytest.mark.parametrize("path", [CHAT, MESSAGES, f"{CHAT}?beta=1"])
@pytest.mark.parametrize("store", [room, full("tokens")])
@pytest.mark.parametrize("model", ["gpt-4o-mini", "claude-haiku-4-5", "two", "nope"])
def test_no_secret_and_no_prompt_is_in_what_the_host_is_given_to_keep(path, store, model):
    headers = [("authorization", f"Bearer {secret_of('alice')}"), ("x-note", "canary")]
    sent = body(path.partition("?")[0], model, max_tokens=10, user="canary user", metadata={"user_id": "canary"})
    given = call(sent, path, headers=headers)
    _, reply = decide(given, snapshot(limits=LIMITS), *([store] if model != "nope" else []))
    kept = reply.plan if isinstance(reply, Allow) else reply.record
    answer = str(reply.response_headers) if isinstance(reply, Allow) else str(reply.headers) + reply.body.decode()
    assert not [
        word for word in ("canary", secret_of("alice"), *filter(None, SECRETS.values())) if word in kept + answer
    ]


def test_the_hosts_own_message_puts_a_secret_nowhere_but_into_the_header_it_is_for():
    _, reply = decide(call(), snapshot())
    response = envoy_ext_authz.write_allow(reply, "plan")
    assert SECRETS["openai"] not in str(response.dynamic_metadata)
    carrying = [
        option.header.key for option in response.ok_response.headers if SECRETS["openai"] in option.header.value
    ]
    assert carrying == ["authorization"]
    assert not [option for option in response.ok_response.response_headers_to_add if "sk-" in option.header.value]


READY = {
    "plain": (CHAT, "gpt-4o-mini", {}, True),
    "a Messages stream": (MESSAGES, "claude-haiku-4-5", {"stream": True}, True),
    "a stream that asked for usage": (CHAT, "gpt-4o-mini", {"stream": True, "stream_options": {"include_usage": True}}, True),
    "a stream whose usage must be hidden": (CHAT, "gpt-4o-mini", {"stream": True}, False),
    "two backends": (CHAT, "two", {}, False),
    "another API": (CHAT, "chat-on-messages", {}, False),
    "inline metering": (CHAT, "watched", {}, False),
}  # fmt: skip


@pytest.mark.parametrize("case", READY)
def test_a_call_is_ready_at_the_edge_when_its_answer_and_its_only_provider_need_no_attempt_to_ask(case):
    path, model, members, ready = READY[case]
    _, reply = decide(call(body(path, model, **members), path), snapshot())
    assert reply.ready is ready
    assert bool(reply.set_headers) is ready
    assert "authorization" in {*reply.remove_headers, *dict(reply.set_headers)}


def test_a_ready_call_carries_its_providers_path_and_credential_and_no_header_of_the_callers_account():
    headers = [
        ("x-api-key", secret_of("alice")),
        ("cookie", "c"),
        ("openai-organization", "o"),
        ("x-tollkeeper-plan", "forged"),
        ("x-request-id", "needed by the host"),
    ]
    _, reply = decide(call(path=f"{CHAT}?beta=1", headers=headers), snapshot())
    assert dict(reply.set_headers) == {":path": f"{CHAT}?beta=1", "authorization": f"Bearer {SECRETS['openai']}"}
    assert set(reply.remove_headers) == {"x-api-key", "cookie", "openai-organization", "x-tollkeeper-plan"}


def test_a_call_that_is_not_ready_loses_the_callers_credential_at_the_edge_already():
    headers = [("api-key", secret_of("alice")), ("x-tollkeeper-try", "forged")]
    _, reply = decide(call(body(model="two"), headers=headers), snapshot())
    assert {"authorization", "x-api-key", "api-key", "x-tollkeeper-try"} <= set(reply.remove_headers)


def listed(path="/v1/models", *, anthropic=False, models=(), method="GET"):
    headers = [("x-api-key", secret_of("alice")), *([("anthropic-version", "2023-06-01")] if anthropic else [])]
    effects, reply = decide(call(b"", path, headers=headers, method=method), snapshot(key(models=models)))
    assert effects == []
    assert isinstance(reply, Answer)
    return reply


def test_models_are_listed_in_the_shape_of_either_api_as_far_as_the_key_reaches():
    chat = json.loads(listed("/v1/models?limit=20", models=("gpt-*", "two")).body)
    assert (chat["object"], [model["id"] for model in chat["data"]]) == ("list", ["gpt-4o-mini", "two"])
    messages = json.loads(listed(anthropic=True).body)
    names = [model["id"] for model in messages["data"]]
    assert "local-*" not in names
    assert (messages["first_id"], messages["last_id"], messages["has_more"]) == (names[0], names[-1], False)
    nothing = json.loads(listed(anthropic=True, models=("none",)).body)
    assert (nothing["data"], nothing["first_id"]) == ([], None)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/models/gpt-4o-mini", 200),
        ("/v1/models/gpt%2D4o-mini", 200),
        ("/v1/models/", 200),
        ("/v1/models/claude-haiku-4-5", 404),
        ("/v1/models/nope", 404),
    ],
)
def test_one_model_is_told_by_its_name(path, status):
    reply = listed(path, models=("gpt-*",))
    assert reply.status == status
    assert reply.record is None


@pytest.mark.parametrize("method", ["POST", "HEAD", "DELETE"])
def test_models_take_get_alone(method):
    reply = listed(method=method)
    assert (reply.status, headers_of(reply)["allow"]) == (405, "GET")


ERRORS = {
    "another method": (call(method="GET"), 405, "invalid_request_error", "invalid_request_error"),
    "broken JSON": (call(b"{"), 400, "invalid_request_error", "invalid_request_error"),
    "compressed": (call(headers=[("x-api-key", "tk-alice"), ("content-encoding", "gzip")]), 400, "invalid_request_error", "invalid_request_error"),
    "no key": (call(headers=[("accept", "*/*")]), 401, "authentication_error", "authentication_error"),
    "no such model": (call(body(model="nope", max_tokens=1)), 404, "not_found_error", "not_found_error"),
    "a store that is away": (call(), 503, "server_error", "overloaded_error"),
}  # fmt: skip


@pytest.mark.parametrize("path", [CHAT, MESSAGES])
@pytest.mark.parametrize("case", ERRORS)
def test_every_refusal_has_the_shape_of_the_clients_api(case, path):
    given, status, chat, messages = ERRORS[case]
    given = call(given.body if given.body != body() else body(path), path, headers=given.headers, method=given.method)
    _, reply = decide(given, snapshot(limits=LIMITS), *([ControlError("away")] if status == 503 else []))
    told = json.loads(reply.body)
    assert reply.status == status
    assert {"content-type": "application/json", "x-tollkeeper-decision": "d1"}.items() <= headers_of(reply).items()
    if path == MESSAGES:
        assert (told["type"], told["error"]["type"], told["request_id"]) == ("error", messages, "d1")
    else:
        assert (told["error"]["type"], set(told["error"])) == (chat, {"message", "type", "code", "param"})


@pytest.mark.parametrize(("headers", "typed"), [([("accept", "*/*")], False), ([("anthropic-version", "1")], True)])
def test_at_an_unknown_path_the_clients_headers_decide_the_shape(headers, typed):
    _, reply = decide(call(path="/v2/else", headers=headers), snapshot())
    assert reply.status == 404
    assert ("type" in json.loads(reply.body)) is typed


def test_what_the_providers_api_cannot_say_is_refused_before_anything_is_reserved():
    effects, reply = decide(call(body(model="chat-on-messages", n=2)), snapshot(limits=LIMITS))
    assert effects == []
    assert (reply.status, error_of(reply)["param"]) == (400, "n")


def test_a_refusal_leaves_a_record_with_what_was_known_by_then():
    _, reply = decide(call(body(stream=True)), snapshot(limits=LIMITS), DeadlineExceeded("slow"))
    record = load(reply.record)
    assert (record.model, record.stream, record.steps, record.principal["user"]) == ("gpt-4o-mini", True, (), "alice")
    assert record.refused == {"outcome": "refused", "reason": "deadline_exceeded"}
    _, reply = decide(call(b"{"), snapshot())
    assert (load(reply.record).model, load(reply.record).api) == ("", "chat_completions")
