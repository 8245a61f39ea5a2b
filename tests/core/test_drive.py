"""Deadlines and failure policies: a control that cannot decide refuses, an answer that was paid for is delivered."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
from dataclasses import replace

import pytest

from ext_proc import effects
from ext_proc.attempt import State
from ext_proc.drive import POLICIES, Driver
from ext_proc.effects import FindKey, Reserve, Settle
from ext_proc.errors import ControlError
from ext_proc.events import RequestBody, RequestHeaders, ResponseBody, ResponseHeaders
from ext_proc.plan import load
from ext_proc.replies import Allow, Answer, AnswerWhole
from tests.core.attempts import CLIENT, JSON, SSE, provider_answer
from tests.core.conversation import CHAT, MESSAGES, NOW, body, call, error_of, room, secret_of, snapshot
from tests.core.stored import FILES, get, jsonl, line, upload

LIMITS = [{"name": "tokens", "tokens": 10_000_000, "window": "1h"}]
CANARY = "canary 4711, which an exception may quote"
SOON = {effect: replace(policy, deadline=0.05) for effect, policy in POLICIES.items()}
"""The same policies, with deadlines for tests."""
PATHS = pytest.mark.parametrize("path", [CHAT, MESSAGES])


class Outside:
    """A store as the driver sees it: each effect is performed by a function, or by one that a test puts there."""

    def __init__(self, **changed):
        self.settled = []
        self.perform = {FindKey: self.find_key, Reserve: self.reserve, Settle: self.settle}
        self.perform |= {getattr(effects, name): perform for name, perform in changed.items()}

    async def find_key(self, _effect):
        return None

    async def reserve(self, effect):
        return room(effect)

    async def settle(self, effect):
        self.settled.append(effect.settlement)
        return True

    def driver(self, *, clock=lambda: NOW + 1, draw=lambda: 0.0, **settings):
        view = snapshot(**{"limits": LIMITS, **settings})
        return Driver(lambda: view, self.perform, clock, lambda: "d1", draw, SOON)


async def never(_effect):
    await asyncio.Event().wait()


async def away(_effect):
    raise ControlError("the store is away")


async def surprised(_effect):
    raise RuntimeError(CANARY)


def check_told(answer, path, status, code):
    assert isinstance(answer, Answer)
    assert answer.status == status
    told = json.loads(answer.body)
    if path == MESSAGES:
        assert (told["type"], told["request_id"]) == ("error", "d1")
    else:
        assert told["error"]["code"] == code
    assert CANARY not in str(answer)


# --- the edge -------------------------------------------------------------------------------------------------------

FAILURES = {
    "slow": (never, 504, "deadline_exceeded"),
    "away": (away, 503, "control_unavailable"),
    "surprised": (surprised, 503, "internal"),
}


@PATHS
@pytest.mark.parametrize("case", FAILURES)
async def test_a_reserve_that_fails_refuses_the_call_in_the_clients_shape_and_leaves_a_record(path, case, caplog):
    perform, status, code = FAILURES[case]
    answer = await Outside(Reserve=perform).driver().decide(call(body(path), path))
    check_told(answer, path, status, code)
    assert load(answer.record).refused == {"outcome": "refused", "reason": code}
    assert CANARY not in caplog.text


@pytest.mark.parametrize("case", FAILURES)
async def test_a_key_that_cannot_be_looked_up_is_refused_and_not_let_through(case):
    perform, status, code = FAILURES[case]
    given = call(headers=[("x-api-key", secret_of("new"))])
    check_told(await Outside(FindKey=perform).driver().decide(given), CHAT, status, code)


@PATHS
async def test_an_unforeseen_exception_in_a_stage_refuses_and_its_text_is_in_no_body_and_in_no_log(path, caplog):
    def draw():
        raise RuntimeError(CANARY)

    backends = [{"provider": "openai"}, {"provider": "anthropic"}]
    driver = Outside().driver(draw=draw, models={"m": {"backends": backends}})
    with caplog.at_level(logging.DEBUG):
        answer = await driver.decide(call(body(path, "m"), path))
    check_told(answer, path, 503, "internal")
    assert "unforeseen RuntimeError at draw:" in caplog.text
    assert CANARY not in caplog.text + str([record.__dict__ for record in caplog.records])
    assert load(answer.record).refused["reason"] == "internal"


STORED = {
    "FindObject": get(f"{FILES}/file-1"),
    "Apart": upload(jsonl(line()), "batch"),
}


@pytest.mark.parametrize("case", FAILURES)
@pytest.mark.parametrize("effect", STORED)
async def test_without_an_answer_nothing_that_is_kept_is_reached_and_no_batch_gets_in(effect, case):
    perform, status, code = FAILURES[case]
    driver = Outside(**{effect: perform}).driver(files={"provider": "openai"})
    check_told(await driver.decide(STORED[effect]), FILES, status, code)


@pytest.mark.parametrize("case", FAILURES)
async def test_an_upload_that_cannot_be_remembered_is_not_told(case):
    perform, status, code = FAILURES[case]
    driver = Outside(Keep=perform).driver(files={"provider": "openai"})
    given = upload()
    allowed = await driver.decide(given)
    attempt = driver.attempt()
    await driver.on(attempt, RequestHeaders(given.headers, "openai", 1, allowed.plan))
    await driver.on(attempt, ResponseHeaders(200, JSON))
    reply = await driver.on(attempt, ResponseBody(b'{"id": "file-1", "object": "file"}', end_of_stream=True))
    assert (reply.headers.status, json.loads(reply.body.data)["error"]["code"]) == (status, code)


async def test_a_decision_that_is_cancelled_stops_its_effect_and_swallows_nothing():
    waiting = asyncio.Event()
    stopped = asyncio.Event()

    async def reserve(_effect):
        waiting.set()
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()

    deciding = asyncio.create_task(Outside(Reserve=reserve).driver().decide(call()))
    await waiting.wait()
    deciding.cancel()
    with pytest.raises(asyncio.CancelledError):
        await deciding
    assert stopped.is_set()


async def begun(driver, path=CHAT, model="chat-on-messages", **members):
    """An attempt whose request was sent, and whose provider has begun to answer."""
    sent = body(path, model, **members)
    allowed = await driver.decide(call(sent, path))
    assert isinstance(allowed, Allow)
    attempt = driver.attempt()
    await driver.on(attempt, RequestHeaders(CLIENT, load(allowed.plan).steps[0].provider, 1, allowed.plan))
    await driver.on(attempt, RequestBody(sent))
    return attempt


async def answered(driver, attempt):
    await driver.on(attempt, ResponseHeaders(200, JSON))
    (chunk,) = provider_answer("messages", stream=False)
    return await driver.on(attempt, ResponseBody(chunk, end_of_stream=True))


@pytest.mark.parametrize("perform", [never, away, surprised])
async def test_an_answer_is_delivered_whole_though_it_cannot_be_settled_now(perform, caplog):
    outside = Outside(Settle=perform)
    driver = outside.driver()
    attempt = await begun(driver)
    reply = await answered(driver, attempt)
    assert isinstance(reply, AnswerWhole)
    assert json.loads(reply.body.data)["choices"]
    assert "Settle failed" in caplog.text
    assert CANARY not in caplog.text
    await driver.closed(attempt)
    assert attempt.state is State.DONE


async def test_a_settle_that_takes_too_long_is_still_done():
    go, done = asyncio.Event(), asyncio.Event()

    async def settle(_effect):
        await go.wait()
        done.set()
        return True

    driver = Outside(Settle=settle).driver()
    assert isinstance(await answered(driver, await begun(driver)), AnswerWhole)
    go.set()
    await asyncio.wait_for(done.wait(), 5)


async def test_a_settle_that_fails_after_its_deadline_quotes_nothing_in_the_log(caplog):
    """The event loop tells of failures that nobody has heard, with their text."""
    go = asyncio.Event()

    async def settle(_effect):
        await go.wait()
        raise RuntimeError(CANARY)

    driver = Outside(Settle=settle).driver()
    assert isinstance(await answered(driver, await begun(driver)), AnswerWhole)
    go.set()
    (settling,) = asyncio.all_tasks() - {asyncio.current_task()}
    await asyncio.wait([settling])
    del settling
    gc.collect()
    assert "Settle failed" in caplog.text
    assert CANARY not in caplog.text


async def test_a_client_that_hangs_up_in_the_middle_of_a_settle_does_not_stop_it_and_is_not_charged_twice():
    outside = Outside()
    begun_settling, go, done = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def settle(effect):
        begun_settling.set()
        await go.wait()
        await outside.settle(effect)
        done.set()
        return True

    outside.perform[Settle] = settle
    driver = outside.driver()
    attempt = await begun(driver)
    ending = asyncio.create_task(answered(driver, attempt))
    await begun_settling.wait()
    ending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await ending
    assert not attempt.is_open, "who closes it finds nothing left to charge"
    await driver.closed(attempt)
    go.set()
    await asyncio.wait_for(done.wait(), 5)
    assert len(outside.settled) == 1


async def test_a_client_that_hangs_up_in_a_stream_is_charged_by_what_closes_it():
    outside = Outside()
    driver = outside.driver()
    attempt = await begun(driver, stream=True)
    await driver.on(attempt, ResponseHeaders(200, SSE))
    for chunk in provider_answer("messages", stream=True)[:5]:
        await driver.on(attempt, ResponseBody(chunk, end_of_stream=False))
    assert attempt.is_open
    await driver.closed(attempt)
    assert [settlement.entry["outcome"] for settlement in outside.settled] == ["aborted"]


async def test_a_fault_of_the_core_while_an_attempt_is_closed_is_logged_without_its_text(caplog):
    times = iter([NOW + 1])
    driver = Outside().driver(clock=lambda: next(times))
    attempt = await begun(driver, stream=True)
    await driver.on(attempt, ResponseHeaders(200, SSE))
    await driver.closed(attempt)
    assert "unforeseen" in caplog.text


@PATHS
async def test_an_attempt_without_a_plan_is_refused_and_sends_nothing(path):
    driver = Outside().driver()
    answer = await driver.on(driver.attempt(), RequestHeaders(CLIENT, "openai", 1, ""))
    assert (answer.status, error_of(answer)["code"]) == (503, "no_plan")


async def test_an_event_at_the_wrong_time_is_an_answer_and_no_exception():
    driver = Outside().driver()
    answer = await driver.on(driver.attempt(), ResponseBody(b"x", end_of_stream=True))
    assert (answer.status, error_of(answer)["code"]) == (503, "protocol")


async def test_what_a_provider_cannot_be_told_any_more_is_refused_in_the_clients_shape():
    driver = Outside().driver()
    attempt = await begun(driver, MESSAGES, "messages-on-chat")
    assert attempt.state is State.SENT
    again = await driver.on(attempt, RequestBody(b"{}"))
    check_told(again, MESSAGES, 503, "protocol")


async def test_known_keys_and_no_limits_need_nothing_from_outside():
    driver = Outside(FindKey=never, Reserve=never).driver(limits=[])
    assert isinstance(await driver.decide(call()), Allow)
