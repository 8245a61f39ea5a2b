"""Messages errors: `{"type": "error", "error": {"type", "message"}, "request_id"}`, as a body and as an event.

Spec: https://platform.claude.com/docs/en/api/errors
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ext_proc.apis.error_body import code_of, inner_error, message_of, named, read_provider_error, standing
from ext_proc.apis.json_value import as_text, dump
from ext_proc.errors import ProviderError, TollkeeperError
from ext_proc.parts import StreamFailure

_TYPES: Mapping[str, str] = {
    "invalid_request": "invalid_request_error",
    "authentication": "authentication_error",
    "permission": "permission_error",
    "not_found": "not_found_error",
    "too_large": "request_too_large",
    "rate_limit": "rate_limit_error",
    "overloaded": "overloaded_error",
    "timeout": "timeout_error",
    "api_error": "api_error",
}

_TOLD = frozenset({"thread_unsupported_request"})
"""The codes that Anthropic's clients act upon."""
_KINDS: Mapping[str, str | None] = {type_: kind for kind, type_ in _TYPES.items()} | {"billing_error": "permission"}


def read_error(status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
    return read_provider_error(status, headers, body, _KINDS)


def write_error(error: TollkeeperError, request_id: str | None) -> bytes:
    """`code` and `param` have no place in this body, but for a few codes; messages name the member at fault."""
    members = {"type": _TYPES.get(error.kind, "api_error"), "message": named(error), **standing(error)}
    if error.code in _TOLD:
        members["details"] = {"error_code": error.code}
    return dump({"type": "error", "error": members, "request_id": request_id})


def read_failure(members: Mapping[str, Any]) -> StreamFailure:
    """An error in the middle of a stream."""
    error = inner_error(members)
    kind = _KINDS.get(as_text(error.get("type"))) or "api_error"
    return StreamFailure(kind, message_of(error) or "The provider broke the stream.", code_of(error))
