"""A count of tokens is free: it counts as a call, at a provider that counts or, where there is none, by an estimate."""

from __future__ import annotations

import json

import pytest

from ext_proc.effects import Reserve
from ext_proc.events import Finished, RequestBody, RequestHeaders
from ext_proc.leases import Settlement
from ext_proc.plan import load
from ext_proc.replies import Allow, Answer
from ext_proc.stages.conclude import conclude
from tests.core.attempts import CLIENT, JSON, new
from tests.core.conversation import SECRETS, call, decide, full, headers_of, key, room, secret_of, snapshot

COUNT = "/v1/messages/count_tokens"
LIMITS = [
    {"name": "calls", "per": ["key"], "requests": 9, "window": "1m"},
    {"name": "slots", "per": ["key"], "concurrent": 2},
    {"name": "tokens", "per": ["key"], "tokens": 1, "window": "24h"},
    {"name": "money", "per": ["key"], "usd": 0.000001, "window": "month"},
]
HI = {"messages": [{"role": "user", "content": "hi"}]}
GEMINI = {
    "providers": {
        "gemini": {"kind": "gemini", "credential": {"env": "GEMINI_KEY"}},
        "vertex": {"kind": "vertex", "project": "p-1234", "region": "eu", "credential": {"env": "VERTEX_KEY"}},
        "local": {"kind": "openai-compatible", "endpoint": "http://127.0.0.1:8000/v1"},
        "anthropic": {"kind": "anthropic", "credential": {"env": "ANTHROPIC_KEY"}},
    },
    "models": {
        "alias": {"backends": [{"provider": "gemini", "model": "gemini-2.5-flash"}]},
        "on-vertex": {"backends": [{"provider": "vertex", "model": "gemini-2.5-flash"}]},
        "claude": {"backends": [{"provider": "anthropic"}]},
        "local": {"backends": [{"provider": "local"}]},
        "either": {"backends": [{"provider": "local"}, {"provider": "gemini", "model": "g", "priority": 1}]},
    },
}


def view_of(*keys, **changes):
    return snapshot(*keys, credentials={"gemini": "sk-gemini", "vertex": "ya29.v"}, **GEMINI, **changes)


def said(model, **members):
    return json.dumps({"model": model, **HI, **members}).encode()


def asked(model, *results, path=COUNT, content=None, view=None, **more):
    sent = said(model) if content is None else content
    return decide(call(sent, path, **more), view or view_of(), *results)


def claimed(effects):
    (reserve,) = [effect for effect in effects if isinstance(effect, Reserve)]
    return [(claim.limit, claim.amount) for claim in reserve.lease.claims]


@pytest.mark.parametrize("model", ["claude", "local"])
def test_a_count_takes_a_call_and_a_slot_and_nothing_of_other_limits(model):
    effects, reply = asked(model, room, view=view_of(limits=LIMITS))
    assert claimed(effects) == [("calls", 1), ("slots", 1)]
    assert isinstance(reply, Allow if model == "claude" else Answer)


@pytest.mark.parametrize("model", ["claude", "local"])
def test_a_count_is_refused_when_there_is_no_room_for_a_call(model):
    _, reply = asked(model, full("calls"), view=view_of(limits=LIMITS))
    assert reply.status == 429
    assert json.loads(reply.body)["error"]["type"] == "rate_limit_error"


def test_a_provider_that_counts_is_asked_at_its_own_path():
    """With the client's own headers of Messages, as it speaks them."""
    _, reply = asked("claude")
    plan = load(reply.plan)
    assert (plan.steps[0].api, plan.input_bound, plan.writes, plan.cap) == ("messages_count_tokens", 0, False, None)
    one = new(view_of())
    sent = (*CLIENT, ("anthropic-version", "2023-06-01"), ("anthropic-beta", "b"))
    send = one.on(RequestHeaders(sent, "anthropic", 1, reply.plan))
    assert dict(send.set_headers) == {":path": COUNT, "x-api-key": SECRETS["anthropic"]}
    assert not {"anthropic-version", "anthropic-beta"} & set(send.remove_headers)


def counted(model, answer, *, path=COUNT, content=None):
    """The attempt of one count that the provider answers so."""
    view = view_of()
    sent = said(model) if content is None else content
    plan = decide(call(sent, path), view)[1].plan
    one = new(view)
    send = one.on(RequestHeaders(CLIENT, load(plan).steps[0].provider, 1, plan))
    put = dict(send.set_headers)
    if send.ask_body:
        one.sent = one.on(RequestBody(sent)).body
    one.answer(200, JSON, json.dumps(answer).encode())
    return one, put[":path"]


def test_a_count_is_translated_and_charged_nothing():
    one, path = counted("alias", {"totalTokens": 14})
    assert path == "/v1beta/models/gemini-2.5-flash:countTokens"
    whole = json.loads(one.sent)["generateContentRequest"]
    assert (whole["model"], whole["contents"]) == (
        "models/gemini-2.5-flash",
        [{"role": "user", "parts": [{"text": "hi"}]}],
    )
    assert json.loads(one.data) == {"input_tokens": 14}
    assert one.charge == ("served", 0, 0, False)
    assert one.settled[0].entry["cost_nano"] in {0, None}


