"""The access log's last word on a call: what it charges, and that it is kept until the store takes it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ext_proc.conclusions import BATCH, GRACE, MOST_WAITING, Conclusions
from ext_proc.errors import ControlError
from ext_proc.events import Finished
from ext_proc.limits import LARGEST
from ext_proc.plan import load
from ext_proc.stages.conclude import conclude
from tests.core.attempts import JSON, VIEW, begun, provider_answer
from tests.core.conversation import CHAT, MESSAGES, NOW, body, call, decide, full, snapshot


def planned(path=CHAT, model=None, view=VIEW, **members):
    """The plan of one call, as it comes back with the access log."""
    return decide(call(body(path, model, **members), path), view)[1].plan


def finished(plan, status=200, **changes):
    default = {"provider": None, "attempts": 1, "body_bytes": 900, "usage": {}, "duration": 2.0}
    return Finished(**{"plan": plan, "status": status, **default, **changes})


def concluded(plan, status=200, view=VIEW, **changes):
    return conclude(load(plan), finished(plan, status, **changes), view)


def charge(settlement):
    entry = settlement.entry
    return entry["outcome"], entry["input_tokens"], entry["output_tokens"], entry["estimated"]


NATIVE_USAGE = {
    "Chat Completions": (
        CHAT,
        {"prompt_tokens": 30.0, "completion_tokens": 12.0, "cached_tokens": 8.0, "reasoning_tokens": 5.0, "finish_reason": "length"},
        (30, 12, 8, 0, 5, "length"),
    ),
    "Messages, which counts its cache apart": (
        MESSAGES,
        {"input_tokens": 10.0, "output_tokens": 12.0, "cache_read_input_tokens": 8.0, "cache_creation_input_tokens": 2.0, "finish_reason": "max_tokens"},
        (20, 12, 8, 2, 0, "length"),
    ),
    "Messages, with a tool": (MESSAGES, {"input_tokens": 1.0, "output_tokens": 2.0, "finish_reason": "tool_use"}, (1, 2, 0, 0, 0, "tool_calls")),
    "an end that only this provider knows": (MESSAGES, {"input_tokens": 1.0, "output_tokens": 2.0, "finish_reason": "pause_turn"}, (1, 2, 0, 0, 0, "pause_turn")),
}  # fmt: skip
COUNTS = (
    "input_tokens",
    "output_tokens",
    "cache_read_input_tokens",
    "cache_creation_input_tokens",
    "reasoning_output_tokens",
    "finish_reason",
)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("case", NATIVE_USAGE)
def test_what_the_host_metered_is_charged_in_either_vocabulary(case, stream):
    path, usage, counted = NATIVE_USAGE[case]
    shown = {"stream_options": {"include_usage": True}} if path == CHAT else {}
    settlement = concluded(planned(path, stream=stream, **shown), usage={**usage, "response_model": "answering"})
    entry = settlement.entry
    assert tuple(entry[name] for name in COUNTS) == counted
    assert charge(settlement) == ("served", counted[0], counted[1], False)
    assert (entry["response_model"], entry["metering"], entry["latency"]) == ("answering", "native", 2.0)
    assert settlement.amounts["tokens"] == counted[0] + counted[1]
    assert settlement.amounts["usd"] == entry["cost_nano"] > 0


def least(plan):
    return -(-load(plan).input_bound // 3)


def test_an_answer_without_usage_is_estimated_from_its_bytes_and_never_above_what_was_reserved():
    for members, output in (({}, 300), ({"max_tokens": 100}, 100), ({"max_tokens": 100, "n": 2}, 200)):
        plan = planned(**members)
        assert charge(concluded(plan)) == ("served", least(plan), output, True)
    plan = planned(MESSAGES, stream=True)
    assert charge(concluded(plan, body_bytes=950)) == ("aborted", least(plan), 10, True)


ENDS = {
    "a stream that the client left before its usage": (True, {"input_tokens": 5.0, "output_tokens": 1.0}, True, ("aborted", 5, 9, True)),
    "a stream that ended cleanly without its end": (True, {"input_tokens": 5.0, "output_tokens": 1.0}, False, ("aborted", 5, 9, True)),
    "a stream left after its last event": (True, {"input_tokens": 5.0, "output_tokens": 7.0, "finish_reason": "end_turn"}, True, ("served", 5, 7, False)),
    "a stream left with its running count above the bytes": (True, {"input_tokens": 5.0, "output_tokens": 50.0}, True, ("aborted", 5, 50, True)),
    "a whole answer that the client left": (False, {}, True, ("aborted", 42, 100, True)),
    "a whole answer, left after its usage": (False, {"input_tokens": 5.0, "output_tokens": 7.0, "finish_reason": "end_turn"}, True, ("served", 5, 7, False)),
    "an answer that reports nothing written": (False, {"input_tokens": 5.0, "output_tokens": 0.0}, False, ("served", 5, 100, True)),
}  # fmt: skip


@pytest.mark.parametrize("case", ENDS)
def test_a_call_that_ended_early_is_charged_for_what_went_out(case):
    stream, usage, aborted, expected = ENDS[case]
    plan = planned(MESSAGES, stream=stream)
    outcome, input_tokens, output, estimated = expected
    expected = (outcome, least(plan) if input_tokens == 42 else input_tokens, output, estimated)
    assert charge(concluded(plan, usage=usage, aborted=aborted)) == expected


@pytest.mark.parametrize("status", [0, 301, 400, 401, 429, 500, 502, 503, 504])
def test_a_failed_call_costs_nothing_but_its_place_among_the_requests(status):
    settlement = concluded(
        planned(),
        status,
        usage={"prompt_tokens": 9.0, "completion_tokens": 9.0},
        details="via_upstream",
        time_to_first_byte=1.0,
    )
    assert charge(settlement) == ("failed", 0, 0, False)
    assert settlement.amounts == {"requests": 1, "tokens": 0, "input_tokens": 0, "output_tokens": 0, "usd": 0}
    assert settlement.entry["reason"] == ("via_upstream" if status >= 400 else None)
    assert settlement.entry["time_to_first_token"] is None


def test_a_refused_call_is_on_record_with_its_reason_and_costs_nothing():
    limited = snapshot(limits=[{"name": "calls", "requests": 1, "window": "1m"}])
    settlement = concluded(decide(call(), limited, full("calls"))[1].record, 429)
    assert charge(settlement) == ("refused", 0, 0, False)
    entry = settlement.entry
    assert (entry["reason"], entry["status"], entry["user"], entry["provider"]) == (
        "rate_limit_exceeded:calls",
        429,
        "alice",
        None,
    )


def test_the_step_that_answered_is_known_by_its_provider_or_by_the_number_of_its_attempt():
    view = snapshot()
    plan = planned(CHAT, "two", view)
    for changes, provider in (
        ({"provider": "anthropic", "attempts": 2}, "anthropic"),
        ({"provider": None, "attempts": 2}, "anthropic"),
        ({"provider": "openai", "attempts": 2}, "openai"),
        ({"provider": None, "attempts": 0}, "openai"),
        ({"provider": "gone", "attempts": 1}, None),
    ):
        assert concluded(plan, view=view, **changes).entry["provider"] == provider


def test_without_a_known_price_usd_limits_are_charged_nothing_and_the_cost_is_unknown():
    view = snapshot()
    settlement = concluded(
        planned(CHAT, "local-llama", view), view=view, usage={"prompt_tokens": 9.0, "completion_tokens": 9.0}
    )
    assert (settlement.amounts["usd"], settlement.amounts["tokens"]) == (0, 18)
    assert (settlement.entry["cost_nano"], settlement.entry["price"]) == (None, None)


NUMBERS = st.floats() | st.integers(-(2**70), 2**70) | st.text(max_size=3) | st.booleans()
NAMES = (
    "prompt_tokens",
    "completion_tokens",
    "input_tokens",
    "output_tokens",
    "cached_tokens",
    "reasoning_tokens",
    "cache_read_input_tokens",
    "finish_reason",
    "response_model",
)


@given(usage=st.dictionaries(st.sampled_from(NAMES), NUMBERS), bytes_=st.integers(0, 2**63), aborted=st.booleans())
def test_whatever_was_metered_the_amounts_can_be_kept_by_every_store(usage, bytes_, aborted):
    settlement = concluded(planned(), usage=usage, body_bytes=bytes_, aborted=aborted)
    assert all(type(amount) is int and 0 <= amount <= LARGEST for amount in settlement.amounts.values())
    assert all(-(2**63) <= value < 2**64 for value in settlement.entry.values() if isinstance(value, int))


# --- keeping them until the store takes them ------------------------------------------------------------------------


class Ledger:
    """Takes settlements, or fails while it is away."""

    def __init__(self):
        self.away = False
        self.batches = []

    async def take(self, batch, when):
        if self.away:
            raise ControlError("away")
        self.batches.append((list(batch), when))

    @property
    def ids(self):
        return [settlement.decision_id for batch, _ in self.batches for settlement in batch]


def kept(view=VIEW):
    now, later = Ledger(), Ledger()
    return Conclusions(lambda: view, now.take, later.take), now, later


WATCHED = {
    "answered, and metered by the host": ("gpt-4o-mini", 200, False),
    "answered, and watched by the upstream filter": ("chat-on-messages", 200, True),
    "answered, watched on the same API": ("watched", 200, True),
    "failed, though it would have been watched": ("chat-on-messages", 503, False),
    "left before there was an answer": ("chat-on-messages", 0, False),
}


@pytest.mark.parametrize("case", WATCHED)
async def test_what_the_upstream_filter_settles_itself_waits_for_it(case):
    model, status, waits = WATCHED[case]
    conclusions, now, later = kept()
    conclusions.add([finished(planned(model=model), status)])
    await conclusions.flush(NOW)
    assert (now.ids, later.ids) == (([], ["d1"]) if waits else (["d1"], []))
    assert [when for _, when in (later if waits else now).batches] == [NOW + GRACE if waits else NOW]


async def test_while_the_store_is_away_they_are_kept_and_flushed_later_in_their_order():
    conclusions, now, later = kept()
    native, watched = planned(), planned(model="watched")
    now.away = later.away = True
    conclusions.add([finished(native), finished(watched)])
    await conclusions.flush(NOW)
    conclusions.add([finished(native), finished(watched)])
    assert (now.batches, later.batches) == ([], [])
    now.away = False
    await conclusions.flush(NOW + 1)
    assert (len(now.ids), later.batches) == (2, [])
    later.away = False
    await conclusions.flush(NOW + 2)
    assert (len(now.ids), len(later.ids)) == (2, 2)
    await conclusions.flush(NOW + 3)
    assert (len(now.batches), len(later.batches)) == (1, 1), "nothing is handed over twice"


async def test_many_are_handed_over_in_batches_and_not_without_end():
    conclusions, now, _ = kept()
    one = finished(planned())
    conclusions.add([one] * (BATCH + 1))
    await conclusions.flush(NOW)
    assert [len(batch) for batch, _ in now.batches] == [BATCH, 1]
    now.away = True
    conclusions._final.extend([None] * MOST_WAITING)  # as if the store had been away for hours
    conclusions.add([one])
    assert len(conclusions._final) == MOST_WAITING


@pytest.mark.parametrize("plan", ["", "{", "null", '{"steps": []}', planned().replace('"id"', '"other"')])
async def test_one_entry_that_cannot_be_read_does_not_lose_the_others(plan):
    conclusions, now, _ = kept()
    conclusions.add([finished(plan), finished(planned()), finished(plan)])
    await conclusions.flush(NOW)
    assert now.ids == ["d1"]


async def test_a_record_of_another_version_does_not_lose_the_others():
    strange = planned().replace('"refused":{}', '"refused":{"why":"?"}')
    assert strange != planned()
    conclusions, now, _ = kept()
    conclusions.add([finished(strange), finished(planned())])
    await conclusions.flush(NOW)
    assert now.ids == ["d1"]


@pytest.mark.parametrize("model", ["chat-on-messages", "watched"])
def test_the_attempt_and_the_access_log_settle_under_one_id_so_that_the_store_charges_once(model):
    one = begun(CHAT, model)
    one.answer(200, JSON, *provider_answer(one.attempt.step.api, stream=False))
    logged = concluded(planned(model=model))
    assert {one.settled[0].decision_id, logged.decision_id} == {"d1"}
    assert one.settled[0].entry["estimated"] is False
    assert logged.entry["estimated"] is True
