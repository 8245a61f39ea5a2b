"""Message Batches: held at the worst case of all their requests, and settled by their results once those have gone by."""

from __future__ import annotations

import itertools
import json

import pytest

from ext_proc.apis.keeps import Used
from ext_proc.apis.message_batches.results import ResultLines
from ext_proc.apis.message_batches.telling import page, shown, used
from ext_proc.attempt import Attempt
from ext_proc.effects import Apart, FindObject, Forget, Keep, Objects, Settle
from ext_proc.errors import NotFound
from ext_proc.events import RequestHeaders, ResponseBody, ResponseHeaders
from ext_proc.plan import load
from ext_proc.replies import Allow
from ext_proc.stored import Stored
from tests.core.conversation import NOW, call, converse, decide, error_of, room, snapshot
from tests.core.stored import OWNER, answered, apart, get, view

PATH = "/v1/messages/batches"
VIEW = view(files={"provider": ["openai", "anthropic"]})
PRINCIPAL = {"tenant": None, "team": "research", "app": None, "user": "bob", "key": "id-bob"}
FACTS = {
    "lease": "d0-batch",
    "api": "message_batches_create",
    "at": NOW,
    "provider": "anthropic",
    "endpoint": "/v1/messages",
    "model": "claude-haiku-4-5",
    "requests": 2,
    "input_tokens": 1000,
    "output_tokens": 200,
    "longest": 600,
    "outside": None,
    "uncapped": None,
    "principal": PRINCIPAL,
}


def request(number=1, model="claude-haiku-4-5", **params):
    message = {"role": "user", "content": "a canary prompt"}
    return {"custom_id": f"r{number}", "params": {"model": model, "max_tokens": 100, "messages": [message], **params}}


def creation(*requests):
    return call(json.dumps({"requests": list(requests)}).encode(), PATH)


def told(status="in_progress", succeeded=0, **members):
    counts = {"processing": 2 - succeeded, "succeeded": succeeded, "errored": 0, "canceled": 0, "expired": 0}
    return {
        "id": "msgbatch_1",
        "type": "message_batch",
        "processing_status": status,
        "request_counts": counts,
        "results_url": None,
        **members,
    }


ENDED = told("ended", 2, results_url="https://api.anthropic.com/v1/messages/batches/msgbatch_1/results")
BATCH = Stored("msgbatch_1", "message_batch", "anthropic", OWNER, NOW, facts=FACTS, seen=told())


def result(number, kind="succeeded", **usage):
    message = {"message": {"usage": usage}} if kind == "succeeded" else {}
    return json.dumps({"custom_id": f"r{number}", "result": {"type": kind, **message}}).encode() + b"\n"


def test_a_batch_holds_the_worst_case_of_all_its_requests_at_the_batch_rate():
    limits = [{"name": "calls", "requests": 9, "window": "1m"}, {"name": "usd", "usd": 1, "window": "day"}]
    limited = view(files={"provider": ["openai", "anthropic"]}, limits=limits)
    requests = [request(1), request(2, max_tokens=50)]
    effects, reply = decide(creation(*requests), limited, apart, room)
    assert [type(effect) for effect in effects[:1]] == [Apart]
    size = sum(len(json.dumps(one["params"], separators=(",", ":"))) for one in requests)
    claims = {claim.limit: claim.amount for claim in effects[1].lease.claims}
    # $10 and $20 a million tokens, halved
    assert claims == {"calls": 2, "usd": size * 5000 + 150 * 10_000}
    assert (effects[1].lease.decision_id, effects[1].lease.expires_at) == ("d1-batch", NOW + 25 * 3600)
    plan = load(reply.plan)
    assert (reply.backends, plan.model, plan.keeps["facts"]["requests"]) == (("anthropic",), "claude-haiku-4-5", 2)
    assert "canary" not in reply.plan


