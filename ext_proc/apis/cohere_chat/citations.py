"""Citations: which characters of a text rest on which documents. Those of what a tool returned are not kept.

Spec: https://docs.cohere.com/docs/rag-citations
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ext_proc.apis.cohere_chat.documents import id_of, number_of, text_in
from ext_proc.apis.json_value import as_array, as_object, as_text
from ext_proc.parts import Citation

TEXT = "TEXT_CONTENT"


def read_citations(value: Any) -> list[Citation]:
    """One for each source. What is about a plan or about thinking is about no text of the answer."""
    members = as_object(value)
    start, end = members.get("start"), members.get("end")
    if (members.get("type") or TEXT) != TEXT or not isinstance(start, int) or not isinstance(end, int):
        return []
    span = (max(start, 0), max(end, start, 0))
    sources = [_read_source(as_object(source)) for source in as_array(members.get("sources"))]
    return [replace(source, span=span) for source in sources if source is not None]


def write_citation(citation: Citation, span: tuple[int, int], text: str, block: int) -> dict[str, Any]:
    """`text` is what is cited in the answer, which is block number `block` of its content."""
    return {
        "start": span[0],
        "end": span[1],
        "text": text,
        "sources": [_write_source(citation)],
        "content_index": block,
        "type": TEXT,
    }


def _read_source(source: Mapping[str, Any]) -> Citation | None:
    if source.get("type") != "document":
        return None
    document = as_object(source.get("document"))
    number, url = number_of(as_text(source.get("id"))), as_text(document.get("url")) or None
    title = as_text(document.get("title")) or None
    if number is None and url is None and title is None:
        return None
    return Citation(text_in(document), title, url, number)


def _write_source(citation: Citation) -> dict[str, Any]:
    facts = {"text": citation.cited_text, "title": citation.title, "url": citation.url}
    document = {key: value for key, value in facts.items() if value is not None}
    id_ = citation.url or "" if citation.document is None else id_of(citation.document)
    return {"type": "document", "id": id_, "document": {"id": id_, **document}}
