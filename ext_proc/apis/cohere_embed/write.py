"""Requests to Cohere's Embed, written. It must be told what the texts are for: where nobody says, they are documents.

Left out by rule, as the format has no word for it: the title of a text, and its user.
Spec: https://docs.cohere.com/reference/embed
"""

from __future__ import annotations

from collections.abc import Mapping

from ext_proc.apis.json_value import dump
from ext_proc.apis.vectors import texts
from ext_proc.embeddings import Purpose, Request

DOCUMENT = "search_document"

_INPUT_TYPES: Mapping[Purpose, str] = {
    "query": "search_query",
    "question_answering": "search_query",
    "fact_verification": "search_query",
    "code_query": "search_query",
    "classification": "classification",
    "clustering": "clustering",
}


def write_request(request: Request) -> bytes:
    """The body. Raises `Unsupported` for tokens."""
    members = {
        "model": request.model,
        "texts": texts(request, "Cohere"),
        "input_type": DOCUMENT if request.purpose is None else _INPUT_TYPES.get(request.purpose, DOCUMENT),
        "embedding_types": list(request.encodings),
        "output_dimension": request.dimensions,
        "truncate": request.truncate and request.truncate.upper(),
    }
    return dump({key: value for key, value in members.items() if value is not None})
