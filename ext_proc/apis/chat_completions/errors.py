"""Chat Completions errors: `{"error": {"message", "type", "code", "param"}}`, as a body and as an event of a stream.

Spec: https://platform.openai.com/docs/guides/error-codes
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ext_proc.apis.error_body import code_of, inner_error, message_of, read_provider_error, standing
from ext_proc.apis.json_value import as_text, dump
from ext_proc.errors import ProviderError, TollkeeperError
from ext_proc.parts import StreamFailure

_TYPES: Mapping[str, str] = {
    "invalid_request": "invalid_request_error",
    "authentication": "authentication_error",
    "permission": "permission_error",
    "not_found": "not_found_error",
    "too_large": "invalid_request_error",
    "rate_limit": "rate_limit_error",
    "overloaded": "server_error",
    "timeout": "server_error",
    "api_error": "server_error",
}

# The words that OpenAI uses for many things are None here: the status says more.
_KINDS: Mapping[str, str | None] = {
    "invalid_request_error": None,
    "server_error": None,
    "authentication_error": "authentication",
    "permission_error": "permission",
    "not_found_error": "not_found",
    "rate_limit_error": "rate_limit",
    "rate_limit_exceeded": "rate_limit",
    "insufficient_quota": "rate_limit",
    "requests": "rate_limit",
    "tokens": "rate_limit",
    "overloaded_error": "overloaded",
    "service_unavailable_error": "overloaded",
    "timeout_error": "timeout",
}


def read_error(status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
    return read_provider_error(status, headers, body, _KINDS)


def write_error(error: TollkeeperError, _request_id: str | None) -> bytes:
    """The id of the request has no place in this body; the caller sends it as a header."""
    return dump({"error": error_members(error)})


def error_members(error: TollkeeperError) -> dict[str, Any]:
    return {
        "message": error.message,
        "type": _TYPES.get(error.kind, "server_error"),
        "code": error.code,
        "param": error.param,
        **standing(error),
    }


def read_failure(members: Mapping[str, Any]) -> StreamFailure:
    """An error in the middle of a stream."""
    error = inner_error(members)
    type_ = as_text(error.get("type"))
    kind = _KINDS.get(type_) or ("invalid_request" if type_ == "invalid_request_error" else "api_error")
    return StreamFailure(kind, message_of(error) or "The provider broke the stream.", code_of(error))
