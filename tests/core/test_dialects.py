"""Messages, InvokeModel and rawPredict have the same words: between them only members, frames and headers change."""

from __future__ import annotations

import json

import pytest

from ext_proc.apis import APIS, eventstream
from ext_proc.events import RequestBody, RequestHeaders, ResponseHeaders
from ext_proc.parts import StreamFailure
from ext_proc.plan import load
from tests.apis.converse_streams import exception
from tests.apis.invoke_streams import chunks
from tests.apis.messages_streams import MESSAGES_STREAMS
from tests.apis.streams import message_start, named_stream, read
from tests.core.attempts import CLIENT, JSON, SSE, new
from tests.core.conversation import MESSAGES, call, decide, snapshot

INVOKE, INVOKE_STREAM = "/model/claude/invoke", "/model/claude/invoke-with-response-stream"
ON_BEDROCK, ON_VERTEX = "anthropic.claude-haiku-4-5-20251001-v1:0", "claude-haiku-4-5@20251001"
EVENT_STREAM = (("content-type", "application/vnd.amazon.eventstream"),)
VIEW = snapshot(
    providers={
        "anthropic": {"kind": "anthropic", "credential": "none"},
        "bedrock": {"kind": "bedrock", "region": "eu-central-1", "credential": "none"},
        "vertex": {"kind": "vertex", "project": "p", "region": "eu", "credential": "none"},
    },
    models={
        "claude": {"backends": [{"provider": "anthropic", "model": "claude-haiku-4-5"}], "metering": "inline"},
        "on-bedrock": {"backends": [{"provider": "bedrock", "model": ON_BEDROCK}]},
        "on-vertex": {"backends": [{"provider": "vertex", "model": ON_VERTEX}]},
        "nova": {"backends": [{"provider": "bedrock", "model": "amazon.nova-pro-v1:0"}]},
    },
)
# Members that no vocabulary holds, a number that would not be written so again, and white space
TURNS = b'"messages" :[{"role":"user","content":[ {"type":"new_block"}]}]'
KEPT = b'"temperature": 1.0e0,"mcp_servers":[ ],' + TURNS
FROM_MESSAGES = b'{ "model":"%s", "max_tokens":9,"stream": %s , ' + KEPT + b"}"
FROM_INVOKE = b'{"anthropic_version":"bedrock-2023-05-31", "max_tokens":9, ' + KEPT + b"}"
OWN = b'"anthropic_version":"%s"'


def tried(path, body, *headers, view=VIEW):
    """An attempt at the only provider, up to its answer."""
    given = (*CLIENT, *headers)
    _, allowed = decide(call(body, path, headers=given, native=frozenset()), view)
    plan = load(allowed.plan)
    one = new(view)
    one.on(RequestHeaders(given, plan.steps[0].provider, 1, allowed.plan))
    if one.replies[-1].ask_body:
        one.on(RequestBody(body))
    return one


def sent(one):
    """Path, headers that are set, and the body, as the provider gets them."""
    put = dict(one.replies[0].set_headers)
    return put.pop(":path"), put, one.replies[1].body


