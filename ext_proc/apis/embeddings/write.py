"""Embeddings requests, written.

Left out by rule, as the format has no word for it: what a text is for, its title, and what to cut off.
Spec: https://platform.openai.com/docs/api-reference/embeddings/create
"""

from __future__ import annotations

from ext_proc.apis.json_value import dump
from ext_proc.apis.vectors import only_floats
from ext_proc.embeddings import Request


def write_request(request: Request) -> bytes:
    """The body. Raises `Unsupported` for encodings that the format does not know."""
    only_floats(request, "Embeddings")
    members = {
        "model": request.model,
        "input": list(request.inputs),
        "encoding_format": "base64" if request.encodings == ("base64",) else None,
        "dimensions": request.dimensions,
        "user": request.user,
    }
    return dump({key: value for key, value in members.items() if value is not None})
