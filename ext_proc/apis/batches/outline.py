"""What the edge must know of a request for a batch, and of the batch that a provider answers with.

Spec: https://platform.openai.com/docs/api-reference/batch/create and …/batch/object
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ext_proc.apis.api import Outline
from ext_proc.apis.json_value import as_count, as_object, as_text, name, one_of
from ext_proc.apis.keeps import Used
from ext_proc.usage import Usage

WINDOWS = {"24h": 24 * 3600.0}
"""Seconds that a provider may take, by the word of `completion_window`."""
ENDED = frozenset({"completed", "failed", "expired", "cancelled"})


def outline(members: Mapping[str, Any]) -> Outline:
    """Its model and its worst case stand in the input file, which was read when it was uploaded."""
    name(members.get("input_file_id"), "input_file_id")
    name(members.get("endpoint"), "endpoint")
    one_of(members.get("completion_window"), "completion_window", WINDOWS)
    return Outline("", writes=False)


def used(batch: Mapping[str, Any]) -> Used | None:
    status = as_text(batch.get("status"))
    if status not in ENDED:
        return None
    reason = None if status == "completed" else status
    return Used(usage_of(batch), finished_requests(batch), status == "failed", reason)


def output_files(batch: Mapping[str, Any]) -> tuple[str, ...]:
    """The files that its provider wrote for it."""
    return tuple(as_text(batch[name]) for name in ("output_file_id", "error_file_id") if as_text(batch.get(name)))


def finished_requests(batch: Mapping[str, Any]) -> int:
    """How many of its requests the provider has worked on; what never ran costs nothing."""
    counts = as_object(batch.get("request_counts"))
    return as_count(counts.get("completed")) + as_count(counts.get("failed"))


def usage_of(batch: Mapping[str, Any]) -> Usage | None:
    """None where the provider does not tell."""
    told = as_object(batch.get("usage"))
    usage = Usage(
        input_tokens=as_count(told.get("input_tokens")),
        output_tokens=as_count(told.get("output_tokens")),
        cache_read_input_tokens=as_count(as_object(told.get("input_tokens_details")).get("cached_tokens")),
        reasoning_output_tokens=as_count(as_object(told.get("output_tokens_details")).get("reasoning_tokens")),
    )
    return usage if usage.total_tokens else None