REQUESTS = [
    (
        MESSAGES,
        FROM_MESSAGES % (b"on-bedrock", b"false"),
        f"/model/{ON_BEDROCK.replace(':', '%3A')}/invoke",
        b'{"max_tokens":9,' + KEPT + b"," + OWN % b"bedrock-2023-05-31" + b"}",
    ),
    (
        MESSAGES,
        FROM_MESSAGES % (b"on-bedrock", b"true"),
        f"/model/{ON_BEDROCK.replace(':', '%3A')}/invoke-with-response-stream",
        b'{"max_tokens":9,' + KEPT + b"," + OWN % b"bedrock-2023-05-31" + b"}",
    ),
    (
        MESSAGES,
        FROM_MESSAGES % (b"on-vertex", b"true"),
        "/v1/projects/p/locations/eu/publishers/anthropic/models/claude-haiku-4-5%4020251001:streamRawPredict",
        b'{"max_tokens":9,"stream": true,' + KEPT + b"," + OWN % b"vertex-2023-10-16" + b"}",
    ),
    (INVOKE, FROM_INVOKE, MESSAGES, b'{"max_tokens":9,' + KEPT + b',"model":"claude-haiku-4-5"}'),
    (INVOKE_STREAM, FROM_INVOKE, MESSAGES, b'{"max_tokens":9,' + KEPT + b',"model":"claude-haiku-4-5","stream":true}'),
    (
        INVOKE.replace("claude", "on-vertex"),
        FROM_INVOKE,
        "/v1/projects/p/locations/eu/publishers/anthropic/models/claude-haiku-4-5%4020251001:rawPredict",
        b'{"max_tokens":9,' + KEPT + b"," + OWN % b"vertex-2023-10-16" + b"}",
    ),
]


@pytest.mark.parametrize(("path", "body", "sent_to", "expected"), REQUESTS)
def test_a_request_keeps_every_byte_but_those_of_a_few_members(path, body, sent_to, expected):
    to, _, written = sent(tried(path, body))
    assert (to, written) == (sent_to, expected)


def test_a_request_whose_provider_speaks_its_own_dialect_keeps_all_its_bytes():
    one = tried(INVOKE.replace("claude", "on-bedrock"), FROM_INVOKE)
    assert not one.replies[0].ask_body
    assert dict(one.replies[0].set_headers)[":path"].endswith("/invoke")


BETAS = ("anthropic-beta", "context-1m-2025-08-07, claude-code-20250219,interleaved-thinking-2025-05-14")


@pytest.mark.parametrize(
    ("model", "in_header", "in_body"),
    [
        ("claude", "context-1m-2025-08-07,claude-code-20250219,interleaved-thinking-2025-05-14", None),
        ("on-bedrock", None, ["context-1m-2025-08-07", "interleaved-thinking-2025-05-14"]),
        ("on-vertex", "claude-code-20250219,interleaved-thinking-2025-05-14", None),
    ],
)
def test_features_in_beta_go_along_where_the_provider_is_told_of_them(model, in_header, in_body):
    """But for those that it is known to refuse, as it then refuses the whole call."""
    _, put, body = sent(tried(MESSAGES, FROM_MESSAGES % (model.encode(), b"false"), BETAS))
    assert (put.get("anthropic-beta"), json.loads(body).get("anthropic_beta")) == (in_header, in_body)


def test_features_in_beta_that_the_body_names_become_a_header():
    body = FROM_INVOKE.replace(b'"max_tokens"', b'"anthropic_beta":["context-1m-2025-08-07",7],"max_tokens"')
    _, put, written = sent(tried(INVOKE, body, ("anthropic-beta", "context-1m-2025-08-07")))
    assert put["anthropic-beta"] == "context-1m-2025-08-07"
    assert "anthropic_beta" not in json.loads(written)


def test_what_the_dialect_does_not_reach_is_translated():
    """A model that is not Claude's is called by Converse."""
    plain = b'{"model":"nova","max_tokens":9,"messages":[{"role":"user","content":"hi"}]}'
    to, _, written = sent(tried(MESSAGES, plain))
    assert to.endswith("/converse")
    assert json.loads(written)["inferenceConfig"] == {"maxTokens": 9}


STREAMS = {
    name: stream
    for name, (stream, parts) in MESSAGES_STREAMS.items()
    if b"end_turn" in stream and not any(isinstance(part, StreamFailure) for part in parts)
}


@pytest.mark.parametrize("size", [1, 7, 1_000_000])
@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_of_bedrock_becomes_one_of_messages_event_by_event(name, size):
    stream = STREAMS[name]
    one = tried(MESSAGES, FROM_MESSAGES % (b"on-bedrock", b"true"))
    framed = chunks(stream)
    one.answer(200, EVENT_STREAM, *(framed[at : at + size] for at in range(0, len(framed), size)))
    assert (one.data, one.content_type) == (stream, "text/event-stream")
    assert one.settled[0].entry["outcome"] == "served"


