"""Citations as annotations of the text that they are about, whose characters they count from its beginning.

In Chat Completions an annotation names a page of the web, and so a citation of a given document is left out there. In
Responses it may name a file: a document that the request brought along is one by its number.
Spec: https://platform.openai.com/docs/guides/tools-web-search
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ext_proc.apis.citations import Span
from ext_proc.apis.json_value import as_object, as_text
from ext_proc.parts import Citation

_GIVEN = "document_"
_NUMBER = re.compile(rf"{_GIVEN}(\d{{1,9}})")


def read_annotation(value: Any) -> Citation | None:
    """Its span is of the text as a whole. None where it says of no source."""
    annotation = as_object(value)
    match annotation.get("type"):
        case "url_citation":
            return _read_url({**annotation, **as_object(annotation.get("url_citation"))})
        case "file_citation" | "container_file_citation":
            return _read_file(annotation)
    return None


def write_chat_annotation(citation: Citation, span: Span) -> list[dict[str, Any]]:
    if citation.url is None:
        return []
    return [{"type": "url_citation", "url_citation": _members(citation, span)}]


def write_annotation(citation: Citation, span: Span) -> dict[str, Any]:
    """In Responses."""
    if citation.url is not None:
        return {"type": "url_citation", **_members(citation, span)}
    id_ = "" if citation.document is None else f"{_GIVEN}{citation.document}"
    return {"type": "file_citation", "file_id": id_, "filename": citation.title or "", "index": span[1]}


def _members(citation: Citation, span: Span) -> dict[str, Any]:
    return {"url": citation.url, "title": citation.title or "", "start_index": span[0], "end_index": span[1]}


def _read_url(members: Mapping[str, Any]) -> Citation | None:
    """OpenRouter tells the cited text, too."""
    url, text, title = (as_text(members.get(key)) or None for key in ("url", "content", "title"))
    span = _span(members.get("start_index"), members.get("end_index"))
    return Citation(cited_text=text, title=title, url=url, span=span) if url else None


def _read_file(members: Mapping[str, Any]) -> Citation:
    number = _NUMBER.fullmatch(as_text(members.get("file_id")))
    at = members.get("index")
    span = _span(members.get("start_index", at), members.get("end_index", at))
    return Citation(
        title=as_text(members.get("filename")) or None, document=int(number[1]) if number else None, span=span
    )


def _span(start: Any, end: Any) -> Span | None:
    return (start, end) if type(start) is int and type(end) is int else None
