"""JSON values, taken for a type.

`text`, `integer` … are strict and serve requests: they raise `Malformed`, which names the member at fault, never its
content. `as_text`, `as_count` … are lenient and serve answers: a value of another type counts as absent, as providers
drift.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar

import orjson

from ext_proc.errors import Malformed

T = TypeVar("T")

LARGEST_COUNT = 2**53


def text(value: Any, path: str) -> str:
    if isinstance(value, str):
        return value
    raise wrong(value, path, "a string")


def name(value: Any, path: str) -> str:
    """A string that is not empty."""
    if isinstance(value, str) and value:
        return value
    raise wrong(value, path, "a non-empty string")


def number(value: Any, path: str) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    raise wrong(value, path, "a number")


def integer(value: Any, path: str, least: int | None = None, most: int | None = None) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise wrong(value, path, "an integer")
    if (least is not None and value < least) or (most is not None and value > most):
        raise Malformed(f"`{path}` must be an integer from {least} to {most}.", param=path)
    return value


def boolean(value: Any, path: str) -> bool:
    if isinstance(value, bool):
        return value
    raise wrong(value, path, "true or false")


def array(value: Any, path: str) -> list[Any]:
    if isinstance(value, list):
        return value
    raise wrong(value, path, "an array")


def filled_array(value: Any, path: str) -> list[Any]:
    if isinstance(value, list) and value:
        return value
    raise wrong(value, path, "a non-empty array")


def object_(value: Any, path: str) -> Mapping[str, Any]:
    if isinstance(value, dict):
        return value
    raise wrong(value, path, "an object")


def one_of(value: Any, path: str, allowed: Collection[str]) -> str:
    if isinstance(value, str) and value in allowed:
        return value
    raise Malformed(f"`{path}` must be one of: {', '.join(allowed)}.", param=path)


def given(take: Callable[[Any, str], T], value: Any, path: str) -> T | None:
    """`take` the value, unless it is null or absent."""
    return None if value is None else take(value, path)


def wrong(value: Any, path: str, expected: str) -> Malformed:
    return Malformed(f"`{path}` must be {expected}, not {_kind(value)}.", param=path)


def as_object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def as_array(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def as_text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def as_count(value: Any) -> int:
    """A number of tokens; anything that cannot be one is 0."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0
    return int(value) if 0 <= value <= LARGEST_COUNT else 0


def dump(value: Any) -> bytes:
    """JSON bytes. `orjson` refuses what Python's parser had let in: integers over 64 bits, deep nesting."""
    try:
        return orjson.dumps(value)
    except TypeError:
        pass
    try:
        return json.dumps(value, separators=(",", ":")).encode()
    except RecursionError:
        raise Malformed("The body is nested too deeply.", code="too_deep") from None


def dump_text(value: Any) -> str:
    return dump(value).decode()


def _kind(value: Any) -> str:
    if isinstance(value, str | list) and not value:
        return "an empty string" if isinstance(value, str) else "an empty array"
    return _KINDS.get(type(value), "a value of another type")


_KINDS = {
    type(None): "null",
    bool: "a boolean",
    str: "a string",
    int: "a number",
    float: "a number",
    list: "an array",
    dict: "an object",
}
