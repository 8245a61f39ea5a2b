"""A try whose provider billed, though its answer reached nobody, is in the ledger beside the one that follows."""

from __future__ import annotations

from ext_proc.events import ResponseBody, ResponseHeaders
from tests.core.attempts import JSON, begun, provider_answer
from tests.core.conversation import CHAT

PIECE = b'{"id": "m", "content": [{"type": "text", "text": "' + b"x" * 249


def test_a_try_that_breaks_before_its_answer_is_whole_leaves_the_lease_to_the_next():
    one = begun(CHAT, "chat-on-messages", max_tokens=500)
    one.on(ResponseHeaders(200, JSON))
    one.on(ResponseBody(PIECE, end_of_stream=False))
    one.close()
    (settlement,) = one.settled
    assert (settlement.decision_id, settlement.draws_on) == ("d1.1", ())
    assert settlement.entry["decision_id"] == "d1.1"
    assert set(settlement.amounts.values()) == {0}
    assert one.charge == ("aborted", one.charge[1], 100, True)


def test_one_that_is_whole_ends_the_lease():
    one = begun(CHAT, "chat-on-messages", max_tokens=500)
    one.answer(200, JSON, *provider_answer("messages", stream=False))
    (settlement,) = one.settled
    assert (settlement.decision_id, settlement.draws_on) == ("d1", ())


def test_a_stream_whose_beginning_the_client_has_seen_is_not_tried_again():
    one = begun(CHAT, "chat-on-messages", stream=True)
    one.on(ResponseHeaders(200, (("content-type", "text/event-stream"),)))
    one.on(ResponseBody(provider_answer("messages", stream=True)[0], end_of_stream=False))
    one.close()
    (settlement,) = one.settled
    assert (settlement.decision_id, settlement.draws_on) == ("d1", ())
