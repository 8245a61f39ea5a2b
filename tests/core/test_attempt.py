"""One upstream try: which events may come when, and what the provider and the client get."""

from __future__ import annotations

import json

import pytest

from ext_proc.attempt import LEGAL, State, refuse
from ext_proc.errors import ControlError, DeadlineExceeded
from ext_proc.events import RequestBody, RequestHeaders, ResponseBody, ResponseHeaders, ResponseTrailers
from ext_proc.replies import AnswerBody, AnswerHeaders, Hold, Send, SendBody
from tests.core.attempts import CLIENT, JSON, PAIRS, SSE, VIEW, begun, headed, new, provider_answer
from tests.core.conversation import CHAT, MESSAGES, SECRETS, body, call, decide, full, room, snapshot
from tests.sdks.scripts import SCENARIOS, USAGE

COUNTED = (USAGE["input"], USAGE["output"], False)


def answering():
    one = begun(CHAT, "watched", stream=True)
    one.on(ResponseHeaders(200, SSE))
    return one


def done():
    one = answering()
    one.on(ResponseBody(b"data: [DONE]\n\n", end_of_stream=True))
    return one


IN_STATE = {
    State.NEW: new,
    State.BODY: lambda: headed(CHAT, "watched", stream=True),
    State.SENT: lambda: begun(CHAT, "watched", stream=True),
    State.ANSWER: answering,
    State.DONE: done,
}
PLAN = decide(call(body(model="watched")), VIEW)[1].plan
EVENTS = {
    RequestHeaders: RequestHeaders(CLIENT, "openai", 1, PLAN),
    RequestBody: RequestBody(body(model="watched", stream=True)),
    ResponseHeaders: ResponseHeaders(200, SSE),
    ResponseBody: ResponseBody(b"", end_of_stream=False),
    ResponseTrailers: ResponseTrailers(),
}


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("kind", LEGAL)
def test_every_event_is_taken_in_the_states_of_the_table_and_refused_in_all_others(kind, state):
    one = IN_STATE[state]()
    assert one.attempt.state is state
    settled = len(one.settled)
    if state in LEGAL[kind]:
        one.on(EVENTS[kind])
        return
    with pytest.raises(ControlError) as refused:
        one.on(EVENTS[kind])
    assert refused.value.code == "protocol"
    assert (one.attempt.state, len(one.settled)) == (state, settled)


@pytest.mark.parametrize(
    ("provider", "plan"),
    [
        ("openai", ""),
        ("openai", "{}"),
        ("openai", "null"),
        ("", PLAN),
        ("nobody", PLAN),
        ("openai", decide(call(b"{"), snapshot())[1].record),
    ],
)
def test_without_a_plan_that_knows_the_provider_nothing_is_sent(provider, plan):
    with pytest.raises(ControlError) as refused:
        new().on(RequestHeaders(CLIENT, provider, 1, plan))
    assert refused.value.code == "no_plan"


def test_a_provider_whose_credential_has_gone_since_is_not_called_without_one():
    gone = snapshot(credentials={"openai": None})
    with pytest.raises(ControlError) as refused:
        new(gone).on(RequestHeaders(CLIENT, "openai", 1, PLAN))
    assert refused.value.code == "no_credential"


# --- the request ----------------------------------------------------------------------------------------------------


def test_where_both_sides_speak_one_api_bytes_pass_and_nobody_looks_at_them():
    one = headed(CHAT, "gpt-4o-mini")
    assert one.replies == [
        Send((((":path", CHAT)), ("authorization", f"Bearer {SECRETS['openai']}")), (), ask_body=False, watch=False)
    ]
    assert one.attempt.state is State.DONE


def test_a_retry_gives_the_body_back_even_unchanged_as_the_last_attempt_left_its_own_length():
    sent = body(CHAT, "gpt-4o-mini")
    _, allowed = decide(call(sent, CHAT), VIEW)
    one = new(VIEW)
    asked = one.on(RequestHeaders(CLIENT, "openai", 2, allowed.plan))
    assert asked.ask_body
    assert one.on(RequestBody(sent)) == SendBody(sent)
    assert one.attempt.state is State.DONE


