"""Requests to Cohere's Rerank, written. Spec: https://docs.cohere.com/reference/rerank"""

from __future__ import annotations

from ext_proc.apis.json_value import dump
from ext_proc.rerank import Request


def write_request(request: Request) -> bytes:
    members = {
        "model": request.model,
        "query": request.query,
        "documents": list(request.documents),
        "top_n": request.top_n,
        "max_tokens_per_doc": request.max_tokens_per_document,
    }
    return dump({key: value for key, value in members.items() if value is not None})