@pytest.mark.parametrize("size", [1, 7, 1_000_000])
@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_of_messages_becomes_one_of_bedrock_event_by_event(name, size):
    stream = STREAMS[name]
    one = tried(INVOKE_STREAM, FROM_INVOKE)
    one.answer(200, SSE, *(stream[at : at + size] for at in range(0, len(stream), size)))
    assert one.content_type == EVENT_STREAM[0][1]
    assert read(APIS["invoke_model"], [one.data]) == MESSAGES_STREAMS[name][1]


def test_an_exception_in_a_stream_of_bedrock_ends_it_as_an_error_of_messages():
    one = tried(MESSAGES, FROM_MESSAGES % (b"on-bedrock", b"true"))
    begun = chunks(named_stream(message_start()))
    one.answer(200, EVENT_STREAM, begun, exception("throttlingException", message="slow down"), begun)
    assert one.data.endswith(
        b'event: error\ndata: {"type":"error","error":{"type":"rate_limit_error","message":"slow down"},'
        b'"request_id":null}\n\n'
    )
    assert one.settled[0].entry["outcome"] == "aborted"


def test_an_error_event_of_messages_ends_a_stream_as_an_exception_of_bedrock():
    one = tried(INVOKE_STREAM, FROM_INVOKE)
    one.answer(200, SSE, b'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"x"}}\n\n')
    (message,) = eventstream.Decoder().feed(one.data)
    assert (message.headers[":exception-type"], message.payload) == ("serviceUnavailableException", b'{"message":"x"}')


@pytest.mark.parametrize("path", [INVOKE, MESSAGES])
def test_a_whole_answer_passes_untouched(path):
    model = b"claude" if path == INVOKE else b"on-bedrock"
    one = tried(path, FROM_INVOKE if path == INVOKE else FROM_MESSAGES % (model, b"false"))
    answer = b'{ "id":"msg_1","type":"message","usage":{"input_tokens":3,"output_tokens":2},"stop_reason":"end_turn"}'
    one.answer(200, JSON, answer[:9], answer[9:])
    assert (one.data, one.charge) == (answer, ("served", 3, 2, False))


def test_an_error_is_told_in_the_clients_own_shape():
    one = tried(MESSAGES, FROM_MESSAGES % (b"on-bedrock", b"false"))
    one.answer(429, (*JSON, ("x-amzn-errortype", "ThrottlingException")), b'{"message":"slow down"}')
    assert json.loads(one.data)["error"] == {"type": "rate_limit_error", "message": "slow down"}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"error":{"code":404,"message":"no such model","status":"NOT_FOUND"}}', "no such model"),
        (b'[{"error":{"code":404,"message":"no such model","status":"NOT_FOUND"}}]', "no such model"),
        (b'{"type":"error","error":{"type":"not_found_error","message":"no model"}}', "no model"),
    ],
)
def test_errors_of_vertex_are_those_of_google_and_of_the_model(body, message):
    one = tried(MESSAGES, FROM_MESSAGES % (b"on-vertex", b"false"))
    one.answer(404, JSON, body)
    assert json.loads(one.data)["error"] == {"type": "not_found_error", "message": message}


def test_a_body_for_a_model_of_another_family_is_refused():
    _, refused = decide(call(b'{"inputText":"hi"}', INVOKE, headers=CLIENT), VIEW)
    assert refused.status == 400
    assert b"`anthropic_version` is required" in refused.body


def test_an_answer_is_charged_though_nobody_translates_it():
    one = tried(MESSAGES, FROM_MESSAGES % (b"on-bedrock", b"true"))
    one.on(ResponseHeaders(200, EVENT_STREAM))
    one.close()
    assert one.settled[0].entry["outcome"] == "aborted"
