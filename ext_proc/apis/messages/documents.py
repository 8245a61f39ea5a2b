"""Documents in Messages: PDF as data or by its address, or plain text.

A document of several pieces of text is read as one text, so that it is cited by characters and not by pieces.
Spec: https://platform.claude.com/docs/en/build-with-claude/citations
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from ext_proc.apis.json_value import array, boolean, given, name, object_, one_of, text
from ext_proc.chat import Cache, Document
from ext_proc.errors import Unsupported

PDF, PLAIN = "application/pdf", "text/plain"
_SOURCES = ("base64", "text", "content", "url")


def read_document(block: Mapping[str, Any], path: str, cache: Cache) -> Document:
    citations = given(object_, block.get("citations"), f"{path}.citations") or {}
    return Document(
        **_read_source(object_(block.get("source"), f"{path}.source"), f"{path}.source"),
        name=given(text, block.get("title"), f"{path}.title") or None,
        context=given(text, block.get("context"), f"{path}.context") or None,
        citations=given(boolean, citations.get("enabled"), f"{path}.citations.enabled") or False,
        cache=cache,
    )


def write_document(document: Document) -> dict[str, Any]:
    members = {
        "title": document.name,
        "context": document.context,
        "citations": {"enabled": True} if document.citations else None,
    }
    return {"type": "document", "source": _write_source(document)} | {
        key: value for key, value in members.items() if value is not None
    }


def _read_source(source: Mapping[str, Any], path: str) -> dict[str, Any]:
    match name(source.get("type"), f"{path}.type"):
        case "base64":
            media_type = one_of(source.get("media_type"), f"{path}.media_type", (PDF,))
            return {"data": text(source.get("data"), f"{path}.data"), "media_type": media_type}
        case "text":
            return {"text": text(source.get("data"), f"{path}.data")}
        case "content":
            return {"text": _read_pieces(source.get("content"), f"{path}.content")}
        case "url":
            return {"url": name(source.get("url"), f"{path}.url")}
    raise Unsupported(f"`{path}.type` must be one of: {', '.join(_SOURCES)}.", param=f"{path}.type")


def _read_pieces(content: Any, path: str) -> str:
    if isinstance(content, str):
        return content
    pieces = [(object_(piece, f"{path}[{at}]"), f"{path}[{at}]") for at, piece in enumerate(array(content, path))]
    for piece, where in pieces:
        if piece.get("type") != "text":
            raise Unsupported(f"`{where}` must be text: images in a document cannot be translated.", param=where)
    return "\n\n".join(text(piece.get("text"), f"{where}.text") for piece, where in pieces)


def _write_source(document: Document) -> dict[str, Any]:
    if document.url is not None:
        if not document.url.lower().startswith(("https://", "http://")):
            raise Unsupported("Messages takes documents as data or by an address of the web.", param="messages")
        return {"type": "url", "url": document.url}
    plain = document.text if document.data is None else _plain_text(document)
    if plain is not None:
        return {"type": "text", "media_type": PLAIN, "data": plain}
    return {"type": "base64", "media_type": PDF, "data": document.data}


def _plain_text(document: Document) -> str | None:
    """The text of a document of text; nothing of a PDF."""
    kind = (document.media_type or "").lower()
    if kind == PDF:
        return None
    if not kind.startswith("text/") and kind != "application/json":
        raise Unsupported("Messages takes documents as PDF or as plain text.", param="messages")
    try:
        return base64.b64decode(document.data or "", validate=True).decode()
    except (binascii.Error, ValueError):
        raise Unsupported(
            "A document of text must be base64 of UTF-8, to be sent to Messages.", param="messages"
        ) from None
