"""Citations in Converse: of the request's documents, of search results in it, and of the web.

Spec: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_CitationLocation.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from ext_proc.apis.json_value import as_array, as_count, as_object, as_text
from ext_proc.parts import Citation

_UNITS: Mapping[str, Literal["char", "page", "block"]] = {
    "documentChar": "char",
    "documentPage": "page",
    "documentChunk": "block",
}
_LOCATIONS = {unit: location for location, unit in _UNITS.items()}


def read_citations(value: Any) -> tuple[Citation, ...]:
    found = (read_citation(as_object(one)) for one in as_array(value))
    return tuple(citation for citation in found if citation is not None)


def read_citation(value: Mapping[str, Any]) -> Citation | None:
    """Nothing where it says nothing."""
    cited = "".join(as_text(as_object(piece).get("text")) for piece in as_array(value.get("sourceContent"))) or None
    location, title = as_object(value.get("location")), as_text(value.get("title")) or None
    for member, unit in _UNITS.items():
        if isinstance(place := location.get(member), dict):
            start, end = as_count(place.get("start")), as_count(place.get("end"))
            return Citation(cited, title, None, as_count(place.get("documentIndex")), unit, start, end)
    url = as_text(as_object(location.get("web")).get("url")) or as_text(value.get("source"))
    return Citation(cited, title, url or None) if cited or title or url else None


def write_citation(citation: Citation) -> dict[str, Any]:
    members = {
        "title": citation.title,
        "sourceContent": [{"text": citation.cited_text}] if citation.cited_text else None,
        "location": _write_location(citation),
    }
    return {key: value for key, value in members.items() if value is not None}


def _write_location(citation: Citation) -> dict[str, Any] | None:
    if citation.url is not None:
        return {"web": {"url": citation.url}}
    if citation.document is None:
        return None
    place = {"documentIndex": citation.document, "start": citation.start or 0, "end": citation.end or 0}
    return {_LOCATIONS[citation.unit or "char"]: place}