@pytest.mark.parametrize(
    ("path", "model", "members", "changed"),
    [
        (CHAT, "renamed", {}, {"model": "gpt-4o-mini"}),
        (CHAT, "capped", {}, {"max_completion_tokens": 50}),
        (CHAT, "capped", {"max_tokens": 90}, {"max_tokens": 50}),
        (CHAT, "capped", {"max_tokens": 90, "max_completion_tokens": 20}, {"max_tokens": 50}),
        (MESSAGES, "messages-capped", {"max_tokens": 90}, {"max_tokens": 50}),
        (CHAT, "gpt-4o-mini", {"stream": True}, {"stream_options": {"include_usage": True}}),
        (
            CHAT,
            "watched",
            {"stream": True, "stream_options": {"include_obfuscation": False}},
            {"model": "gpt-4o-mini", "stream_options": {"include_obfuscation": False, "include_usage": True}},
        ),
    ],
)
def test_only_the_members_that_must_change_are_changed(path, model, members, changed):
    one = begun(path, model, **members)
    sent = one.replies[-1]
    assert isinstance(sent, SendBody)
    assert json.loads(sent.body) == json.loads(one.sent) | changed


@pytest.mark.parametrize(
    ("path", "model", "members", "expected"),
    [
        (CHAT, "chat-on-messages", {"max_tokens": 30}, {"model": "claude-haiku-4-5", "max_tokens": 30}),
        (CHAT, "chat-on-messages", {}, {"model": "claude-haiku-4-5", "max_tokens": 4096}),
        (MESSAGES, "messages-on-chat", {"max_tokens": 30}, {"model": "gpt-4o-mini", "max_completion_tokens": 30}),
        (MESSAGES, "messages-on-chat", {"stream": True}, {"stream_options": {"include_usage": True}}),
    ],
)
def test_a_translated_request_carries_the_providers_model_and_the_cap(path, model, members, expected):
    written = json.loads(begun(path, model, **members).replies[-1].body)
    assert expected.items() <= written.items()


def test_a_cap_that_the_budget_lowered_is_told_in_a_translation_too():
    view = snapshot(limits=[{"name": "out", "output_tokens": 200, "window": "1m"}])
    sent = body(model="chat-on-messages")
    _, reply = decide(call(sent), view, full("out"), room)
    one = new(view)
    one.on(RequestHeaders(CLIENT, "anthropic", 1, reply.plan))
    assert json.loads(one.on(RequestBody(sent)).body)["max_tokens"] == 100


# --- the answer -----------------------------------------------------------------------------------------------------


def check_text(one, path, *, stream):
    text = SCENARIOS["text"]["text"]
    if stream:
        events = [json.loads(line[6:]) for line in one.data.decode().splitlines() if line.startswith("data: {")]
        if path == CHAT:
            said = [choice["delta"].get("content") or "" for event in events for choice in event["choices"]]
        else:
            said = [event["delta"]["text"] for event in events if event["type"] == "content_block_delta"]
        assert "".join(said) == text
    else:
        told = json.loads(one.data)
        assert (told["choices"][0]["message"]["content"] if path == CHAT else told["content"][0]["text"]) == text


@pytest.mark.parametrize("trailers", [False, True])
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("pair", PAIRS)
def test_an_answer_reaches_the_client_in_its_own_api_and_is_charged_once_by_what_was_reported(pair, stream, trailers):
    path, model = PAIRS[pair]
    one = begun(path, model, stream=stream)
    chunks = provider_answer(one.attempt.step.api, stream=stream)
    one.answer(200, SSE if stream else JSON, *chunks, trailers=trailers)
    check_text(one, path, stream=stream)
    assert one.status == 200
    assert one.charge == ("served", *COUNTED)
    assert one.attempt.state is State.DONE
    one.close()
    assert len(one.settled) == 1


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("pair", ["messages observed", "chat observed"])
def test_where_both_sides_speak_one_api_every_byte_of_the_answer_passes(pair, stream):
    path, model = PAIRS[pair]
    one = begun(path, model, stream=stream, **({"stream_options": {"include_usage": True}} if path == CHAT else {}))
    chunks = provider_answer(one.attempt.step.api, stream=stream)
    one.answer(200, (*JSON, ("content-length", "9")) if not stream else SSE, *chunks)
    assert one.data == b"".join(chunks)
    assert one.replies[-len(chunks) - 1] == AnswerHeaders()


