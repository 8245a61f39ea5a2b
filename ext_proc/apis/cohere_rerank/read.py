"""Requests to Cohere's Rerank, read. Spec: https://docs.cohere.com/reference/rerank"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ext_proc.apis.json_value import filled_array, given, integer, name, object_, text
from ext_proc.apis.rerank.outline import top_n
from ext_proc.errors import Unsupported
from ext_proc.rerank import Request

_KNOWN = frozenset(("model", "query", "documents", "top_n", "max_tokens_per_doc", "relevant_spans"))


def read_request(members: Mapping[str, Any]) -> Request:
    """Raises `Malformed` for a wrong type and `Unsupported` for what only Cohere finds."""
    get = members.get
    documents = filled_array(get("documents"), "documents")
    if given(object_, get("relevant_spans"), "relevant_spans") is not None:
        raise Unsupported(
            "`relevant_spans` cannot be translated for the provider of this model.", param="relevant_spans"
        )
    return Request(
        model=name(get("model"), "model"),
        query=name(get("query"), "query"),
        documents=tuple(text(document, f"documents[{at}]") for at, document in enumerate(documents)),
        top_n=top_n(members),
        max_tokens_per_document=given(integer, get("max_tokens_per_doc"), "max_tokens_per_doc"),
        unread={key: value for key, value in members.items() if key not in _KNOWN and value is not None},
    )
