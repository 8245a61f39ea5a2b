"""What the edge must know of a request to rerank, of Jina's or of Cohere's format: they differ in nothing that counts.

Spec: https://api.jina.ai/redoc
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ext_proc.apis.api import Outline
from ext_proc.apis.json_value import as_text, dump, filled_array, given, integer, name, wrong

MOST_RESULTS = 1_000_000
UNCOUNTED_PER_DOCUMENT = 100
"""What a model's own instruction adds to each document, above what the longest known adds (Qwen3-Reranker: 60)."""


def outline(members: Mapping[str, Any]) -> Outline:
    """Validates what money and routing depend on, and no more. The query is read, and paid, with every document."""
    documents = filled_array(members.get("documents"), "documents")
    if not isinstance(query := members.get("query"), str | dict) or not query:
        raise wrong(query, "query", "a non-empty string")
    images = [image for item in (query, *documents) if (image := _image(item)) is not None]
    return Outline(
        model=name(members.get("model"), "model"),
        images=len(images),
        image_bytes=sum(len(image) for image in images),
        read_again=len(documents) * (len(dump(query)) + UNCOUNTED_PER_DOCUMENT),
        writes=False,
        estimate={"output_tokens": 0},
    )


def top_n(members: Mapping[str, Any]) -> int | None:
    return given(lambda value, path: integer(value, path, 1, MOST_RESULTS), members.get("top_n"), "top_n")


def _image(item: Any) -> str | None:
    return as_text(item["image"]) if isinstance(item, dict) and item.get("image") else None
