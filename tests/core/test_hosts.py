"""The proxy's messages, odd ones too, become events and replies without a fault."""

from __future__ import annotations

import pytest

from ext_proc.errors import ControlError
from ext_proc.events import Call, RequestBody, RequestHeaders, ResponseBody, ResponseHeaders, ResponseTrailers
from ext_proc.hosts import envoy_access_log, envoy_ext_authz, envoy_ext_proc
from ext_proc.pb import access_log_service_pb2, ext_authz_pb2, ext_proc_pb2
from ext_proc.replies import Allow, Answer, AnswerBody, AnswerHeaders, AnswerTrailers, AnswerWhole, Hold, Send, SendBody
from tests.core.conversation import CHAT


def checked(**changes):
    request = ext_authz_pb2.CheckRequest()
    http = request.attributes.request.http
    http.method, http.path, http.raw_body = "POST", CHAT, b"{}"
    for name, value in changes.pop("headers", []):
        header = http.header_map.headers.add()
        header.key = name
        if isinstance(value, bytes):
            header.raw_value = value
        else:
            header.value = value
    for name, value in changes.items():
        setattr(http, name, value)
    return request


def test_a_check_becomes_a_call_with_every_header_line():
    given = [("x-a", b"1"), ("x-a", b"2"), ("x-odd", b"\xff\x00"), ("x-empty", b""), ("x-text", "t")]
    call = envoy_ext_authz.read(checked(headers=given))
    assert call == Call(
        "POST", CHAT, (("x-a", "1"), ("x-a", "2"), ("x-odd", "\xff\x00"), ("x-empty", ""), ("x-text", "t")), b"{}"
    )
    assert call.values("x-a") == ["1", "2"]
    assert (call.first("x-a"), call.first("x-b")) == ("1", None)


def test_a_check_of_a_proxy_without_raw_headers_and_bodies_is_read_too():
    request = checked(raw_body=b"", body="é")
    request.attributes.request.http.headers["x-api-key"] = "tk-a"
    request.attributes.context_extensions["tollkeeper.native"] = "json,sse"
    call = envoy_ext_authz.read(request)
    assert (call.headers, call.body, call.native) == (
        (("x-api-key", "tk-a"),),
        "é".encode(),
        frozenset({"json", "sse"}),
    )


def test_a_check_with_ten_thousand_headers_and_one_with_nothing_are_read():
    assert len(envoy_ext_authz.read(checked(headers=[("x", b"v")] * 10_000)).headers) == 10_000
    assert envoy_ext_authz.read(ext_authz_pb2.CheckRequest()) == Call("", "", ())


@pytest.mark.parametrize("order", ["", "plan", "priority_group"])
def test_an_allowed_call_is_ok_with_its_plan_in_the_metadata(order):
    reply = Allow(
        "PLAN",
        "d1",
        ("openai", "anthropic", "local"),
        ((":path", "/é"),),
        ("x-api-key",),
        response_headers=(("a", "b"),),
    )
    response = envoy_ext_authz.write_allow(reply, order)
    assert response.status.code == 0
    assert response.dynamic_metadata["plan"] == "PLAN"
    assert "ready" not in response.dynamic_metadata
    put = {option.header.key: option.header.value for option in response.ok_response.headers}
    assert (put[":path"], put["x-envoy-max-retries"]) == ("/é", "2")
    assert list(response.ok_response.headers_to_remove) == ["x-api-key"]


def test_a_refused_call_is_denied_with_its_own_status_and_body_and_a_record_if_there_is_one():
    for record in (None, "PLAN"):
        response = envoy_ext_authz.write_answer(Answer(429, (("retry-after", "1"),), '{"é": 1}'.encode(), "d1", record))
        assert (response.status.code, response.denied_response.status.code) == (7, 429)
        assert response.denied_response.body == '{"é": 1}'
        assert ("plan" in response.dynamic_metadata) is (record is not None)


def processed(kind, **fields):
    request = ext_proc_pb2.ProcessingRequest()
    message = getattr(request, kind)
    message.SetInParent()
    for name, value in fields.pop("headers", []):
        header = message.headers.headers.add()
        header.key, header.raw_value = name, value
    for name, value in fields.items():
        setattr(message, name, value)
    return request


EVENTS = {
    "an attempt without attributes, metadata or headers": (processed("request_headers"), RequestHeaders((), "", 1, "")),
    "a body": (processed("request_body", body=b"b"), RequestBody(b"b")),
    "an empty body": (processed("request_body"), RequestBody(b"")),
    "an answer": (
        processed("response_headers", headers=[(":status", b"200"), ("x", b"\xff")], end_of_stream=True),
        ResponseHeaders(200, ((":status", "200"), ("x", "\xff")), end_of_stream=True),
    ),
    "an answer without a status": (processed("response_headers"), ResponseHeaders(0, ())),
    "a piece": (processed("response_body", body=b"b"), ResponseBody(b"b", end_of_stream=False)),
    "trailers": (processed("response_trailers"), ResponseTrailers()),
}