def test_the_usage_event_that_the_client_did_not_ask_for_is_taken_out_and_counted():
    one = begun(CHAT, "watched", stream=True)
    chunks = provider_answer("chat_completions", stream=True)
    one.answer(200, (*SSE, ("content-length", "999")), *chunks)
    hidden = [chunk for chunk in chunks if b'"usage"' in chunk]
    assert len(hidden) == 1
    assert one.data == b"".join(chunk for chunk in chunks if chunk not in hidden)
    assert AnswerHeaders(remove_headers=("content-length",)) in one.replies
    assert one.charge == ("served", *COUNTED)


@pytest.mark.parametrize("asked", [False, True])
@pytest.mark.parametrize("pair", ["chat on messages", "messages on chat"])
def test_a_provider_that_streams_unasked_or_does_not_stream_is_turned_into_what_was_asked(pair, asked):
    path, model = PAIRS[pair]
    one = begun(path, model, stream=asked)
    chunks = provider_answer(one.attempt.step.api, stream=not asked)
    one.answer(200, JSON if asked else (("content-type", "Text/Event-Stream"),), *chunks)
    assert one.content_type == ("text/event-stream" if asked else "application/json")
    check_text(one, path, stream=asked)
    assert one.charge == ("served", *COUNTED)


@pytest.mark.parametrize("status", [200, 201, 206])
def test_a_translated_answer_keeps_its_good_status_and_is_charged_whichever_it_is(status):
    one = begun(CHAT, "chat-on-messages")
    one.answer(status, JSON, *provider_answer("messages", stream=False))
    assert (one.status, one.charge) == (status, ("served", *COUNTED))


def test_the_headers_of_a_translated_answer_wait_for_its_body():
    one = begun(CHAT, "chat-on-messages")
    (chunk,) = provider_answer("messages", stream=False)
    assert one.on(ResponseHeaders(200, JSON)) == Hold()
    assert one.on(ResponseBody(chunk[:9], end_of_stream=False)) == AnswerBody(b"")
    whole = one.on(ResponseBody(chunk[9:], end_of_stream=True))
    assert whole.headers == AnswerHeaders({"content-type": "application/json"}, ("content-length",))
    assert whole.body.end_of_stream


@pytest.mark.parametrize(("error", "status"), [(ControlError("away"), 503), (DeadlineExceeded("slow"), 504)])
def test_a_fault_of_ours_is_told_in_the_clients_shape(error, status):
    for one, shape in (
        (new(), "param"),
        (headed(CHAT, "watched"), "param"),
        (headed(MESSAGES, "messages-on-chat"), "type"),
    ):
        answer = refuse(one.attempt, error)
        assert answer.status == status
        assert shape in json.loads(answer.body)["error"]
        assert answer.decision_id == ("d1" if one.sent else "")


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize(
    ("path", "model", "theirs", "ours"),
    [
        (CHAT, "chat-on-messages", ("request-id", "req_1"), ("x-request-id", "req_1")),
        (MESSAGES, "messages-on-chat", ("x-request-id", "req_2"), ("request-id", "req_2")),
    ],
)
def test_the_providers_request_id_stands_where_the_clients_sdk_looks_for_it(path, model, theirs, ours, stream):
    one = begun(path, model, stream=stream)
    api = "messages" if path == CHAT else "chat_completions"
    one.answer(200, (*(SSE if stream else JSON), theirs), *provider_answer(api, stream=stream))
    name, value = ours
    assert one.set_headers[name] == value
