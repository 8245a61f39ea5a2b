"""Requests to rerank, written in Jina's format. Servers know where to cut a document as `max_tokens_per_doc`.

Spec: https://api.jina.ai/redoc
"""

from __future__ import annotations

from ext_proc.apis.json_value import dump
from ext_proc.rerank import Request


def write_request(request: Request) -> bytes:
    """The body. The documents need not come back, as the client's request has them."""
    members = {
        "model": request.model,
        "query": request.query,
        "documents": list(request.documents),
        "top_n": request.top_n,
        "return_documents": False,
        "max_tokens_per_doc": request.max_tokens_per_document,
    }
    return dump({key: value for key, value in members.items() if value is not None})
