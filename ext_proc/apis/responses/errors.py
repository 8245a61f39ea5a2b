"""Responses errors: as a body the same as in Chat Completions; in a stream two events, as clients wait for either.

Spec: https://platform.openai.com/docs/api-reference/responses-streaming/error
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ext_proc.apis.chat_completions import errors as openai
from ext_proc.apis.error_body import code_of, inner_error, message_of
from ext_proc.apis.json_value import as_text
from ext_proc.errors import TollkeeperError
from ext_proc.parts import StreamFailure

read_error = openai.read_error
write_error = openai.write_error

# What stands in `response.error` and in the event `error` has often only a code, no type.
_KINDS_OF_CODES: Mapping[str, str] = {
    "rate_limit_exceeded": "rate_limit",
    "insufficient_quota": "rate_limit",
    "server_is_overloaded": "overloaded",
    "slow_down": "overloaded",
    "vector_store_timeout": "timeout",
    "invalid_prompt": "invalid_request",
    "context_length_exceeded": "invalid_request",
}
_CODES: Mapping[str, str] = {
    "rate_limit": "rate_limit_exceeded",
    "overloaded": "server_is_overloaded",
    "invalid_request": "invalid_prompt",
}


def read_failure(members: Mapping[str, Any]) -> StreamFailure:
    """An error in the middle of a stream, or in an answer that failed."""
    error = inner_error(members)
    kind = openai.read_failure({"error": error}).kind
    if kind == "api_error":
        kind = _KINDS_OF_CODES.get(as_text(error.get("code")), kind)
    return StreamFailure(kind, message_of(error) or "The provider broke the stream.", code_of(error))


def write_failure(error: TollkeeperError) -> dict[str, Any]:
    """For `response.error` and the event `error`: both demand a code."""
    members = openai.error_members(error)
    return members if error.code else {**members, "code": _CODES.get(error.kind, "server_error")}
