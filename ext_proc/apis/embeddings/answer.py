"""Embeddings answers.

Spec: https://platform.openai.com/docs/api-reference/embeddings/object
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ext_proc.apis.chat_completions.answer import read_start, read_usage
from ext_proc.apis.chat_completions.errors import read_failure
from ext_proc.apis.error_body import load_answer
from ext_proc.apis.json_value import as_array, as_object, dump
from ext_proc.apis.vectors import by_encoding, first_vectors
from ext_proc.apis.whole_parts import start_of, usage_of


def read_answer(body: bytes) -> list[Any]:
    """Raises `ProviderError` when the body is no answer."""
    members = load_answer(body, read_failure)
    data = [as_object(item) for item in as_array(members.get("data"))]
    vectors = [item.get("embedding") for item in sorted(data, key=_index)]
    return [read_start(members), by_encoding(vectors), *read_usage(members.get("usage"))]


def write_answer(parts: Sequence[Any]) -> bytes:
    usage = usage_of(parts)
    tokens = usage.input_tokens if usage else 0
    vectors = next(iter(first_vectors(parts).encoded.values()), ())
    members = {
        "object": "list",
        "data": [{"object": "embedding", "index": at, "embedding": vector} for at, vector in enumerate(vectors)],
        "model": start_of(parts).model,
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    }
    return dump(members)


def _index(item: Mapping[str, Any]) -> int:
    index = item.get("index")
    return index if isinstance(index, int) else 0
