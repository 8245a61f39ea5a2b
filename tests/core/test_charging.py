"""What an answer costs, however it ends: nothing served is free, nothing is charged twice, and errors cost nothing."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ext_proc.attempt import State
from ext_proc.events import ResponseBody, ResponseHeaders, ResponseTrailers
from ext_proc.replies import AnswerHeaders
from tests.core.attempts import JSON, PAIRS, SSE, begun, headed, provider_answer
from tests.core.conversation import CHAT, MESSAGES
from tests.sdks.scripts import SCENARIOS, USAGE, sse

TEXT_TOKENS = -(-len(SCENARIOS["text"]["text"].encode()) // 3)
TRANSLATED = ["chat on messages", "messages on chat"]


def input_estimate(one):
    return -(-len(one.sent) // 3)


# --- errors of the provider -----------------------------------------------------------------------------------------

ERROR = {"error": {"type": "some_error", "message": "a word of the provider", "code": "c"}}
STATUSES = {400: 400, 401: 502, 403: 502, 404: 404, 413: 413, 429: 429, 500: 500, 503: 503, 529: 529}


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("pair", PAIRS)
def test_a_providers_error_reaches_the_client_in_its_own_api_and_costs_nothing(pair, status):
    path, model = PAIRS[pair]
    one = begun(path, model)
    one.answer(
        status, (*JSON, ("retry-after", "7")), *(json.dumps(ERROR).encode()[at : at + 9] for at in range(0, 90, 9))
    )
    one.close()
    told = json.loads(one.data)
    assert one.status == STATUSES[status]
    assert not [reply for reply in one.replies if "retry-after" in getattr(reply, "remove_headers", ())]
    if status in {401, 403}:
        assert "the gateway's own credential" in told["error"]["message"]
        assert "a word of the provider" not in one.data.decode()
    else:
        assert told["error"]["message"] == "a word of the provider"
    assert one.settled == []


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"error": null}', b"\xff"])
@pytest.mark.parametrize("pair", TRANSLATED)
def test_an_error_that_cannot_be_read_is_told_by_its_status(pair, body):
    path, model = PAIRS[pair]
    one = begun(path, model, stream=True)
    one.answer(503, (("content-type", "text/html"),), body)
    assert (one.status, one.content_type) == (503, "application/json")
    assert json.loads(one.data)["error"]["message"] == "The provider answered with status 503."


def test_an_error_without_a_body_keeps_its_status_so_that_the_host_tries_the_next_provider():
    for status, told in ((503, None), (401, 502)):
        one = begun(CHAT, "chat-on-messages")
        reply = one.on(ResponseHeaders(status, JSON, end_of_stream=True))
        assert reply.status == told
        assert (one.attempt.state, one.settled) == (State.DONE, [])


# --- what is no answer ----------------------------------------------------------------------------------------------

NO_ANSWERS = {
    "nothing": b"",
    "broken JSON": b'{"id": ',
    "an array": b"[]",
    "a number": b"7",
    "not UTF-8": b"\xff\xfe",
    "an error under a good status": json.dumps(ERROR).encode(),
}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("case", NO_ANSWERS)
@pytest.mark.parametrize("pair", TRANSLATED)
def test_what_is_no_answer_is_a_502_in_json_and_costs_nothing(pair, case, stream):
    path, model = PAIRS[pair]
    one = begun(path, model, stream=stream)
    one.answer(200, JSON, NO_ANSWERS[case])
    one.close()
    assert (one.status, one.content_type) == (502, "application/json")
    assert json.loads(one.data)["error"]["message"]
    assert one.settled == []


@pytest.mark.parametrize("status", [200, 204])
@pytest.mark.parametrize("headers", [JSON, SSE, ()])
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("pair", TRANSLATED)
def test_an_answer_without_a_body_is_a_502_that_the_host_may_try_again(pair, stream, headers, status):
    path, model = PAIRS[pair]
    one = begun(path, model, stream=stream)
    one.on(ResponseHeaders(status, headers, end_of_stream=True))
    one.close()
    assert one.replies[-1] == AnswerHeaders({"content-type": "application/json"}, ("content-length",), 502)
    assert (one.attempt.state, one.settled) == (State.DONE, [])


@pytest.mark.parametrize("pair", TRANSLATED)
def test_a_stream_that_breaks_off_is_no_whole_answer(pair):
    path, model = PAIRS[pair]
    one = begun(path, model)
    one.answer(200, SSE, *provider_answer(one.attempt.step.api, stream=True)[:4], b"")
    assert (one.status, one.settled) == (502, [])


def test_an_answer_that_passes_untouched_and_cannot_be_read_is_charged_by_its_size():
    for content in (b"x" * 300, b'{"result": "' + b"x" * 286 + b'"}'):
        one = begun(CHAT, "watched")
        one.answer(200, JSON, content)
        assert one.data == content
        assert one.charge == ("served", input_estimate(one), 100, True)


# --- what breaks in the middle --------------------------------------------------------------------------------------

FAILURES = {
    "chat_completions": sse({"error": {"message": "broke", "type": "server_error"}}),
    "messages": sse({"type": "error", "error": {"type": "overloaded_error", "message": "broke"}}, "error"),
}


@pytest.mark.parametrize("pair", PAIRS)
def test_an_error_event_ends_the_clients_stream_and_what_was_said_before_is_charged(pair):
    path, model = PAIRS[pair]
    one = begun(path, model, stream=True)
    api = one.attempt.step.api
    said = [chunk for chunk in provider_answer(api, stream=True, usage=False) if b"message_delta" not in chunk]
    one.answer(200, SSE, *said[:-2], FAILURES[api], b"data: never said\n\n")
    assert b"broke" in one.data
    assert one.data.count(b"broke") == 1
    outcome, _, output, estimated = one.charge
    assert (outcome, estimated) == ("aborted", True)
    assert 0 < output <= TEXT_TOKENS
    assert one.settled[0].entry["reason"] == ("overloaded" if api == "messages" else "api_error")
    if pair in TRANSLATED:
        assert b"never said" not in one.data
        assert one.replies[-1].end_of_stream


@pytest.mark.parametrize("trailers", [False, True])
@pytest.mark.parametrize("pair", PAIRS)
def test_a_stream_that_ends_without_its_end_is_charged_for_what_went_out(pair, trailers):
    path, model = PAIRS[pair]
    one = begun(path, model, stream=True)
    chunks = provider_answer(one.attempt.step.api, stream=True)
    end = next(at for at, chunk in enumerate(chunks) if b'"stop"' in chunk or b"message_delta" in chunk)
    one.answer(200, SSE, *chunks[:end], trailers=trailers)
    outcome, _, output, estimated = one.charge
    assert (outcome, output, estimated) == ("aborted", TEXT_TOKENS, True)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("pair", PAIRS)
def test_a_client_that_hangs_up_anywhere_is_charged_for_what_was_delivered_and_once(pair, stream):
    path, model = PAIRS[pair]
    chunks = provider_answer(
        "messages" if pair in {"chat on messages", "messages observed"} else "chat_completions", stream=stream
    )
    if not stream:
        chunks = [chunks[0][at : at + 40] for at in range(0, len(chunks[0]), 40)]
    before = 0
    for count in range(len(chunks)):
        one = begun(path, model, stream=stream)
        one.on(ResponseHeaders(200, SSE if stream else JSON))
        for chunk in chunks[:count]:
            one.on(ResponseBody(chunk, end_of_stream=False))
        one.close()
        one.close()
        outcome, input_tokens, output, estimated = one.charge
        assert input_tokens in {USAGE["input"], input_estimate(one)}
        assert output >= before, "who got more is charged no less"
        if estimated:
            assert outcome == "aborted"
            before = output
        else:
            assert (outcome, output) == ("served", USAGE["output"])
    assert before or (pair in TRANSLATED and not stream), "only what waits for its end is not delivered before it"


@pytest.mark.parametrize("hang_up", ["before the body", "before the answer"])
def test_a_client_that_hangs_up_before_an_answer_has_begun_is_left_to_the_access_log(hang_up):
    one = headed(CHAT, "chat-on-messages") if hang_up == "before the body" else begun(CHAT, "chat-on-messages")
    one.close()
    assert one.settled == []


def test_what_the_store_does_not_take_is_not_sent_again_and_the_answer_goes_on():
    one = begun(CHAT, "chat-on-messages")
    one.stored = False
    one.answer(200, JSON, *provider_answer("messages", stream=False))
    one.close()
    assert one.status == 200
    assert json.loads(one.data)["choices"]
    assert len(one.settled) == 1


def test_a_settlement_says_all_that_finance_needs():
    one = begun(MESSAGES, "messages-on-chat", stream=True)
    one.answer(200, SSE, *provider_answer("chat_completions", stream=True))
    settlement = one.settled[0]
    cost = (USAGE["input"] * 1 + USAGE["output"] * 2) * 1000
    assert settlement.amounts == {
        "requests": 1,
        "tokens": USAGE["input"] + USAGE["output"],
        "input_tokens": USAGE["input"],
        "output_tokens": USAGE["output"],
        "usd": cost,
    }
    expected = {
        "decision_id": "d1",
        "user": "alice",
        "api": "messages",
        "request_model": "messages-on-chat",
        "response_model": "m-2024-07-18",
        "provider": "openai",
        "finish_reason": "stop",
        "cost_nano": cost,
        "price": "the test's price list",
        "cache_read_input_tokens": USAGE["cached"],
        "reasoning_output_tokens": USAGE["reasoning"],
        "attempts": 1,
        "metering": "inline",
        "status": 200,
        "stream": True,
    }
    assert expected.items() <= settlement.entry.items()
    assert 0 < settlement.entry["time_to_first_token"] < settlement.entry["latency"]


# --- any order ------------------------------------------------------------------------------------------------------

ENDS_WITH = {
    "end of stream": [ResponseBody(b"", end_of_stream=True)],
    "trailers": [ResponseTrailers()],
    "hang-up": [],
}
ENDS = st.sampled_from(sorted(ENDS_WITH))


@settings(max_examples=150, deadline=None)
@given(
    pair=st.sampled_from(sorted(PAIRS)),
    streams=st.tuples(st.booleans(), st.booleans()),
    status=st.sampled_from([200, 200, 200, 201, 299, 301, 400, 401, 429, 500]),
    cuts=st.lists(st.integers(0, 3000), max_size=8),
    stop=st.floats(0, 1),
    end=ENDS,
)
def test_however_an_answer_is_cut_and_ended_it_is_settled_once_at_most_and_only_when_it_was_good(
    pair, streams, status, cuts, stop, end
):
    path, model = PAIRS[pair]
    asked, came = streams
    one = begun(path, model, stream=asked)
    whole = b"".join(provider_answer(one.attempt.step.api, stream=came))
    sent = whole[: round(len(whole) * stop)]
    marks = sorted({0, *(cut for cut in cuts if cut < len(sent)), len(sent)})
    one.on(ResponseHeaders(status, SSE if came else JSON))
    pieces = [ResponseBody(sent[start:stop], end_of_stream=False) for start, stop in pairwise(marks)]
    for event in [*pieces, *ENDS_WITH[end]]:
        if one.attempt.state is State.ANSWER:
            one.on(event)
    one.close()
    one.close()
    assert one.attempt.state is State.DONE
    assert len(one.settled) == (1 if 200 <= one.status < 300 else 0)
    if one.settled:
        _, input_tokens, output, _ = one.charge
        assert input_tokens > 0
        assert output <= max(USAGE["output"], -(-len(whole) // 3))
