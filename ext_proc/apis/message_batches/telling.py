"""How Anthropic tells of Message Batches, and pages of them.

Spec: https://platform.claude.com/docs/en/api/messages/batches
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ext_proc.apis.json_value import as_count, as_object
from ext_proc.apis.keeps import Telling, Used
from ext_proc.errors import NotFound
from ext_proc.stored import Stored

PATH = "/v1/messages/batches"
USUAL, MOST = 20, 1000
"""How many a page has where the client does not say, and at most."""


def used(batch: Mapping[str, Any]) -> Used | None:
    """Where requests have succeeded, their usage stands in the results alone."""
    succeeded = as_count(as_object(batch.get("request_counts")).get("succeeded"))
    return (
        Used(None, 0, reason="nothing succeeded")
        if batch.get("processing_status") == "ended" and not succeeded
        else None
    )


def shown(batch: Mapping[str, Any]) -> Mapping[str, Any]:
    """The results are fetched here, too: their address is one of the provider's own."""
    return {**batch, "results_url": f"{PATH}/{batch.get('id')}/results"} if batch.get("results_url") else batch


def page(own: Sequence[Stored], fresh: Mapping[str, Any], query: Mapping[str, str]) -> dict[str, Any]:
    told = [(one.id, fresh.get(one.id) or one.seen) for one in own]
    known = [(batch_id, seen) for batch_id, seen in told if seen]
    size = _size(query.get("limit"))
    if query.get("before_id"):
        end = _place(known, "before_id", query["before_id"])
        start = max(0, end - size)
        more = start > 0
    else:
        start = _place(known, "after_id", query["after_id"]) + 1 if query.get("after_id") else 0
        end = start + size
        more = len(known) > end
    data = [seen for _, seen in known[start:end]]
    ends = {"first_id": data[0]["id"] if data else None, "last_id": data[-1]["id"] if data else None}
    return {"data": data, "has_more": more, **ends}


def _place(known: Sequence[tuple[str, Any]], name: str, batch_id: str) -> int:
    at = next((number for number, (one, _) in enumerate(known) if one == batch_id), None)
    if at is None:
        raise NotFound(f"`{name}` names nothing that is here: {batch_id[:64]!r}.", code="not_found", param=name)
    return at


def _size(limit: str | None) -> int:
    return min(max(1, int(limit)), MOST) if limit and limit.isascii() and limit.isdigit() and len(limit) < 9 else USUAL


TELLING = Telling(used, lambda _batch: (), shown, page)
