"""generateContent errors: `{"error": {"code", "message", "status", "details"}}`, as a body and as an event of a stream.

Spec: https://cloud.google.com/apis/design/errors
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ext_proc.apis.error_body import LONGEST_MESSAGE, error_object, inner_error, message_of, retry_after
from ext_proc.apis.json_value import as_array, as_object, as_text, dump
from ext_proc.errors import KIND_OF_STATUS, OverLimit, ProviderError, TollkeeperError
from ext_proc.parts import StreamFailure

_STATUSES: Mapping[str, str] = {
    "invalid_request": "INVALID_ARGUMENT",
    "authentication": "UNAUTHENTICATED",
    "permission": "PERMISSION_DENIED",
    "not_found": "NOT_FOUND",
    "too_large": "INVALID_ARGUMENT",
    "rate_limit": "RESOURCE_EXHAUSTED",
    "overloaded": "UNAVAILABLE",
    "timeout": "DEADLINE_EXCEEDED",
    "api_error": "INTERNAL",
}
_CODES: Mapping[str, int] = {kind: code for code, kind in reversed(KIND_OF_STATUS.items())} | {"overloaded": 503}

# The word that Google uses for many things is not here: the code says more.
_KINDS: Mapping[str, str] = {
    status: kind for kind, status in _STATUSES.items() if status not in ("INVALID_ARGUMENT", "INTERNAL")
}
_KINDS_OF_REASONS: Mapping[str, str] = {"API_KEY_INVALID": "authentication"}

_TYPE = "type.googleapis.com/google.rpc."
_DOMAIN = "tollkeeper"
_DELAY = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)s")


def read_error(status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
    error = error_object(body)
    seconds = retry_after(headers)
    return ProviderError(
        message_of(error) or f"The provider answered with status {status}.",
        status=status,
        kind=_kind(error) or KIND_OF_STATUS.get(status, "api_error"),
        code=_code(error),
        param=_param(error),
        retry_after=_delay(error) if seconds is None else seconds,
    )


def write_error(error: TollkeeperError, request_id: str | None) -> bytes:
    return dump({"error": _write(error, error.status, request_id)})


def write_failure(error: TollkeeperError) -> bytes:
    """In the middle of a stream no status is left to tell the kind, so that the code must."""
    return dump({"error": _write(error, _CODES.get(error.kind, 500), None)})


def read_failure(members: Mapping[str, Any]) -> StreamFailure:
    """An error in the middle of a stream."""
    error = inner_error(members)
    status = error.get("code")
    kind = _kind(error) or KIND_OF_STATUS.get(status if isinstance(status, int) else 0, "api_error")
    return StreamFailure(kind, message_of(error) or "The provider broke the stream.", _code(error))


def _write(error: TollkeeperError, code: int, request_id: str | None) -> dict[str, Any]:
    status = _STATUSES.get(error.kind, "INTERNAL")
    members = {"code": code, "message": error.message[:LONGEST_MESSAGE], "status": status}
    details = _details(error, request_id)
    return {**members, "details": details} if details else members


def _details(error: TollkeeperError, request_id: str | None) -> list[dict[str, Any]]:
    violation = {"field": error.param, "description": error.message[:LONGEST_MESSAGE]}
    delay = "" if error.retry_after is None else f"{error.retry_after:.9f}".rstrip("0").rstrip(".") + "s"
    known = (
        (error.code, "ErrorInfo", {"reason": error.code, "domain": _DOMAIN}),
        (error.param, "BadRequest", {"fieldViolations": [violation]}),
        (delay, "RetryInfo", {"retryDelay": delay}),
        (quota := _quota(error), "QuotaFailure", {"violations": quota}),
        (request_id, "RequestInfo", {"requestId": request_id}),
    )
    return [{"@type": _TYPE + name, **members} for said, name, members in known if said]


def _quota(error: TollkeeperError) -> list[dict[str, Any]]:
    """The limit that refused, as google.rpc.QuotaFailure tells it: 64-bit numbers are text."""
    told = error.standing if isinstance(error, OverLimit) else None
    if told is None:
        return []
    counts = {name: str(told[name]) for name in ("used", "leased", "needed", "unit")}
    violation = {"subject": told["scope"], "quotaId": told["name"], "quotaMetric": told["unit"]}
    return [{**violation, "quotaValue": str(told["maximum"]), "quotaDimensions": counts}]


def _kind(error: Mapping[str, Any]) -> str | None:
    reason = as_text(_detail(error, "ErrorInfo").get("reason"))
    return _KINDS_OF_REASONS.get(reason) or _KINDS.get(as_text(error.get("status")))


def _code(error: Mapping[str, Any]) -> str | None:
    reason = as_text(_detail(error, "ErrorInfo").get("reason"))
    return (reason or as_text(error.get("status")))[:64] or None


def _param(error: Mapping[str, Any]) -> str | None:
    violations = as_array(_detail(error, "BadRequest").get("fieldViolations"))
    return as_text(as_object(violations[0]).get("field")) or None if violations else None


def _delay(error: Mapping[str, Any]) -> float | None:
    match = _DELAY.fullmatch(as_text(_detail(error, "RetryInfo").get("retryDelay")))
    return float(match[1]) if match else None


def _detail(error: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    details = (as_object(detail) for detail in as_array(error.get("details")))
    return next((detail for detail in details if detail.get("@type") == _TYPE + name), {})
