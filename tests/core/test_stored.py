"""Files and batches at the edge: a call goes to whoever has the thing, and only its owner's calls do."""

from __future__ import annotations

import json

import pytest

from ext_proc.effects import Apart, FindObject, Reserve
from ext_proc.errors import ControlError
from ext_proc.plan import load
from ext_proc.principal import Principal, VirtualKey, digest_of
from ext_proc.replies import Allow
from ext_proc.stored import Stored
from tests.core.conversation import HASH_KEY, NOW, call, decide, error_of, full, key, room, secret_of, snapshot
from tests.core.stored import (
    BATCHES,
    FILES,
    apart,
    creation,
    get,
    input_file,
    jsonl,
    line,
    stored_batch,
    upload,
    view,
)

FILE = Stored("file-1", "file", "openai", "team=research", NOW)
EVERY = {
    "an upload": (upload(), ()),
    "a list of files": (get(FILES), ()),
    "a file": (get(f"{FILES}/file-1"), (FILE,)),
    "a file's content": (get(f"{FILES}/file-1/content"), (FILE,)),
    "a file's end": (get(f"{FILES}/file-1", "DELETE"), (FILE,)),
    "a batch's beginning": (creation(), (input_file(),)),
    "a list of batches": (get(BATCHES), ()),
    "a batch": (get(f"{BATCHES}/batch_1"), (stored_batch(),)),
    "a batch's end": (get(f"{BATCHES}/batch_1/cancel", "POST"), (stored_batch(),)),
}
BY_ID = [case for case, (_, found) in EVERY.items() if found]


@pytest.mark.parametrize("case", EVERY)
def test_a_call_goes_to_the_provider_that_keeps_things_and_says_whose_they_are(case):
    given, found = EVERY[case]
    effects, reply = decide(given, view(), *found)
    assert isinstance(reply, Allow)
    assert [type(effect) for effect in effects] == [FindObject] * len(found)
    plan = load(reply.plan)
    assert (reply.backends, plan.keeps["owner"]) == (("openai",), "team=research")


def test_a_files_content_passes_by_without_anybody_asking_about_it():
    _, reply = decide(get(f"{FILES}/file-1/content"), view(), FILE)
    assert reply.ready
    assert dict(reply.set_headers)[":path"] == f"{FILES}/file-1/content"


def test_what_is_stored_stays_with_its_provider_when_another_one_gets_what_is_new():
    moved = view(files={"provider": "second"})
    _, reply = decide(get(f"{FILES}/file-1"), moved, FILE)
    assert reply.backends == ("openai",)
    _, reply = decide(upload(), moved)
    assert reply.backends == ("second",)


@pytest.mark.parametrize("case", [case for case in EVERY if case not in BY_ID])
def test_without_a_provider_for_files_the_key_to_set_is_named(case):
    _, reply = decide(EVERY[case][0], snapshot())
    assert reply.status == 404
    assert "files.provider" in error_of(reply)["message"]


@pytest.mark.parametrize("found", [None, "team=other", "key=id-alice", "tenant=t,team=research", "kind"])
@pytest.mark.parametrize("case", BY_ID)
def test_what_is_not_the_callers_own_does_not_exist_for_it(case, found):
    given, (own,) = EVERY[case]
    members = {name: getattr(own, name) for name in Stored.__slots__}
    other = {"kind": "batch" if own.kind == "file" else "file"} if found == "kind" else {"owner": found}
    _, reply = decide(given, view(), None if found is None else Stored(**{**members, **other}))
    _, unknown = decide(given, view(), None)
    assert (reply.status, reply.body) == (404, unknown.body)
    assert error_of(reply)["code"] == "not_found"


@pytest.mark.parametrize("case", BY_ID)
def test_a_store_that_is_away_lets_nobody_at_anything(case):
    _, reply = decide(EVERY[case][0], view(), ControlError("away"))
    assert reply.status == 503


def test_an_id_longer_than_any_is_not_even_looked_for():
    effects, reply = decide(get(f"{FILES}/{'x' * 257}"), view())
    assert (effects, reply.status) == ([], 404)