def test_vertex_is_told_the_members_apart():
    one, path = counted("on-vertex", {"totalTokens": 14})
    assert path == "/v1/projects/p-1234/locations/eu/publishers/google/models/gemini-2.5-flash:countTokens"
    assert json.loads(one.sent) == {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}
    assert json.loads(one.data) == {"input_tokens": 14}


def test_a_whole_request_of_gemini_names_the_model_that_is_called():
    whole = {"generateContentRequest": {"model": "models/alias", "contents": [{"parts": [{"text": "hi"}]}]}}
    path = "/v1beta/models/alias:countTokens"
    one, called = counted("alias", {"totalTokens": 14}, path=path, content=json.dumps(whole).encode())
    assert called == "/v1beta/models/gemini-2.5-flash:countTokens"
    assert json.loads(one.sent)["generateContentRequest"]["model"] == "models/gemini-2.5-flash"
    assert json.loads(one.data) == {"totalTokens": 14}
    assert one.charge == ("served", 0, 0, False)


def test_a_count_that_was_cut_is_charged_nothing():
    one = new(view_of())
    plan = decide(call(said("claude"), COUNT), view_of())[1].plan
    one.on(RequestHeaders(CLIENT, "anthropic", 1, plan))
    one.answer(200, JSON, b'{"inp', b"")
    one.close()
    assert (one.settled[0].amounts["tokens"], one.settled[0].amounts["usd"]) == (0, 0)


# --- where nobody counts --------------------------------------------------------------------------------------------

PNG = "A" * 3000
PICTURE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}}
ESTIMATES = {
    "a text": ({}, 0),
    "a tool": ({"tools": [{"name": "f", "input_schema": {"type": "object"}}]}, 700),
    "an image, whose bytes are no text": ({"messages": [{"role": "user", "content": [PICTURE]}]}, 1600 - 1000),
}


@pytest.mark.parametrize(("members", "beside"), ESTIMATES.values(), ids=ESTIMATES)
def test_an_estimate_counts_a_token_for_three_bytes_and_says_that_it_is_one(members, beside):
    content = said("local", **members)
    effects, reply = asked("local", content=content)
    assert effects == []
    assert reply.status == 200
    assert json.loads(reply.body) == {"input_tokens": -(-len(content) // 3) + beside}
    told = headers_of(reply)
    assert (told["x-tollkeeper-estimated"], told["x-tollkeeper-decision"]) == ("true", "d1")


ESTIMATED = {
    "/v1/responses/input_tokens": ({"model": "local", "input": "hi"}, "input_tokens"),
    "/v1beta/models/local:countTokens": ({"contents": [{"parts": [{"text": "hi"}]}]}, "totalTokens"),
    "/model/local/count-tokens": ({"input": {"invokeModel": {"body": "aGk="}}}, "inputTokens"),
}


@pytest.mark.parametrize(("path", "said"), ESTIMATED.items())
def test_every_client_gets_an_estimate_in_its_own_shape(path, said):
    members, member = said
    _, reply = asked("local", path=path, content=json.dumps(members).encode())
    assert reply.status == 200
    assert json.loads(reply.body)[member] > 0


OUTSIDE = {
    "/v1/responses/input_tokens": ({"model": "local", "previous_response_id": "resp_1"}, "previous_response_id"),
    COUNT: ({"model": "local", **HI, "tools": [{"type": "web_search_20250305", "name": "web_search"}]}, "tools"),
}


@pytest.mark.parametrize(("path", "said"), OUTSIDE.items())
def test_input_that_the_request_only_names_is_not_guessed_at(path, said):
    members, member = said
    effects, reply = asked("local", path=path, content=json.dumps(members).encode())
    assert (effects, reply.status) == ([], 400)
    assert f"`{member}`" in json.loads(reply.body)["error"]["message"]


def test_one_provider_that_counts_is_enough():
    _, reply = asked("either")
    assert reply.backends == ("gemini",)


@pytest.mark.parametrize(("model", "models", "status"), [("nope", (), 404), ("local", ("claude",), 403)])
def test_what_the_key_may_not_use_is_not_counted(model, models, status):
    _, reply = asked(model, view=view_of(key(models=models)))
    assert reply.status == status


def test_a_stranger_gets_no_estimate():
    effects, reply = asked("local", None, headers=[("x-api-key", secret_of("nobody"))])
    assert (len(effects), reply.status) == (1, 401)


def test_the_access_log_settles_an_estimate_as_one_call():
    view = view_of(limits=LIMITS)
    _, reply = asked("local", room, view=view)
    finished = Finished(reply.record, 200, None, 0, 30, {}, duration=0.1)
    settled = conclude(load(reply.record), finished, view)
    assert isinstance(settled, Settlement)
    assert settled.amounts == {"requests": 1, "tokens": 0, "input_tokens": 0, "output_tokens": 0, "usd": 0}
    entry = settled.entry
    assert (entry["outcome"], entry["status"], entry["operation"], entry["provider"]) == (
        "served",
        200,
        "count_tokens",
        None,
    )


def test_no_price_is_needed_for_a_count():
    limits = [{"name": "money", "per": ["key"], "usd": 1, "window": "month"}]
    effects, reply = asked("claude", view=view_of(limits=limits))
    assert (effects, type(reply)) == ([], Allow)
