"""The stored files that a request in one of OpenAI's formats names by id, wherever a block or a tool can.

What is not for the provider to open is left out: schemas, and the caller's own notes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_NOT_OPENED = frozenset({"parameters", "schema", "json_schema", "metadata", "arguments"})


def may_name_files(body: bytes) -> bool:
    """Whether it is worth looking: any letter of a member's name can be written as an escape."""
    return b"file_id" in body or b"\\u" in body


def named_files(members: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(_named(members))


def _named(value: Any) -> Iterator[str]:
    """JSON this deep has been bounded before."""
    if isinstance(value, list):
        for one in value:
            yield from _named(one)
    elif isinstance(value, dict):
        for name, inner in value.items():
            if name in ("file_id", "file_ids"):
                yield from (one for one in (inner if isinstance(inner, list) else [inner]) if isinstance(one, str))
            elif name not in _NOT_OPENED:
                yield from _named(inner)