def test_a_caller_without_a_name_owns_nothing():
    nobody = VirtualKey("n", digest_of(secret_of("alice"), HASH_KEY), "n", Principal(), 0.0)
    _, reply = decide(upload(), view(nobody))
    assert (reply.status, error_of(reply)["code"]) == (403, "no_owner")


@pytest.mark.parametrize("provider", ["anthropic", "gone"])
def test_a_provider_that_keeps_nothing_any_more_is_not_called(provider):
    gone = Stored("file-1", "file", provider, "team=research", NOW)
    _, reply = decide(get(f"{FILES}/file-1"), view(), gone)
    assert (reply.status, error_of(reply)["code"]) == (404, "not_served")


def test_a_provider_without_its_credential_is_not_called():
    _, reply = decide(upload(), view(files={"provider": "bare"}))
    assert (reply.status, error_of(reply)["code"]) == (503, "no_credential")


METHODS = [
    (FILES, "PUT", "GET, POST"),
    (f"{FILES}/file-1", "POST", "DELETE, GET"),
    (f"{FILES}/file-1/content", "DELETE", "GET"),
    (BATCHES, "DELETE", "GET, POST"),
    (f"{BATCHES}/batch_1/cancel", "GET", "POST"),
]


@pytest.mark.parametrize(("path", "method", "allowed"), METHODS)
def test_another_method_is_told_which_ones_there_are(path, method, allowed):
    _, reply = decide(get(path, method), view())
    assert (reply.status, dict(reply.headers)["allow"]) == (405, allowed)


FORMS = {
    "no purpose": (upload(purpose=None), "purpose"),
    "an empty purpose": (upload(purpose=""), "purpose"),
    "two purposes": (upload(b"x", "batch", ("purpose", "user_data")), "purpose"),
    "a purpose in another spelling": (upload(b"x", "user_data", ("Purpose", "batch")), "purpose"),
    "a purpose as a list": (upload(b"x", "user_data", ("purpose[]", "batch")), "purpose"),
    "a file as text": (upload(b"x", "batch", ("file", "y")), "file"),
    "no form": (call(b"{}", FILES), None),
}


@pytest.mark.parametrize("case", FORMS)
def test_a_form_that_could_be_read_in_two_ways_is_refused(case):
    given, param = FORMS[case]
    effects, reply = decide(given, view())
    assert (effects, reply.status, error_of(reply)["param"]) == ([], 400, param)


def test_what_a_batch_will_ask_is_read_before_the_provider_has_it_and_beside_other_calls():
    effects, reply = decide(upload(jsonl(line(1), line(2, max_tokens=50)), "batch"), view(), apart)
    assert [type(effect) for effect in effects] == [Apart]
    found = load(reply.plan).keeps["facts"]["batch"]
    assert (found["model"], found["requests"], found["output_tokens"]) == ("gpt-4o-mini", 2, 150)
    assert "canary" not in reply.plan


LINES = {
    "a model that is none": (line(7, model="nope"), 404, "line 7, body.model"),
    "a model that the key may not use": (line(7, model="capped"), 403, "line 7, body.model"),
    "a model of another provider": (line(7, model="claude-haiku-4-5"), 400, "line 7, body.model"),
    "a model of another name there": (line(7, model="renamed"), 400, "line 7, body.model"),
    "no JSON": (b"{", 400, "line 7"),
}


@pytest.mark.parametrize("case", LINES)
def test_a_line_that_its_caller_may_not_ask_keeps_the_file_from_the_provider(case):
    wrong, status, param = LINES[case]
    data = b"\n" * 6 + jsonl(wrong)
    mine = view(key(models=("gpt-*", "claude-*", "renamed", "nope")))
    _, reply = decide(upload(data, "batch"), mine, apart)
    told = error_of(reply)
    assert (reply.status, told["param"]) == (status, param)
    assert told["message"].startswith("Line 7 of the file: ")


@pytest.mark.parametrize(("asked", "status"), [(500, 200), (501, 400), (None, 400)])
def test_a_models_cap_holds_for_a_line_too_which_nobody_can_change(asked, status):
    given = upload(jsonl(line(1, model="capped", max_tokens=asked)), "batch")
    _, reply = decide(given, view(), apart)
    assert getattr(reply, "status", 200) == status


