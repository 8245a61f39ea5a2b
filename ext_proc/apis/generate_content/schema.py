"""Gemini's own schemas, a selection of OpenAPI's, read as JSON schemas, which it takes too and we write.

Spec: https://ai.google.dev/api/caching#Schema
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ext_proc.apis.generate_content.spelling import camel
from ext_proc.apis.json_value import object_
from ext_proc.errors import Malformed

_NAMES: Mapping[str, str] = {"ref": "$ref", "defs": "$defs", "example": "examples"}
_COUNTS = ("minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties")
_LEFT_OUT = ("nullable", "propertyOrdering")


def read_schema(value: Any, path: str) -> dict[str, Any]:
    try:
        return dict(_schema(object_(value, path)))
    except RecursionError:
        raise Malformed("The body is nested too deeply.", code="too_deep") from None


def _schema(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    members = {camel(key): item for key, item in value.items()}
    schema = {
        _NAMES.get(key, key): _READ.get(key, _as_it_is)(item)
        for key, item in members.items()
        if key not in _LEFT_OUT and item is not None
    }
    return _nullable(schema) if members.get("nullable") is True else schema


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    if isinstance(schema.get("type"), str):
        schema["type"] = [schema["type"], "null"]
    elif isinstance(schema.get("anyOf"), list):
        schema["anyOf"] = [*schema["anyOf"], {"type": "null"}]
    if isinstance(schema.get("enum"), list):
        schema["enum"] = [*schema["enum"], None]
    return schema


def _type(value: Any) -> Any:
    if isinstance(value, list):
        return [_type(item) for item in value]
    return value.lower() if isinstance(value, str) else value


def _each(value: Any) -> Any:
    return [_schema(item) for item in value] if isinstance(value, list) else value


def _by_name(value: Any) -> Any:
    return {key: _schema(item) for key, item in value.items()} if isinstance(value, dict) else value


def _count(value: Any) -> Any:
    """64-bit integers may come as strings."""
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20 else value


def _as_it_is(value: Any) -> Any:
    return value


_READ: Mapping[str, Callable[[Any], Any]] = {
    "type": _type,
    "items": _schema,
    "additionalProperties": _schema,
    "anyOf": _each,
    "properties": _by_name,
    "defs": _by_name,
    "$defs": _by_name,
    "example": lambda value: [value],
    **dict.fromkeys(_COUNTS, _count),
}
