"""Ids of answers: the same id for the same answer, in the shape that the clients of each API know."""

from __future__ import annotations

_PREFIXES = ("chatcmpl-", "cmpl-", "msg_", "resp_")


def shaped(id_: str, prefix: str) -> str:
    """`id_` with `prefix` in place of another API's."""
    other = next((known for known in _PREFIXES if id_.startswith(known)), "")
    return prefix + id_.removeprefix(other)
