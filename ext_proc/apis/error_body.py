"""What the error bodies of all APIs share: where the message stands, how long it may be, and when to try again."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from ext_proc.apis.json_value import as_object, as_text
from ext_proc.errors import KIND_OF_STATUS, OverLimit, ProviderError, TollkeeperError
from ext_proc.parts import StreamFailure

LONGEST_MESSAGE = 2000


def read_provider_error(
    status: int, headers: Mapping[str, str], body: bytes, kinds: Mapping[str, str | None]
) -> ProviderError:
    """The provider's error. `kinds` maps its words to ours, or to None where only the status tells more."""
    error = error_object(body)
    return ProviderError(
        message_of(error) or f"The provider answered with status {status}.",
        status=status,
        kind=kinds.get(as_text(error.get("type"))) or KIND_OF_STATUS.get(status, "api_error"),
        code=code_of(error),
        param=as_text(error.get("param")) or None,
        retry_after=retry_after(headers),
    )


def load_answer(body: bytes, read_failure: Callable[[Mapping[str, Any]], StreamFailure]) -> Mapping[str, Any]:
    """The object of a whole answer. Raises `ProviderError` for what is none, an error under a good status included."""
    try:
        members = orjson.loads(body)
    except ValueError:
        raise ProviderError("The provider's answer is not valid JSON.") from None
    if not isinstance(members, dict):
        raise ProviderError("The provider's answer is not a JSON object.")
    if members.get("error"):
        failure = read_failure(members)
        raise ProviderError(failure.message, kind=failure.kind, code=failure.code)
    return members


def error_object(body: bytes) -> Mapping[str, Any]:
    """The innermost object that tells of the error; empty when the body is not JSON."""
    try:
        value = orjson.loads(body)
    except ValueError:
        return {}
    value = value[0] if isinstance(value, list) and value else value
    return inner_error(as_object(value))


def inner_error(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """`error` as an object, as a bare string, or the members on the top level: all are met."""
    error = value.get("error")
    if isinstance(error, str):
        return {"message": error, **{key: value[key] for key in ("type", "code") if key in value}}
    return error if isinstance(error, Mapping) else value


def message_of(error: Mapping[str, Any]) -> str:
    words = as_text(error.get("message")) or as_text(error.get("detail")) or as_text(error.get("Message"))
    return words[:LONGEST_MESSAGE]


def named(error: TollkeeperError) -> str:
    """The message, for a body that has no place for the member at fault."""
    if error.param is None or error.param in error.message:
        return error.message
    return f"`{error.param}`: {error.message}"


def standing(error: TollkeeperError) -> dict[str, Any]:
    """How the limit stands that refused, for a body whose clients pass over members that they do not know."""
    told = error.standing if isinstance(error, OverLimit) else None
    return {"limit": told} if told else {}


def code_of(error: Mapping[str, Any]) -> str | None:
    code = error.get("code")
    if isinstance(code, int) and not isinstance(code, bool):
        return str(code)[:64]
    return as_text(code)[:64] or None


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds. A date is not read, as that would need a clock."""
    milliseconds = _seconds(headers.get("retry-after-ms"))
    return _seconds(headers.get("retry-after")) if milliseconds is None else milliseconds / 1000


def _seconds(value: str | None) -> float | None:
    try:
        seconds = float(value or "")
    except ValueError:
        return None
    return seconds if math.isfinite(seconds) and seconds >= 0 else None
