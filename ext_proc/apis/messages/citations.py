"""Citations in Messages: of the request's documents, of search results in it, and of the web.

What proves a result of Anthropic's own search on a later turn is not kept.
Spec: https://platform.claude.com/docs/en/build-with-claude/citations
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ext_proc.apis.json_value import as_array, as_count, as_object, as_text
from ext_proc.parts import Citation

# The type by the unit in which it counts, and the middle of the names of its two members
_PLACES = {"char": ("char_location", "char_index"), "page": ("page_location", "page_number")}
_PLACES["block"] = ("content_block_location", "block_index")


def read_citations(value: Any) -> tuple[Citation, ...]:
    found = (read_citation(as_object(one)) for one in as_array(value))
    return tuple(citation for citation in found if citation is not None)


def read_citation(value: Mapping[str, Any]) -> Citation | None:
    cited = as_text(value.get("cited_text")) or None
    match value.get("type"):
        case "web_search_result_location":
            return Citation(cited, as_text(value.get("title")) or None, as_text(value.get("url")) or None)
        case "search_result_location":
            return Citation(cited, as_text(value.get("title")) or None, as_text(value.get("source")) or None)
        case "char_location":
            return _of_document(value, cited, "char")
        case "page_location":
            return _of_document(value, cited, "page")
        case "content_block_location":
            return _of_document(value, cited, "block")
    return None


def write_citation(citation: Citation) -> dict[str, Any] | None:
    """Nothing for a source that is neither an address nor one of the request's documents."""
    if citation.url is not None:
        place = {"type": "web_search_result_location", "url": citation.url, "title": citation.title}
        return {**place, "encrypted_index": "", "cited_text": citation.cited_text or ""}
    if citation.document is None:
        return None
    type_, counted = _PLACES[citation.unit or "char"]
    return {
        "type": type_,
        "cited_text": citation.cited_text or "",
        "document_index": citation.document,
        "document_title": citation.title,
        f"start_{counted}": citation.start or 0,
        f"end_{counted}": citation.end or 0,
    }


def _of_document(value: Mapping[str, Any], cited: str | None, unit: Any) -> Citation:
    _, counted = _PLACES[unit]
    return Citation(
        cited_text=cited,
        title=as_text(value.get("document_title")) or None,
        document=as_count(value.get("document_index")),
        unit=unit,
        start=as_count(value.get(f"start_{counted}")),
        end=as_count(value.get(f"end_{counted}")),
    )
