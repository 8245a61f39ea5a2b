"""Rankings in Cohere's format. Usage is told in units of search. Spec: https://docs.cohere.com/reference/rerank"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ext_proc.apis.cohere_chat.errors import read_failure
from ext_proc.apis.cohere_usage import read_usage, write_meta
from ext_proc.apis.error_body import load_answer
from ext_proc.apis.json_value import as_text, dump
from ext_proc.apis.ranking import results_of
from ext_proc.apis.rerank.answer import read_results
from ext_proc.apis.whole_parts import start_of, usage_of
from ext_proc.parts import Start
from ext_proc.usage import Usage


def read_answer(body: bytes) -> list[Any]:
    """Raises `ProviderError` when the body is no answer."""
    members = load_answer(body, read_failure)
    return [Start(as_text(members.get("id")), ""), read_results(members), *read_usage(members.get("meta"))]


def write_answer(parts: Sequence[Any]) -> bytes:
    usage = usage_of(parts)
    counted = usage or Usage()
    members = {
        "id": start_of(parts).id,
        "results": [{"index": one.index, "relevance_score": one.score} for one in results_of(parts)],
        "meta": write_meta(usage, search_units=counted.searches, input_tokens=counted.input_tokens),
    }
    return dump(members)
