"""Errors keep their meaning across APIs: whose fault, what kind, when to try again."""

from __future__ import annotations

import json

import pytest

from ext_proc import errors
from ext_proc.apis import APIS

CHAT, MESSAGES, RESPONSES = APIS["chat_completions"], APIS["messages"], APIS["responses"]
EACH = pytest.mark.parametrize("api", [CHAT, MESSAGES, RESPONSES], ids=["chat_completions", "messages", "responses"])

# The API, a status and a body, then what is read: kind, message, code and the member at fault.
READ = [
    (
        CHAT,
        400,
        {"error": {"message": "x", "type": "invalid_request_error", "code": "c", "param": "p"}},
        "invalid_request",
        "x",
        "c",
        "p",
    ),
    (
        CHAT,
        401,
        {"error": {"message": "x", "type": "invalid_request_error", "code": "invalid_api_key"}},
        "authentication",
        "x",
        "invalid_api_key",
        None,
    ),
    (
        CHAT,
        404,
        {"error": {"message": "x", "type": "invalid_request_error", "code": None}},
        "not_found",
        "x",
        None,
        None,
    ),
    (CHAT, 429, {"error": {"message": "x", "type": "insufficient_quota"}}, "rate_limit", "x", None, None),
    (CHAT, 500, {"error": {"message": "x", "type": "server_error"}}, "api_error", "x", None, None),
    (CHAT, 503, {"error": {"message": "x", "type": "server_error"}}, "overloaded", "x", None, None),
    (CHAT, 422, {"detail": "x"}, "invalid_request", "x", None, None),
    (CHAT, 418, [{"error": {"message": "x", "code": 418}}], "api_error", "x", "418", None),
    (CHAT, 500, {"error": "x", "code": "c"}, "api_error", "x", "c", None),
    (CHAT, 500, {"message": "x"}, "api_error", "x", None, None),
    (
        CHAT,
        500,
        {"error": {"message": {"a": 1}, "type": [], "code": True, "param": 7}},
        "api_error",
        "The provider answered with status 500.",
        None,
        None,
    ),
    (
        MESSAGES,
        400,
        {"type": "error", "error": {"type": "invalid_request_error", "message": "x"}},
        "invalid_request",
        "x",
        None,
        None,
    ),
    (
        MESSAGES,
        529,
        {"type": "error", "error": {"type": "overloaded_error", "message": "x"}},
        "overloaded",
        "x",
        None,
        None,
    ),
    (
        MESSAGES,
        413,
        {"type": "error", "error": {"type": "request_too_large", "message": "x"}},
        "too_large",
        "x",
        None,
        None,
    ),
    (
        MESSAGES,
        403,
        {"type": "error", "error": {"type": "billing_error", "message": "x"}},
        "permission",
        "x",
        None,
        None,
    ),
    (MESSAGES, 403, {"Message": "x"}, "permission", "x", None, None),
    (
        RESPONSES,
        400,
        {"error": {"message": "x", "type": "invalid_request_error", "code": "c", "param": "input[0]"}},
        "invalid_request",
        "x",
        "c",
        "input[0]",
    ),
]

RETRIES = [
    ({"retry-after": "7"}, 7.0),
    ({"retry-after": "7", "retry-after-ms": "1500"}, 1.5),
    ({"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}, None),
    ({"retry-after": "-1"}, None),
    ({"retry-after": "nan"}, None),
    ({"retry-after": "inf"}, None),
    ({}, None),
]


@pytest.mark.parametrize(("api", "status", "body", "expected"), [(*row[:3], row[3:]) for row in READ])
def test_a_providers_error_keeps_what_it_says(api, status, body, expected):
    error = api.read_error(status, {}, json.dumps(body).encode())
    assert (error.status, error.kind, error.message, error.code, error.param) == (status, *expected)


@pytest.mark.parametrize("body", [b"", b"<html>bad gateway</html>", b"null", b"[]", b"\xff\xfe"])
@EACH
def test_a_body_that_tells_nothing_is_replaced_by_the_status(api, body):
    error = api.read_error(502, {}, body)
    assert (error.message, error.kind) == ("The provider answered with status 502.", "api_error")


@pytest.mark.parametrize(("headers", "seconds"), RETRIES)
@EACH
def test_the_time_to_try_again_is_kept(api, headers, seconds):
    assert api.read_error(429, headers, b"").retry_after == seconds


@EACH
def test_a_message_of_any_length_is_bounded(api):
    body = json.dumps({"error": {"message": "x" * 5000, "code": "c" * 5000}}).encode()
    error = api.read_error(500, {}, body)
    assert (len(error.message), len(error.code)) == (2000, 64)


@pytest.mark.parametrize("kind", errors.KINDS)
@EACH
def test_every_kind_survives_being_written_and_read(api, kind):
    status = next((status for status, known in errors.KIND_OF_STATUS.items() if known == kind), 500)
    error = errors.ProviderError("x", status=status, kind=kind)
    again = api.read_error(status, {}, api.write_error(error, None))
    assert (again.kind, again.message) == (kind, "x")


@pytest.mark.parametrize("api", [CHAT, RESPONSES], ids=["chat_completions", "responses"])
def test_chat_completions_and_responses_errors_have_openais_shape(api):
    error = errors.OverLimit("spent", code="budget_exceeded", param="model")
    assert json.loads(api.write_error(error, "req_1")) == {
        "error": {"message": "spent", "type": "rate_limit_error", "code": "budget_exceeded", "param": "model"}
    }


def test_messages_errors_have_anthropics_shape():
    assert json.loads(MESSAGES.write_error(errors.OverLimit("spent"), "req_1")) == {
        "type": "error",
        "error": {"type": "rate_limit_error", "message": "spent"},
        "request_id": "req_1",
    }