MISTAKES = {
    "no request": ((), 400, "requests"),
    "no object": ((7,), 400, "requests.0.request"),
    "no id": (({"params": {}},), 400, "requests.0.custom_id"),
    "an id twice": ((request(1), request(1)), 400, "requests.1.custom_id"),
    "a long id": (({**request(), "custom_id": "x" * 65},), 400, "requests.0.custom_id"),
    "no params": (({"custom_id": "a"},), 400, "requests.0.params"),
    "no cap": ((request(1), request(2, max_tokens=None)), 400, "requests.1.params.max_tokens"),
    "a stream": ((request(1, stream=True),), 400, "requests.0.params.stream"),
    "another model than the first": ((request(1), request(2, "chat-on-messages")), 400, "requests.1.params.model"),
    "a model that is none": ((request(1, "nope"),), 404, "requests.0.params.model"),
    "a model of another provider": ((request(1, "gpt-4o-mini"),), 400, "requests.0.params.model"),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_a_mistake_names_its_request_in_messages_shape(case):
    requests, status, param = MISTAKES[case]
    _, reply = decide(creation(*requests), VIEW, *([apart] if requests else []))
    body = json.loads(reply.body)
    assert (reply.status, body["type"]) == (status, "error")
    assert load(reply.record).refused
    named = param.rpartition(".")[2]
    assert named in error_of(reply)["message"] or param in error_of(reply)["message"]
    if requests:
        assert f"Request {param.split('.')[1]} of the batch" in error_of(reply)["message"]


def test_without_a_provider_for_them_the_key_to_set_is_named():
    for settings in (snapshot(), view()):
        _, reply = decide(creation(request()), settings)
        assert (reply.status, "files.provider" in error_of(reply)["message"]) == (404, True)


OF_ONE = [("", "GET"), ("", "DELETE"), ("/results", "GET"), ("/cancel", "POST")]


@pytest.mark.parametrize(("end", "method"), OF_ONE)
def test_a_batch_of_somebody_else_does_not_exist(end, method):
    given = get(f"{PATH}/msgbatch_1{end}", method)
    effects, reply = decide(given, VIEW, BATCH)
    assert (effects, isinstance(reply, Allow), reply.backends) == ([FindObject("msgbatch_1")], True, ("anthropic",))
    for found in (
        None,
        Stored("msgbatch_1", "message_batch", "anthropic", "team=b", NOW),
        Stored("msgbatch_1", "batch", "anthropic", OWNER, NOW),
    ):
        _, reply = decide(given, VIEW, found)
        assert (reply.status, error_of(reply)["type"]) == (404, "not_found_error")


def test_a_batch_is_remembered_with_its_lease():
    effects, status, body = answered(creation(request()), VIEW, (apart,), told(), (None, True))
    (kept,) = effects[0].objects
    assert (status, json.loads(body), kept.kind, kept.facts["lease"]) == (200, told(), "message_batch", "d1-batch")
    assert kept.facts["principal"]["user"] == "alice"


def test_a_batch_that_ended_leads_to_its_results_here_and_waits_for_them_to_be_charged():
    effects, _, body = answered(get(f"{PATH}/msgbatch_1"), VIEW, (BATCH,), ENDED, (None, True))
    assert [type(effect) for effect in effects] == [Keep, Settle]
    assert effects[1].settlement.decision_id == "d1"
    assert json.loads(body)["results_url"] == f"{PATH}/msgbatch_1/results" == effects[0].objects[0].seen["results_url"]


def test_a_batch_of_which_nothing_succeeded_costs_nothing():
    effects, *_ = answered(get(f"{PATH}/msgbatch_1"), VIEW, (BATCH,), told("ended"), (True, None, True))
    settled = effects[0].settlement
    assert (settled.decision_id, set(settled.amounts.values()), settled.entry["estimated"]) == ("d0-batch", {0}, False)


def passed(*pieces, whole=True):
    """What comes of results that pass by in these pieces."""
    _, allowed = decide(get(f"{PATH}/msgbatch_1/results"), VIEW, BATCH)
    ticks = itertools.count(NOW + 1)
    attempt = Attempt(VIEW, lambda: float(next(ticks)))
    converse(attempt.on(RequestHeaders((), "anthropic", 1, allowed.plan)))
    converse(attempt.on(ResponseHeaders(200, (("content-type", "application/x-jsonl"),))))
    effects, data = [], b""
    for number, piece in enumerate(pieces, 1):
        last = whole and number == len(pieces)
        made, reply = converse(attempt.on(ResponseBody(piece, last)), *((True, True) if last else ()))
        effects, data = effects + made, data + reply.data
    if not whole:
        made, _ = converse(attempt.closed(), True)
        effects += made
    return effects, data


RESULTS = result(1, input_tokens=10, output_tokens=4, cache_read_input_tokens=5) + result(
    2, input_tokens=20, output_tokens=6
)


@pytest.mark.parametrize("size", [1, 7, 64, 10_000])
def test_results_pass_untouched_and_settle_their_batch(size):
    pieces = [RESULTS[at : at + size] for at in range(0, len(RESULTS), size)]
    effects, data = passed(*pieces)
    settled = effects[0].settlement
    assert data == RESULTS
    assert (settled.decision_id, settled.entry["user"], settled.entry["cache_read_input_tokens"]) == (
        "d0-batch",
        "bob",
        5,
    )
    # 35 tokens at $10 a million and 10 at $20, halved
    assert settled.amounts == {"requests": 2, "tokens": 45, "input_tokens": 35, "output_tokens": 10, "usd": 275_000}
    assert [effect.settlement.decision_id for effect in effects] == ["d0-batch", "d1"]


def test_results_that_were_cut_settle_nothing_but_the_call():
    effects, _ = passed(RESULTS[:90], whole=False)
    assert [effect.settlement.decision_id for effect in effects] == ["d1"]


LINES = {
    "an error": (result(1, "errored"), Used(None, 0)),
    "canceled and expired": (result(1, "canceled") + result(2, "expired"), Used(None, 0)),
    "no JSON": (b"{\n\xff\n[]\n7\n", Used(None, 0)),
    "a success without usage": (result(1), Used(None, 1)),
    "nothing": (b"", Used(None, 0)),
}


@pytest.mark.parametrize("case", LINES)
def test_a_line_that_tells_no_usage_adds_none(case):
    data, told_of = LINES[case]
    lines = ResultLines()
    lines.feed(data)
    assert lines.used() == told_of


def test_a_deleted_batch_is_forgotten():
    gone = {"id": "msgbatch_1", "type": "message_batch_deleted"}
    effects, status, body = answered(get(f"{PATH}/msgbatch_1", "DELETE"), VIEW, (BATCH,), gone, (None, True))
    assert (effects[0], status, json.loads(body)) == (Forget("msgbatch_1"), 200, gone)


def test_a_list_has_the_callers_own_batches():
    others = [{**told(), "id": f"other-{n}"} for n in range(3)]
    given = {"data": [ENDED, *others], "has_more": True}
    effects, _, body = answered(get(f"{PATH}?limit=5"), VIEW, (), given, ([BATCH], True))
    assert effects[0] == Objects(OWNER, "message_batch")
    assert json.loads(body) == {
        "data": [shown(ENDED)],
        "has_more": False,
        "first_id": "msgbatch_1",
        "last_id": "msgbatch_1",
    }


OWN = [Stored(f"b{n}", "message_batch", "anthropic", OWNER, NOW + n, seen={"id": f"b{n}"}) for n in (5, 4, 3, 2, 1)]
PAGES = [
    ({}, [5, 4, 3, 2, 1], False),
    ({"limit": "2"}, [5, 4], True),
    ({"limit": "2", "after_id": "b4"}, [3, 2], True),
    ({"limit": "2", "after_id": "b2"}, [1], False),
    ({"limit": "2", "before_id": "b2"}, [4, 3], True),
    ({"limit": "9", "before_id": "b2"}, [5, 4, 3], False),
    ({"limit": "no"}, [5, 4, 3, 2, 1], False),
]


@pytest.mark.parametrize(("query", "numbers", "more"), PAGES)
def test_pages_go_either_way(query, numbers, more):
    found = page(OWN, {}, query)
    assert ([one["id"] for one in found["data"]], found["has_more"]) == ([f"b{n}" for n in numbers], more)


@pytest.mark.parametrize("name", ["after_id", "before_id"])
def test_a_page_begins_behind_nothing_of_anybody_else(name):
    with pytest.raises(NotFound):
        page(OWN, {}, {name: "other"})


def test_what_goes_on_has_used_nothing_yet():
    assert [used(one) for one in (told(), told("canceling"), ENDED, {})] == [None] * 4
