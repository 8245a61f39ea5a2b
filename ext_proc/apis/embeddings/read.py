"""Embeddings requests, read. What is too long is an error here, and so it is to be elsewhere.

What a text is for is no part of the standard; it is read as NVIDIA, Voyage and Jina have it.
Spec: https://platform.openai.com/docs/api-reference/embeddings/create
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ext_proc.apis.embeddings.outline import check_input
from ext_proc.apis.json_value import as_text, given, integer, name, one_of, text
from ext_proc.embeddings import Encoding, Input, Purpose, Request
from ext_proc.errors import Malformed

_KNOWN = frozenset(("model", "input", "encoding_format", "dimensions", "user", "input_type", "task"))
_FORMATS: Mapping[str, Encoding] = {"float": "float", "base64": "base64"}
_PURPOSES: Mapping[str, Purpose] = {
    "query": "query",
    "search_query": "query",
    "retrieval.query": "query",
    "document": "document",
    "passage": "document",
    "search_document": "document",
    "retrieval.passage": "document",
    "text-matching": "similarity",
    "classification": "classification",
    "separation": "clustering",
    "clustering": "clustering",
}


def read_request(members: Mapping[str, Any]) -> Request:
    """Raises `Malformed` for a wrong type."""
    get = members.get
    said = as_text(get("input_type")) or as_text(get("task"))
    return Request(
        model=name(get("model"), "model"),
        inputs=_read_inputs(get("input")),
        dimensions=given(integer, get("dimensions"), "dimensions"),
        encodings=(_FORMATS[one_of(get("encoding_format") or "float", "encoding_format", _FORMATS)],),
        purpose=_PURPOSES.get(said),
        truncate="none",
        user=given(text, get("user"), "user"),
        unread={key: value for key, value in members.items() if key not in _KNOWN and value is not None},
    )


def _read_inputs(value: Any) -> tuple[Input, ...]:
    check_input(value)
    if isinstance(value, str):
        return (value,)
    if isinstance(value[0], str):
        return tuple(value)
    if isinstance(value[0], int):
        return (tuple(value),)
    return tuple(_read_tokens(tokens, f"input[{at}]") for at, tokens in enumerate(value))


def _read_tokens(tokens: list[Any], path: str) -> tuple[int, ...]:
    if not tokens or set(map(type, tokens)) != {int}:
        raise Malformed(f"`{path}` must be tokens, and not be empty.", param=path)
    return tuple(tokens)
