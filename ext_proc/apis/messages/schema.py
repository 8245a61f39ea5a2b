"""JSON schemas that bind what Claude writes, as its grammar takes them; Converse takes the same.

An object must be closed and name its properties. What is no rule there, as bounds of numbers and lengths, is told to
the model in the description, so that every instance of what is written here fits what was asked for but for those.
Spec: https://platform.claude.com/docs/en/build-with-claude/structured-outputs
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ext_proc.apis.json_value import dump_text
from ext_proc.chat import Tool
from ext_proc.errors import Malformed, Unsupported

_KEPT = frozenset(
    ("$ref", "$defs", "definitions", "type", "properties", "required", "items", "enum", "const", "anyOf", "allOf")
) | {"additionalProperties", "title", "description", "default"}
_SAID_NOWHERE = frozenset(("$schema", "$id", "$comment", "nullable", "deprecated", "readOnly", "writeOnly", "oneOf"))
_FORMATS = frozenset(
    ("date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"),
)
_ELSEWHERE = frozenset(("$ref", "anyOf", "allOf", "oneOf"))
"""Where the members of an object may be named in place of its own properties."""
# Looking around and back, and the edges of words
_HARD_PATTERN = re.compile(r"\(\?[=!<]|\\[1-9bBk]")


def parameters(tool: Tool) -> dict[str, Any]:
    """The schema of a tool, bound where it is strict; one that names no parameters then takes none."""
    schema = {"type": "object", **tool.parameters}
    if not tool.strict:
        return schema
    return bounded(schema if schema.keys() - {"type"} else {**schema, "additionalProperties": False}, "tools")


def bounded(schema: Mapping[str, Any], param: str) -> dict[str, Any]:
    """Raises `Unsupported` for an object of any members, which would be left with none."""
    try:
        return _bounded(schema, param)
    except RecursionError:
        raise Malformed("The body is nested too deeply.", code="too_deep") from None


def _bounded(schema: Mapping[str, Any], param: str) -> dict[str, Any]:
    written = {key: _value(key, value, param) for key, value in schema.items() if _is_kept(key, value)}
    if isinstance(schema.get("oneOf"), list):
        written["anyOf"] = [*written.get("anyOf", ()), *_value("anyOf", schema["oneOf"], param)]
    if _is_object(schema):
        _close(written, schema, param)
    told = {key: value for key, value in schema.items() if key not in _SAID_NOWHERE and not _is_kept(key, value)}
    if told:
        about = written.get("description")
        written["description"] = "\n".join([*([about] if about else ()), f"Rules: {dump_text(told)}"])
    return _nullable(written) if schema.get("nullable") is True else written


def _is_kept(key: str, value: Any) -> bool:
    match key:
        case "format":
            return value in _FORMATS
        case "minItems":
            return value in (0, 1)
        case "pattern":
            return isinstance(value, str) and not _HARD_PATTERN.search(value)
    return key in _KEPT


def _value(key: str, value: Any, param: str) -> Any:
    match key, value:
        case "properties" | "$defs" | "definitions", dict():
            return {name: _schema(inner, param) for name, inner in value.items()}
        case "anyOf" | "allOf", list():
            return [_schema(inner, param) for inner in value]
        case "items", _:
            return _schema(value, param)
    return value


def _schema(value: Any, param: str) -> Any:
    return _bounded(value, param) if isinstance(value, dict) else value


def _is_object(schema: Mapping[str, Any]) -> bool:
    type_ = schema.get("type")
    return type_ == "object" or (isinstance(type_, list) and "object" in type_) or "properties" in schema


def _close(written: dict[str, Any], schema: Mapping[str, Any], param: str) -> None:
    if not schema.get("properties") and schema.keys() & _ELSEWHERE:
        return
    if not schema.get("properties") and schema.get("additionalProperties") is not False:
        raise Unsupported("Claude can be bound to objects of named properties only, not of any.", param=param)
    written["additionalProperties"] = False


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    """As OpenAPI says it."""
    if isinstance(schema.get("type"), str):
        enum = {"enum": [*schema["enum"], None]} if isinstance(schema.get("enum"), list) else {}
        return {**schema, "type": [schema["type"], "null"], **enum}
    return {"anyOf": [schema, {"type": "null"}]}
