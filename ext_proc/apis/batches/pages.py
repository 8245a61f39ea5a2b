"""Pages of an owner's things, as OpenAI's lists have them.

Spec: https://platform.openai.com/docs/api-reference/files/list and …/batch/list
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ext_proc.errors import NotFound
from ext_proc.stored import Stored

SIZES = {"file": (10_000, 10_000), "batch": (20, 100)}
"""How many a page has where the client does not say, and at most."""


def page(own: Sequence[Stored], fresh: Mapping[str, Any], query: Mapping[str, str]) -> dict[str, Any]:
    """`own` is newest first. What was never seen cannot be shown: the provider alone knows what it is."""
    shown = [(one, fresh.get(one.id) or one.seen) for one in own]
    told = [(one, seen) for one, seen in shown if seen and query.get("purpose") in {None, "", seen.get("purpose")}]
    if query.get("order") == "asc":
        told.reverse()
    left = told[_place(told, query.get("after")) :]
    size = _size(own[0].kind if own else "file", query.get("limit"))
    data = [seen for _, seen in left[:size]]
    ends = {"first_id": data[0]["id"] if data else None, "last_id": data[-1]["id"] if data else None}
    return {"object": "list", "data": data, **ends, "has_more": len(left) > size}


def _place(told: Sequence[tuple[Stored, Any]], after: str | None) -> int:
    if not after:
        return 0
    at = next((number for number, (one, _) in enumerate(told, 1) if one.id == after), None)
    if at is None:
        raise NotFound(f"`after` names nothing that is here: {after[:64]!r}.", code="not_found", param="after")
    return at


def _size(kind: str, limit: str | None) -> int:
    usual, most = SIZES[kind]
    return min(max(1, int(limit)), most) if limit and limit.isascii() and limit.isdigit() and len(limit) < 9 else usual
