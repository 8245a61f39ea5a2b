"""Rankings in Jina's format. Usage is told in tokens, or as OpenRouter does in units of search.

Spec: https://api.jina.ai/redoc
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ext_proc.apis.chat_completions.errors import read_failure
from ext_proc.apis.error_body import load_answer
from ext_proc.apis.json_value import as_array, as_count, as_object, as_text, dump
from ext_proc.apis.ranking import results_of
from ext_proc.apis.whole_parts import start_of, usage_of
from ext_proc.parts import Part, Start, UsageReport
from ext_proc.rerank import Ranked, Ranking
from ext_proc.usage import Usage


def read_answer(body: bytes) -> list[Any]:
    """Raises `ProviderError` when the body is no answer."""
    members = load_answer(body, read_failure)
    start = Start(as_text(members.get("id")), as_text(members.get("model")))
    return [start, read_results(members), *_read_usage(members.get("usage"))]


def write_answer(parts: Sequence[Any]) -> bytes:
    start = start_of(parts)
    members = {
        "id": start.id,
        "model": start.model,
        "results": [_write_result(ranked) for ranked in results_of(parts)],
        "usage": _write_usage(usage_of(parts) or Usage()),
    }
    return dump(members)


def read_results(members: Mapping[str, Any]) -> Ranking:
    """A result that does not say which document it is about is none."""
    results = [as_object(item) for item in as_array(members.get("results"))]
    return Ranking(tuple(_read_result(result) for result in results if isinstance(result.get("index"), int)))


def _read_result(result: Mapping[str, Any]) -> Ranked:
    score, document = result.get("relevance_score"), result.get("document")
    text = document if isinstance(document, str) else as_object(document).get("text")
    return Ranked(
        result["index"],
        score if isinstance(score, int | float) else 0.0,
        text if isinstance(text, str) else None,
    )


def _read_usage(value: Any) -> list[Part]:
    told = as_object(value)
    tokens = as_count(told.get("total_tokens")) or as_count(told.get("prompt_tokens"))
    usage = Usage(input_tokens=tokens, searches=as_count(told.get("search_units")))
    return [UsageReport(usage)] if told else []


def _write_result(ranked: Ranked) -> dict[str, Any]:
    members = {"index": ranked.index, "relevance_score": ranked.score}
    return members if ranked.document is None else {**members, "document": {"text": ranked.document}}


def _write_usage(usage: Usage) -> dict[str, int]:
    counts = {"total_tokens": usage.input_tokens, "prompt_tokens": usage.input_tokens}
    return counts | ({"search_units": usage.searches} if usage.searches else {})
