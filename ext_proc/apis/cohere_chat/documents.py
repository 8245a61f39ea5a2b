"""Documents to ground an answer in: text with a few more facts. They are cited by ids, which here tell their number.

Spec: https://docs.cohere.com/docs/retrieval-augmented-generation-rag
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ext_proc.apis.chat_completions.files import text_of
from ext_proc.apis.json_value import dump_text, given, object_, text
from ext_proc.chat import Document
from ext_proc.errors import Unsupported

_TEXTS = ("text", "snippet", "content")
_OTHERS = {"title", "context"}
_ID = re.compile(r"doc:(\d{1,6})")


def read_document(value: Any, path: str, *, cited: bool) -> Document:
    """One that holds more than a text, its title and what is said about it becomes a text as a whole."""
    if isinstance(value, str):
        return Document(text=value, citations=cited)
    document = object_(value, path)
    called = given(text, document.get("id"), f"{path}.id") or None
    data = object_(document.get("data"), f"{path}.data")
    key = next((key for key in _TEXTS if isinstance(data.get(key), str)), "")
    plain = data.keys() <= {key, *_OTHERS} and all(isinstance(fact, str) for fact in data.values())
    if not key or not plain:
        return Document(text=dump_text(data), name=called, citations=cited)
    return Document(
        text=data[key], name=data.get("title") or called, context=data.get("context") or None, citations=cited
    )


def write_document(document: Document, number: int, path: str) -> dict[str, Any]:
    """Raises `Unsupported` for what is no text."""
    plain = text_of(document)
    if plain is None:
        raise Unsupported("Cohere takes documents as text only.", param=path)
    data = {"text": plain, "title": document.name, "context": document.context}
    return {"id": id_of(number), "data": {key: value for key, value in data.items() if value is not None}}


def id_of(number: int) -> str:
    return f"doc:{number}"


def number_of(id_: str) -> int | None:
    match = _ID.fullmatch(id_)
    return int(match[1]) if match else None


def text_in(document: Mapping[str, Any]) -> str | None:
    """The text of a document that a citation repeats."""
    return next((document[key] for key in _TEXTS if isinstance(document.get(key), str)), None)
