"""What a provider says of files and batches: remembered before the client sees it, and settled once it has ended."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from ext_proc.apis.batches.outline import used
from ext_proc.attempt import Attempt, State
from ext_proc.conclusions import Conclusions
from ext_proc.effects import Forget, Keep, Objects, Settle
from ext_proc.errors import ControlError
from ext_proc.events import Finished, RequestHeaders, ResponseHeaders
from ext_proc.plan import load
from ext_proc.stages.batch import batch_settlement
from ext_proc.stored import Stored
from tests.core.conversation import NOW, converse, decide
from tests.core.stored import (
    BATCHES,
    FILES,
    OWNER,
    answered,
    apart,
    batch,
    creation,
    get,
    input_file,
    jsonl,
    line,
    stored_batch,
    upload,
    view,
)

VIEW = view()
SAID = {"id": "file-1", "object": "file", "bytes": 5, "filename": "a.txt", "purpose": "user_data", "created_at": 1}
FILE = Stored("file-1", "file", "openai", OWNER, NOW, seen=SAID)
USAGE = {"input_tokens": 300, "output_tokens": 40, "input_tokens_details": {"cached_tokens": 100}, "output_tokens_details": {"reasoning_tokens": 7}, "total_tokens": 340}  # fmt: skip
COMPLETED = batch("completed", usage=USAGE, request_counts={"total": 2, "completed": 2, "failed": 0}, output_file_id="file-o", error_file_id="file-e")  # fmt: skip


def test_an_upload_is_its_owners_before_the_client_knows_its_id():
    told = {**SAID, "expires_at": 1_800_000_000}
    effects, status, body = answered(upload(), VIEW, (), told, (None, True))
    keep, settle = effects
    (kept,) = keep.objects
    assert (status, json.loads(body)) == (200, told)
    assert replace(kept, created_at=NOW) == replace(FILE, expires_at=1_800_000_000.0, seen=told)
    entry = settle.settlement.entry
    assert (entry["operation"], entry["input_tokens"], entry["cost_nano"], entry["outcome"]) == (
        "files",
        0,
        0,
        "served",
    )
    assert settle.settlement.amounts["requests"] == 1


def test_what_was_read_of_a_batchs_input_is_kept_with_its_file():
    given = upload(jsonl(line(1)), "batch")
    effects, *_ = answered(given, VIEW, (apart,), SAID, (None, True))
    assert effects[0].objects[0].facts["batch"]["requests"] == 1


def test_a_batch_remembers_its_lease_and_who_began_it():
    effects, *_ = answered(creation(), VIEW, (input_file(),), batch("validating"), (None, True))
    (kept,) = effects[0].objects
    assert (kept.id, kept.kind, kept.owner, kept.seen) == ("batch_1", "batch", OWNER, batch("validating"))
    assert (kept.facts["lease"], kept.facts["principal"]["user"]) == ("d1-batch", "alice")


@pytest.mark.parametrize("told", [b"{", b"[]", b"{}", b'{"id": ""}', b'{"id": 7}', b"\xff"])
def test_an_answer_that_names_nothing_is_none(told):
    effects, status, body = answered(upload(), VIEW, (), told)
    assert (effects, status) == ([], 502)
    assert json.loads(body)["error"]["type"] == "server_error"


def test_without_a_store_nobody_is_told_an_id_that_would_be_nobodys():
    effects, status, body = answered(upload(), VIEW, (), SAID, (ControlError("The store is away."),))
    assert ([type(effect) for effect in effects], status) == ([Keep], 503)
    assert b"file-1" not in body


@pytest.mark.parametrize("status", [400, 404, 409, 429, 500, 503])
def test_a_providers_refusal_passes_and_nothing_is_remembered(status):
    told = {"error": {"message": "no", "type": "invalid_request_error", "param": None, "code": None}}
    effects, given, body = answered(upload(), VIEW, (), told, status=status)
    assert (effects, given, json.loads(body)) == ([], status, told)


def test_a_deleted_file_is_forgotten():
    told = {"id": "file-1", "object": "file", "deleted": True}
    effects, status, body = answered(get(f"{FILES}/file-1", "DELETE"), VIEW, (FILE,), told, (None, True))
    assert (effects[0], status, json.loads(body)) == (Forget("file-1"), 200, told)


@pytest.mark.parametrize("again", ["GET", "POST"])
def test_a_batch_that_has_not_ended_is_remembered_as_it_is(again):
    path = f"{BATCHES}/batch_1" + ("/cancel" if again == "POST" else "")
    effects, _, body = answered(get(path, again), VIEW, (stored_batch(),), batch("cancelling"), (None, True))
    assert [type(effect) for effect in effects] == [Keep, Settle]
    assert effects[0].objects[0].seen == json.loads(body) == batch("cancelling")
    assert effects[1].settlement.decision_id == "d1"


def test_a_batch_that_has_ended_is_settled_in_the_name_of_who_began_it_at_half_the_price():
    effects, *_ = answered(get(f"{BATCHES}/batch_1"), VIEW, (stored_batch(),), COMPLETED, (True, None, True))
    settled, kept = effects[0].settlement, effects[1].objects
    # $1 and $2 a million, halved, and cached input at the input's rate
    cost = (300 * 1000 + 40 * 2000) // 2
    assert settled.decision_id == "d0-batch"
    assert settled.amounts == {"requests": 2, "tokens": 340, "input_tokens": 300, "output_tokens": 40, "usd": cost}
    entry = settled.entry
    assert (entry["user"], entry["key"], entry["team"]) == ("bob", "id-bob", "research")
    assert (entry["cache_read_input_tokens"], entry["reasoning_output_tokens"], entry["cost_nano"]) == (100, 7, cost)
    assert (entry["request_model"], entry["provider"], entry["price"]) == (
        "gpt-4o-mini",
        "openai",
        "the test's price list, in a batch",
    )
    assert [(one.id, one.kind, one.owner) for one in kept] == [
        ("batch_1", "batch", OWNER),
        ("file-o", "file", OWNER),
        ("file-e", "file", OWNER),
    ]
    assert effects[2].settlement.decision_id == "d1"


ENDS = {
    "cancelled with usage": (batch("cancelled", usage=USAGE, request_counts={"completed": 1}), (1, 300, 40), "served", False),
    "failed at once": (batch("failed", request_counts={"total": 0}), (0, 0, 0), "failed", False),
    "expired without a word of usage": (batch("expired", request_counts={"completed": 1, "failed": 0}), (1, 167, 100), "served", True),
    "completed without a word of usage": (batch("completed", request_counts={"completed": 1, "failed": 1}), (2, 334, 200), "served", True),
    "a usage of nothing": (batch("completed", usage={"input_tokens": 0}, request_counts={"completed": 2}), (2, 334, 200), "served", True),
}  # fmt: skip


@pytest.mark.parametrize("case", ENDS)
def test_what_ran_is_charged_by_what_is_told_of_it_or_at_its_worst(case):
    told, counts, outcome, estimated = ENDS[case]
    settled = batch_settlement(stored_batch().facts, used(told), VIEW)
    amounts = settled.amounts
    assert (amounts["requests"], amounts["input_tokens"], amounts["output_tokens"]) == counts
    assert (settled.entry["outcome"], settled.entry["estimated"]) == (outcome, estimated)


def test_a_batch_of_an_unknown_price_costs_an_unknown_amount():
    settled = batch_settlement({**stored_batch().facts, "model": "nobody-knows"}, used(COMPLETED), VIEW)
    assert (settled.amounts["usd"], settled.entry["cost_nano"]) == (0, None)


def files(*numbers):
    return [replace(FILE, id=f"file-{n}", created_at=NOW + n, seen={**SAID, "id": f"file-{n}"}) for n in numbers]


def listed(query="", own=(), told=(), path=FILES, settled=(True,)):
    given = get(f"{path}?{query}" if query else path)
    effects, status, body = answered(given, VIEW, (), {"object": "list", "data": list(told)}, (list(own), *settled))
    assert effects[0] == Objects(OWNER, "file" if path == FILES else "batch")
    return status, json.loads(body)


PAGES = {
    "": ([4, 3, 2, 1], False),
    "limit=2": ([4, 3], True),
    "limit=2&after=file-3": ([2, 1], False),
    "after=file-1": ([], False),
    "order=asc&limit=3": ([1, 2, 3], True),
    "purpose=user_data": ([4, 3, 2, 1], False),
    "purpose=batch": ([], False),
    "limit=0": ([4], True),
    "limit=-3&order=up": ([4, 3, 2, 1], False),
    "limit=99999999999": ([4, 3, 2, 1], False),
}


@pytest.mark.parametrize("query", PAGES)
def test_a_list_has_the_callers_own_things_page_by_page(query):
    numbers, more = PAGES[query]
    others = [{**SAID, "id": f"file-other-{n}"} for n in range(9)]
    status, told = listed(query, files(4, 3, 2, 1), others)
    ids = [f"file-{n}" for n in numbers]
    assert (status, told["object"], [one["id"] for one in told["data"]], told["has_more"]) == (200, "list", ids, more)
    assert (told["first_id"], told["last_id"]) == ((ids[0], ids[-1]) if ids else (None, None))


def test_a_list_shows_what_the_provider_says_now_and_otherwise_what_it_said_last():
    told = [{**SAID, "id": "file-2", "bytes": 9}, {**SAID, "id": "file-written"}]
    own = [*files(2, 1), replace(FILE, id="file-written", seen=None), replace(FILE, id="file-unseen", seen=None)]
    _, page = listed("", own, told)
    assert [(one["id"], one["bytes"]) for one in page["data"]] == [("file-2", 9), ("file-1", 5), ("file-written", 5)]


@pytest.mark.parametrize("after", ["file-other", "", "%00"])
def test_a_page_begins_behind_nothing_of_anybody_else(after):
    settled = (True,) if after == "" else ()
    status, told = listed(f"after={after}", files(1), [{**SAID, "id": "file-other"}], settled=settled)
    assert status == (200 if after == "" else 404)
    assert "file-other" not in json.dumps(told.get("data", []))


def test_a_list_settles_batches_that_nobody_has_seen_ending():
    seen = stored_batch(seen=COMPLETED, id="batch_0")
    told = {"data": [COMPLETED, {**COMPLETED, "id": "batch_0"}, {**COMPLETED, "id": "batch_other"}]}
    results = ([stored_batch(), seen], True, None, True)
    effects, _, body = answered(get(BATCHES), VIEW, (), told, results)
    assert [type(effect) for effect in effects] == [Objects, Settle, Keep, Settle]
    assert effects[1].settlement.decision_id == "d0-batch"
    assert [one["id"] for one in json.loads(body)["data"]] == ["batch_1", "batch_0"]


def test_a_list_of_batches_asks_for_as_many_as_the_provider_gives():
    _, allowed = decide(get(f"{BATCHES}?limit=1&after=batch_1"), VIEW)
    attempt = Attempt(VIEW, lambda: NOW)
    _, sent = converse(attempt.on(RequestHeaders((), "openai", 1, allowed.plan)))
    assert dict(sent.set_headers)[":path"] == f"{BATCHES}?after=batch_1&limit=100"


@pytest.mark.parametrize("case", ["GET", "DELETE"])
def test_a_call_without_a_body_is_tried_again_without_one(case):
    _, allowed = decide(get(f"{FILES}/file-1", case), VIEW, FILE)
    attempt = Attempt(VIEW, lambda: NOW)
    _, sent = converse(attempt.on(RequestHeaders((), "openai", 2, allowed.plan)))
    assert (sent.ask_body, attempt.state) == (False, State.SENT)


def test_an_answer_without_a_body_is_none():
    _, allowed = decide(upload(), VIEW)
    attempt = Attempt(VIEW, lambda: NOW)
    converse(attempt.on(RequestHeaders((), "openai", 1, allowed.plan)))
    _, reply = converse(attempt.on(ResponseHeaders(200, (), end_of_stream=True)))
    assert reply.status == 502


class Ledger:
    """Keeps what is settled, and when."""

    def __init__(self):
        self.settled = []

    async def settle(self, settlements, _when):
        self.settled += settlements


LAST_WORDS = [(400, True), (404, True), (429, True), (200, False), (500, False), (503, False), (504, False), (0, False)]


@pytest.mark.parametrize(("status", "released"), LAST_WORDS)
async def test_a_batch_that_its_provider_refused_gives_back_its_lease_and_no_other_does(status, released):
    """What may have begun is held until somebody knows better."""
    _, allowed = decide(creation(), VIEW, input_file())
    ledger = Ledger()
    conclusions = Conclusions(lambda: VIEW, ledger.settle, ledger.settle)
    conclusions.add([Finished(allowed.plan, status, "openai", 1, 0, {})])
    await conclusions.flush(NOW)
    leases = [one for one in ledger.settled if one.decision_id == "d1-batch"]
    assert [set(one.amounts.values()) for one in leases] == ([{0}] if released else [])
    assert [one.decision_id for one in ledger.settled][:1] == ["d1"]


@pytest.mark.parametrize("given", [get(f"{BATCHES}/batch_1"), get(f"{BATCHES}/batch_1/cancel", "POST")])
async def test_a_refused_question_about_a_batch_gives_back_nothing(given):
    _, allowed = decide(given, VIEW, stored_batch())
    ledger = Ledger()
    conclusions = Conclusions(lambda: VIEW, ledger.settle, ledger.settle)
    conclusions.add([Finished(allowed.plan, 404, "openai", 1, 0, {})])
    await conclusions.flush(NOW)
    assert [one.decision_id for one in ledger.settled] == ["d1"]
    assert load(allowed.plan).keeps["facts"]["lease"] == "d0-batch"
