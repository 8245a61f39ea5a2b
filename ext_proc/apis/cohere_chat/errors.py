"""Errors of all of Cohere's APIs: `{"id", "message"}`; in a stream the end of the message says that it failed.

Spec: https://docs.cohere.com/reference/errors
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ext_proc.apis.error_body import code_of, inner_error, message_of, named, read_provider_error
from ext_proc.apis.json_value import as_text, dump
from ext_proc.errors import ProviderError, TollkeeperError
from ext_proc.parts import StreamFailure

KINDS: Mapping[str, str] = {"ERROR": "api_error", "TIMEOUT": "timeout", "ERROR_LIMIT": "invalid_request"}
"""What the finish reasons of a failure say."""


def read_error(status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
    """The status alone tells the kind."""
    return read_provider_error(status, headers, body, {})


def write_error(error: TollkeeperError, request_id: str | None) -> bytes:
    """`code` and `param` have no place in this body; messages name the member at fault."""
    message = {"message": named(error)}
    return dump(message if request_id is None else {"id": request_id, **message})


def read_failure(members: Mapping[str, Any]) -> StreamFailure:
    """An error in place of an answer or of an event, or the end of a message that failed."""
    error = inner_error(members)
    kind = KINDS.get(as_text(members.get("finish_reason")), "api_error")
    return StreamFailure(kind, message_of(error) or "The provider broke the stream.", code_of(error))
