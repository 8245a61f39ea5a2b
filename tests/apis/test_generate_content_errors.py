"""Errors of generateContent keep their meaning: whose fault, what kind, when to try again."""

from __future__ import annotations

import json

import pytest

from ext_proc import errors
from ext_proc.apis import APIS
from ext_proc.chat import Request

GEMINI = APIS["generate_content"]
RPC = "type.googleapis.com/google.rpc."
BAD_KEY = {"@type": RPC + "ErrorInfo", "reason": "API_KEY_INVALID", "domain": "googleapis.com"}
BAD_FIELD = {"@type": RPC + "BadRequest", "fieldViolations": [{"field": "contents", "description": "x"}]}


def body(code, status, *details):
    return {"error": {"code": code, "message": "x", "status": status, "details": list(details)}}


# A status and a body, then what is read: kind, message, code and the member at fault.
READ = [
    (400, body(400, "INVALID_ARGUMENT", BAD_FIELD), ("invalid_request", "x", "INVALID_ARGUMENT", "contents")),
    (400, body(400, "INVALID_ARGUMENT", BAD_KEY), ("authentication", "x", "API_KEY_INVALID", None)),
    (400, body(400, "FAILED_PRECONDITION"), ("invalid_request", "x", "FAILED_PRECONDITION", None)),
    (401, body(401, "UNAUTHENTICATED"), ("authentication", "x", "UNAUTHENTICATED", None)),
    (403, body(403, "PERMISSION_DENIED"), ("permission", "x", "PERMISSION_DENIED", None)),
    (404, body(404, "NOT_FOUND"), ("not_found", "x", "NOT_FOUND", None)),
    (429, body(429, "RESOURCE_EXHAUSTED"), ("rate_limit", "x", "RESOURCE_EXHAUSTED", None)),
    (500, body(500, "INTERNAL"), ("api_error", "x", "INTERNAL", None)),
    (503, body(503, "UNAVAILABLE"), ("overloaded", "x", "UNAVAILABLE", None)),
    (504, body(504, "DEADLINE_EXCEEDED"), ("timeout", "x", "DEADLINE_EXCEEDED", None)),
    (429, [body(429, "RESOURCE_EXHAUSTED")], ("rate_limit", "x", "RESOURCE_EXHAUSTED", None)),
    (502, {"error": "x"}, ("api_error", "x", None, None)),
    (502, {"error": {"details": [7, {"@type": 7}], "status": 7}}, ("api_error", None, None, None)),
]


@pytest.mark.parametrize(("status", "said", "expected"), READ)
def test_a_providers_error_keeps_what_it_says(status, said, expected):
    kind, message, code, param = expected
    error = GEMINI.read_error(status, {}, json.dumps(said).encode())
    assert (error.status, error.kind, error.code, error.param) == (status, kind, code, param)
    assert error.message == (message or f"The provider answered with status {status}.")


@pytest.mark.parametrize("nothing", [b"", b"<html>bad gateway</html>", b"null", b"[]", b"\xff\xfe"])
def test_a_body_that_tells_nothing_is_replaced_by_the_status(nothing):
    error = GEMINI.read_error(502, {}, nothing)
    assert (error.message, error.kind) == ("The provider answered with status 502.", "api_error")


# (headers, the delay in the body, seconds)
RETRIES = [
    ({}, "36s", 36.0),
    ({}, "0.250s", 0.25),
    ({"retry-after": "7"}, "36s", 7.0),
    ({}, "soon", None),
    ({}, 36, None),
    ({}, "-1s", None),
]


@pytest.mark.parametrize(("headers", "delay", "seconds"), RETRIES)
def test_the_time_to_try_again_is_kept(headers, delay, seconds):
    detail = {"@type": RPC + "RetryInfo", "retryDelay": delay}
    said = json.dumps(body(429, "RESOURCE_EXHAUSTED", detail)).encode()
    assert GEMINI.read_error(429, headers, said).retry_after == seconds


@pytest.mark.parametrize("kind", errors.KINDS)
def test_every_kind_survives_being_written_and_read(kind):
    status = next((status for status, known in errors.KIND_OF_STATUS.items() if known == kind), 500)
    error = errors.ProviderError("x", status=status, kind=kind, code="c", param="p", retry_after=1.5)
    again = GEMINI.read_error(status, {}, GEMINI.write_error(error, "req_1"))
    assert (again.kind, again.message, again.code, again.param, again.retry_after) == (kind, "x", "c", "p", 1.5)


@pytest.mark.parametrize("kind", errors.KINDS)
def test_every_kind_survives_in_the_middle_of_a_stream(kind):
    stream = GEMINI.stream_writer(Request("m", ())).fail(errors.ProviderError("x", kind=kind))
    assert GEMINI.stream_reader().feed(stream)[0].kind == kind


def test_errors_have_googles_shape():
    error = errors.OverLimit("spent", code="budget_exceeded", param="model", retry_after=30.0)
    assert json.loads(GEMINI.write_error(error, "req_1")) == {
        "error": {
            "code": 429,
            "message": "spent",
            "status": "RESOURCE_EXHAUSTED",
            "details": [
                {"@type": RPC + "ErrorInfo", "reason": "budget_exceeded", "domain": "tollkeeper"},
                {"@type": RPC + "BadRequest", "fieldViolations": [{"field": "model", "description": "spent"}]},
                {"@type": RPC + "RetryInfo", "retryDelay": "30s"},
                {"@type": RPC + "RequestInfo", "requestId": "req_1"},
            ],
        }
    }
