"""Members that a form says as text, and JSON in its own type: taken for a type, or refused by name."""

from __future__ import annotations

from typing import Any

from ext_proc.apis import json_value

_LONGEST = 15
"""Digits of a number that anything here may be."""
_BOOLEANS = {"true": True, "false": False}


def integer(value: Any, path: str, least: int, most: int) -> int:
    digits = isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= _LONGEST
    return json_value.integer(int(value) if digits else value, path, least, most)


def boolean(value: Any, path: str) -> bool:
    return json_value.boolean(_BOOLEANS.get(value, value) if isinstance(value, str) else value, path)
