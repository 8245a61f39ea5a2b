"""Members of requests as Google's servers take them: in camelCase or snake_case, a list of one without its brackets.

Spec: https://protobuf.dev/programming-guides/json/
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from ext_proc.apis.json_value import wrong
from ext_proc.errors import Malformed

_CAPITAL = re.compile(r"[A-Z]")
_AFTER_UNDERSCORE = re.compile(r"(?<=[a-z0-9])_([a-z])")


def member(members: Mapping[str, Any], name: str, path: str = "") -> Any:
    """The member in either spelling. Raises `Malformed` for both, as two parsers could read them apart."""
    value, other_name = members.get(name), snake(name)
    other = members.get(other_name) if other_name != name else None
    if value is not None and other is not None:
        inner = f"{path}.{name}" if path else name
        raise Malformed(f"`{inner}` stands twice, in two spellings.", param=inner)
    return other if value is None else value


def listed(value: Any, path: str) -> list[Any]:
    if isinstance(value, list):
        return value
    if isinstance(value, dict):
        return [value]
    raise wrong(value, path, "an array")


@cache
def snake(name: str) -> str:
    """Of our own words only, as the result is kept."""
    return _CAPITAL.sub(lambda match: "_" + match[0].lower(), name)


def camel(name: str) -> str:
    return _AFTER_UNDERSCORE.sub(lambda match: match[1].upper(), name)
