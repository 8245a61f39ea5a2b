"""Google's requests for embeddings, written.

Left out by rule, as the format has no word for it: what to cut off of a text that is too long, and its user.
Spec: https://ai.google.dev/api/embeddings
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ext_proc.apis.embed_content.outline import named
from ext_proc.apis.embed_content.read import PURPOSES
from ext_proc.apis.json_value import dump
from ext_proc.apis.vectors import only_floats, texts
from ext_proc.embeddings import Purpose, Request
from ext_proc.errors import Unsupported

_TASK_TYPES: Mapping[Purpose, str] = {purpose: word for word, purpose in PURPOSES.items() if purpose is not None}


def write_request(request: Request) -> bytes:
    """The body. Raises `Unsupported` for tokens, and for more than one text."""
    written = _write(request)
    if len(written) > 1:
        raise Unsupported("embedContent takes one text.", param="input")
    return dump(written[0])


def write_batch_request(request: Request) -> bytes:
    """The body. Raises `Unsupported` for tokens."""
    return dump({"requests": _write(request)})


def _write(request: Request) -> list[dict[str, Any]]:
    only_floats(request, "Gemini")
    settings = {
        "taskType": None if request.purpose is None else _TASK_TYPES[request.purpose],
        "title": request.title,
        "outputDimensionality": request.dimensions,
    }
    given = {key: value for key, value in settings.items() if value is not None}
    head = {"model": named(request.model)}
    return [{**head, "content": {"parts": [{"text": text}]}, **given} for text in texts(request, "Gemini")]
