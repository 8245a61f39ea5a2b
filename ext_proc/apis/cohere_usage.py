"""Usage as all of Cohere's APIs tell it: what is billed, and what its own prompts made of that, which is not.

Spec: https://docs.cohere.com/reference/chat
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ext_proc.apis.json_value import as_count, as_object
from ext_proc.parts import Part, UsageReport
from ext_proc.usage import Usage


def read_usage(value: Any) -> list[Part]:
    """Of an answer's `usage` or `meta`. Cached tokens may lie in the part of the prompt that is not billed."""
    told = as_object(value)
    billed = as_object(told.get("billed_units")) or as_object(told.get("tokens"))
    if not billed:
        return []
    input_tokens = as_count(billed.get("input_tokens")) + as_count(billed.get("image_tokens"))
    usage = Usage(
        input_tokens=input_tokens,
        output_tokens=as_count(billed.get("output_tokens")),
        cache_read_input_tokens=min(as_count(told.get("cached_tokens")), input_tokens),
        input_image_tokens=as_count(billed.get("image_tokens")),
        searches=as_count(billed.get("search_units")),
    )
    return [UsageReport(usage)]


def write_usage(usage: Usage) -> dict[str, Any]:
    counts = {"input_tokens": usage.input_tokens, "output_tokens": usage.output_tokens}
    return {"billed_units": counts, "tokens": counts, "cached_tokens": usage.cache_read_input_tokens}


def write_meta(usage: Usage | None, **units: int) -> Mapping[str, Any]:
    """Of the answers that are not text."""
    billed = {} if usage is None else {"billed_units": {name: count for name, count in units.items() if count}}
    return {"api_version": {"version": "2"}, **billed}
