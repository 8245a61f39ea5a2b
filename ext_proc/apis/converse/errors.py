"""Converse errors: `{"message"}`, whose type stands in the header `x-amzn-errortype`; in a stream, in its headers.

Spec: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html#API_runtime_Converse_Errors
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ext_proc.apis import eventstream
from ext_proc.apis.error_body import LONGEST_MESSAGE, code_of, error_object, message_of, named, retry_after
from ext_proc.apis.json_value import as_text, dump
from ext_proc.errors import KIND_OF_STATUS, ProviderError, TollkeeperError
from ext_proc.parts import StreamFailure

TYPE_HEADER = "x-amzn-errortype"

_TYPES: Mapping[str, str] = {
    "invalid_request": "ValidationException",
    "authentication": "UnrecognizedClientException",
    "permission": "AccessDeniedException",
    "not_found": "ResourceNotFoundException",
    "too_large": "ValidationException",
    "rate_limit": "ThrottlingException",
    "overloaded": "ServiceUnavailableException",
    "timeout": "ModelTimeoutException",
    "api_error": "InternalServerException",
}

# The word that Bedrock uses for many things is None here: the status says more.
_KINDS: Mapping[str, str | None] = {type_: kind for kind, type_ in _TYPES.items()} | {
    "ValidationException": None,
    "ExpiredTokenException": "authentication",
    "IncompleteSignatureException": "authentication",
    "InvalidSignatureException": "authentication",
    "MissingAuthenticationTokenException": "authentication",
    "ModelErrorException": "api_error",
    "ModelNotReadyException": "overloaded",
    "ModelStreamErrorException": "api_error",
    "ServiceQuotaExceededException": "rate_limit",
    "UnknownOperationException": "not_found",
}

# The kinds that a stream has an exception of its own for; others are sent as errors that the service does not model.
_STREAMED = ("invalid_request", "too_large", "rate_limit", "overloaded", "api_error")


def read_error(status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
    error = error_object(body)
    type_ = _bare(headers.get(TYPE_HEADER) or as_text(error.get("__type")))
    return ProviderError(
        message_of(error) or f"The provider answered with status {status}.",
        status=status,
        kind=_KINDS.get(type_) or KIND_OF_STATUS.get(status, "api_error"),
        code=code_of(error),
        retry_after=retry_after(headers),
    )


def write_error(error: TollkeeperError, _request_id: str | None) -> bytes:
    """The id of the request has no place in this body; the caller sends it, and `error_type`, as headers."""
    return dump({"message": named(error), "__type": error_type(error)})


def error_type(error: TollkeeperError) -> str:
    """For the header `x-amzn-errortype`, by which SDKs choose the exception to raise."""
    return _TYPES.get(error.kind, "InternalServerException")


def error_headers(error: TollkeeperError) -> tuple[tuple[str, str], ...]:
    return (("x-amzn-errortype", error_type(error)),)


def write_failure(error: TollkeeperError) -> bytes:
    """The message that ends a stream."""
    type_ = error_type(error)
    if error.kind not in _STREAMED:
        headers = {":message-type": "error", ":error-code": type_, ":error-message": error.message[:LONGEST_MESSAGE]}
        return eventstream.encode(headers, b"")
    headers = {
        ":exception-type": type_[:1].lower() + type_[1:],
        ":content-type": "application/json",
        ":message-type": "exception",
    }
    return eventstream.encode(headers, dump({"message": error.message}))


def read_failure(members: Mapping[str, Any], type_: str = "") -> StreamFailure:
    """An error in the middle of a stream, or under a good status."""
    bare = _bare(type_ or as_text(members.get("__type")))
    kind = "invalid_request" if bare == "ValidationException" else _KINDS.get(bare) or "api_error"
    return StreamFailure(kind, message_of(members) or "The provider broke the stream.", code_of(members))


def _bare(type_: str) -> str:
    """`com.amazon.coral.service#ThrottlingException:http://…` and `throttlingException` are both met."""
    word = type_.rpartition("#")[2].partition(":")[0].strip()
    return word[:1].upper() + word[1:]