BATCH_MISTAKES = {
    "no file": (creation(None), (), 400, "input_file_id"),
    "no endpoint": (creation(endpoint=None), (), 400, "endpoint"),
    "another window": (creation(completion_window="1h"), (), 400, "completion_window"),
    "another endpoint": (creation(endpoint="/v1/embeddings"), (input_file(),), 400, "endpoint"),
    "a file for something else": (creation(), (FILE,), 400, "input_file_id"),
    "a file of nobody": (creation(), (None,), 404, "input_file_id"),
}


@pytest.mark.parametrize("case", BATCH_MISTAKES)
def test_a_batch_that_cannot_be_is_refused_by_its_member(case):
    given, found, status, param = BATCH_MISTAKES[case]
    _, reply = decide(given, view(), *found)
    assert (reply.status, error_of(reply)["param"]) == (status, param)


def test_a_key_begins_no_batch_of_a_model_that_it_may_not_use_from_its_teams_file():
    _, reply = decide(creation(), view(key(models=("claude-*",))), input_file())
    assert (reply.status, error_of(reply)["code"]) == (403, "model_not_allowed")


LIMITS = [
    {"name": "calls", "requests": 10, "window": "1m"},
    {"name": "usd", "usd": 1, "window": "day"},
    {"name": "tokens", "tokens": 5000, "window": "day", "match": {"model": "gpt-*"}},
    {"name": "output", "output_tokens": 5000, "window": "day"},
    {"name": "slots", "concurrent": 3},
]


def claims(effect):
    return {claim.limit: claim.amount for claim in effect.lease.claims}


def test_a_batch_holds_the_worst_case_of_all_its_lines_at_the_batch_rate_for_as_long_as_it_may_take():
    effects, reply = decide(creation(), view(limits=LIMITS), input_file(), room)
    reserve = effects[1]
    # 1,000 input and 200 output tokens at half of $1 and $2 a million: 700,000 nano-dollars
    assert claims(reserve) == {"calls": 2, "usd": 700_000, "tokens": 1200, "output": 200}
    assert (reserve.lease.decision_id, reserve.lease.expires_at) == ("d1-batch", NOW + 25 * 3600)
    assert (reserve.lease.entry["decision_id"], reserve.lease.entry["operation"]) == ("d1-batch", "batches")
    assert load(reply.plan).keeps["facts"]["lease"] == "d1-batch"


def test_a_batch_beyond_a_limit_is_refused_by_the_limits_name():
    _, reply = decide(creation(), view(limits=LIMITS), input_file(), full("usd", settled=999_999_000))
    assert (reply.status, error_of(reply)["param"]) == (429, "usd")


@pytest.mark.parametrize("case", [case for case in EVERY if case != "a batch's beginning"])
def test_every_other_call_counts_as_one_request_without_a_token(case):
    given, found = EVERY[case]
    effects, reply = decide(given, view(limits=LIMITS), *found, room)
    assert isinstance(reply, Allow)
    assert isinstance(effects[-1], Reserve)
    assert claims(effects[-1]) == {"calls": 1, "slots": 1}


UNBOUND = [
    ({"uncapped": "line 3"}, "output", "unbounded_output"),
    ({"outside": "line 3, body.tools"}, "tokens", "unbounded_input"),
]


@pytest.mark.parametrize(("facts", "limit", "code"), UNBOUND)
def test_a_batch_without_a_bound_is_refused_where_a_limit_is_hard(facts, limit, code):
    hard = [one for one in LIMITS if one["name"] == limit]
    _, reply = decide(creation(), view(limits=hard), input_file(**facts))
    assert (reply.status, error_of(reply)["code"]) == (400, code)
    assert "line 3" in error_of(reply)["message"]
    soft = [{**hard[0], "mode": "shadow"}]
    _, reply = decide(creation(), view(limits=soft), input_file(**facts), room)
    assert isinstance(reply, Allow)


def test_a_refusal_has_openais_shape_and_is_on_record():
    _, reply = decide(creation(), view(), None)
    assert set(json.loads(reply.body)["error"]) == {"message", "type", "code", "param"}
    record = load(reply.record)
    assert (record.api, record.refused["reason"]) == ("batches_create", "not_found")