@pytest.mark.parametrize("case", EVENTS)
def test_a_message_of_the_filter_becomes_an_event(case):
    message, event = EVENTS[case]
    assert envoy_ext_proc.read(message) == event


def test_an_attempt_is_told_its_provider_its_number_and_its_plan():
    request = processed("request_headers", headers=[("a", b"b")])
    facts = request.attributes["envoy.filters.http.ext_proc"].fields
    facts[envoy_ext_proc.PROVIDER].string_value = "openai"
    facts[envoy_ext_proc.ATTEMPT].number_value = 2
    request.metadata_context.filter_metadata[envoy_ext_proc.PLAN_NAMESPACE].fields["plan"].string_value = "PLAN"
    assert envoy_ext_proc.read(request) == RequestHeaders((("a", "b"),), "openai", 2, "PLAN")


def attempt_number(number):
    request = processed("request_headers")
    request.attributes["x"].fields[envoy_ext_proc.ATTEMPT].number_value = number
    return request


UNSOUND = {
    "nothing": ext_proc_pb2.ProcessingRequest(),
    "trailers of the request": processed("request_trailers"),
    "a status that is no number": processed("response_headers", headers=[(":status", b"teapot")]),
    "a number of the attempt that is none": attempt_number(float("nan")),
    "an infinite one": attempt_number(float("inf")),
}


@pytest.mark.parametrize("case", UNSOUND)
def test_a_message_that_was_not_asked_for_or_is_not_sound_is_a_fault_of_its_own(case):
    with pytest.raises(ControlError) as refused:
        envoy_ext_proc.read(UNSOUND[case])
    assert refused.value.code == "protocol"


REPLIES = {
    "send": (Send(((":path", "/日本"),), ("x",)), ["request_headers"]),
    "send a body": (SendBody(b"b"), ["request_body"]),
    "hold": (Hold(), []),
    "nothing new": (AnswerBody(b""), []),
    "a piece": (AnswerBody(b"x"), ["response_body"]),
    "an empty end": (AnswerBody(b"", end_of_stream=True), ["response_body"]),
    "headers": (AnswerHeaders({"content-type": "x"}, ("y",), 502), ["response_headers"]),
    "the whole": (AnswerWhole(AnswerHeaders(), AnswerBody(b"x", end_of_stream=True)), ["response_headers", "response_body"]),
    "trailers": (AnswerTrailers(), ["response_trailers"]),
    "all before trailers": (AnswerTrailers(b"x", AnswerHeaders()), ["response_headers", "response_body", "response_trailers"]),
    "an answer": (Answer(503, (("a", "b"),), b"{}", "d1"), ["immediate_response"]),
}  # fmt: skip


@pytest.mark.parametrize("case", REPLIES)
def test_a_reply_becomes_messages_in_the_order_that_the_filter_expects(case):
    reply, kinds = REPLIES[case]
    assert [response.WhichOneof("response") for response in envoy_ext_proc.write(reply)] == kinds


def test_a_path_that_is_not_ascii_is_written_as_it_came():
    (response,) = envoy_ext_proc.write(Send(((":path", "/日本"),), ()))
    assert response.request_headers.response.header_mutation.set_headers[0].header.raw_value == "/日本".encode()


def test_an_access_log_entry_without_a_plan_is_passed_over_and_one_without_anything_else_is_read():
    message = access_log_service_pb2.StreamAccessLogsMessage()
    message.http_logs.log_entry.add()
    entry = message.http_logs.log_entry.add()
    entry.common_properties.metadata.filter_metadata[envoy_access_log.PLAN_NAMESPACE].fields[
        "plan"
    ].string_value = "PLAN"
    (finished,) = envoy_access_log.read(message)
    assert (finished.plan, finished.status, finished.provider, finished.attempts) == ("PLAN", 0, None, 0)
    assert (finished.usage, finished.duration, finished.aborted) == ({}, None, False)
    assert envoy_access_log.read(access_log_service_pb2.StreamAccessLogsMessage()) == []


def test_an_access_log_entry_tells_usage_provider_times_and_how_it_ended():
    message = access_log_service_pb2.StreamAccessLogsMessage()
    entry = message.http_logs.log_entry.add()
    common, response = entry.common_properties, entry.response
    common.metadata.filter_metadata[envoy_access_log.PLAN_NAMESPACE].fields["plan"].string_value = "PLAN"
    usage = common.metadata.filter_metadata[envoy_access_log.USAGE_NAMESPACE].fields
    usage["output_tokens"].number_value, usage["finish_reason"].string_value = 7, "stop"
    usage["odd"].bool_value = True
    common.upstream_cluster, common.upstream_request_attempt_count = "provider_openai", 2
    common.response_flags.downstream_remote_reset = True
    common.duration.nanos = 250_000_000
    response.response_code.value, response.response_body_bytes = 200, 99
    (finished,) = envoy_access_log.read(message)
    assert (finished.provider, finished.attempts, finished.status, finished.body_bytes) == ("openai", 2, 200, 99)
    assert (finished.usage, finished.duration, finished.aborted) == (
        {"output_tokens": 7, "finish_reason": "stop"},
        0.25,
        True,
    )
