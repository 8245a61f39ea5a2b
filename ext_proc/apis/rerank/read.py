"""Requests to rerank in Jina's format, read. Spec: https://api.jina.ai/redoc"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ext_proc.apis.json_value import boolean, filled_array, given, integer, name, text
from ext_proc.apis.rerank.outline import top_n
from ext_proc.errors import Unsupported
from ext_proc.rerank import Request

_KNOWN = frozenset(("model", "query", "documents", "top_n", "return_documents", "max_tokens_per_doc"))


def read_request(members: Mapping[str, Any]) -> Request:
    """Raises `Malformed` for a wrong type and `Unsupported` for what is no text."""
    get = members.get
    documents = filled_array(get("documents"), "documents")
    asked = given(boolean, get("return_documents"), "return_documents")
    return Request(
        model=name(get("model"), "model"),
        query=_read_text(get("query"), "query"),
        documents=tuple(_read_text(document, f"documents[{at}]") for at, document in enumerate(documents)),
        top_n=top_n(members),
        return_documents=True if asked is None else asked,
        max_tokens_per_document=given(integer, get("max_tokens_per_doc"), "max_tokens_per_doc"),
        unread={key: value for key, value in members.items() if key not in _KNOWN and value is not None},
    )


def _read_text(value: Any, path: str) -> str:
    """A string, or an object with one."""
    if not isinstance(value, dict):
        return text(value, path)
    if value.keys() != {"text"}:
        raise Unsupported("Only texts can be translated for the provider of this model.", param=path)
    return text(value["text"], f"{path}.text")
