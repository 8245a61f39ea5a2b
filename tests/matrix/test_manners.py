"""However a provider sends its answer, the client gets what it asked for; and is told ids, and what was left out."""

from __future__ import annotations

import pytest

from tests.matrix.by_client import CALLS
from tests.matrix.five_providers import BACKENDS, FORMATS
from tests.matrix.manners import CALL_IDS, COMPRESSED
from tests.matrix.raised import RAISED, headers_of
from tests.matrix.test_pairs_of_formats import check_entry
from tests.sdks.scripts import SCENARIOS, USAGE

ASKED = pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
ID_AT = dict.fromkeys(FORMATS, "x-request-id") | {"messages": "request-id", "converse": "x-amzn-requestid"}
"""Where each client's SDK looks for the id of a call."""


@pytest.mark.parametrize("encoding", COMPRESSED)
@pytest.mark.parametrize("provider", FORMATS)
@ASKED
def test_a_compressed_answer_is_read_by_a_client_of_its_api_and_of_another(five, clients, provider, stream, encoding):
    another = FORMATS[FORMATS.index(provider) - 1]
    for client in (provider, another):
        heard = CALLS[client](clients, f"observed-on-{provider}", f"text as-{encoding}", stream=stream)
        assert heard.text == SCENARIOS["text"]["text"]
        assert "content-encoding" not in heard.headers
        check_entry(five.gate.entry(heard.decision), client, provider, stream=stream)


@pytest.mark.parametrize("provider", FORMATS)
@pytest.mark.parametrize("client", FORMATS)
@ASKED
def test_a_client_gets_what_it_asked_for_from_a_provider_that_answers_in_the_other_way(
    five, clients, client, provider, stream
):
    heard = CALLS[client](clients, f"observed-on-{provider}", "thinking as-other", stream=stream)
    told = SCENARIOS["thinking"]
    assert (heard.text, heard.thinking) == (told["text"], told["thinking"])
    assert heard.counts == (USAGE["input"], USAGE["output"], USAGE["cached"])
    check_entry(five.gate.entry(heard.decision), client, provider, stream=stream)


@pytest.mark.parametrize("client", ["chat_completions", "messages"])
@ASKED
def test_what_the_proxy_meters_by_itself_is_charged_by_an_estimate_when_it_came_compressed(
    five, clients, client, stream
):
    heard = CALLS[client](clients, f"on-{client}", "text as-gzip", stream=stream)
    assert heard.text == SCENARIOS["text"]["text"]
    entry = five.gate.entry(heard.decision)
    assert (entry["status"], entry["estimated"]) == (200, True)
    assert entry["input_tokens"] > 0
    assert entry["output_tokens"] > 0


@pytest.mark.parametrize("provider", [api for api in FORMATS if BACKENDS[api][0] in CALL_IDS])
@pytest.mark.parametrize("client", FORMATS)
@ASKED
def test_the_providers_id_of_a_call_is_where_the_clients_sdk_looks_for_it(clients, client, provider, stream):
    expected = f"req_of_{BACKENDS[provider][0]}"
    assert CALLS[client](clients, f"on-{provider}", "text", stream=stream).headers[ID_AT[client]] == expected
    with pytest.raises(RAISED[client][429]) as raised:
        CALLS[client](clients, f"on-{provider}", "busy", stream=stream)
    assert headers_of(raised.value)[ID_AT[client]] == expected
    if client in {"chat_completions", "responses", "messages"}:
        assert raised.value.request_id == expected


LEFT_OUT = {
    "chat_completions": ("messages", {"n": 2}, "n"),
    "responses": ("chat_completions", {"previous_response_id": "resp_1"}, "previous_response_id"),
    "messages": ("responses", {"stop_sequences": ["."]}, "stop"),
    "generate_content": ("converse", {"config": {"candidate_count": 2}}, "n"),
    "converse": (
        "chat_completions",
        {"guardrailConfig": {"guardrailIdentifier": "marked", "guardrailVersion": "1"}},
        "guardrailConfig",
    ),
    "cohere_chat": ("messages", {"logprobs": True}, "logprobs"),
}


@pytest.mark.parametrize("client", LEFT_OUT)
@ASKED
def test_what_may_be_left_out_is_named_in_a_header_that_every_sdk_shows(clients, client, stream):
    provider, said, name = LEFT_OUT[client]
    with pytest.raises(RAISED[client][400]):
        CALLS[client](clients, f"on-{provider}", "text", stream=stream, **said)
    heard = CALLS[client](clients, f"lenient-on-{provider}", "text", stream=stream, **said)
    assert heard.text == SCENARIOS["text"]["text"]
    assert heard.headers["x-tollkeeper-dropped"] == name
