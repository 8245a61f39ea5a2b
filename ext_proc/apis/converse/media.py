"""Images, documents and sound in Converse: bytes as base64, or what lies in S3.

A document must have a name, of few characters and unlike all others; where a client gave none or another,
it is changed to one. What it says stands in it as text where it came as text.
Spec: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_DocumentBlock.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from ext_proc.apis.json_value import array, boolean, given, name, object_, one_of, text, wrong
from ext_proc.chat import Audio, Document, Image, Message, ToolResult
from ext_proc.errors import Unsupported

_IMAGES: Mapping[str, str] = {
    "image/png": "png",
    "image/jpeg": "jpeg",
    "image/jpg": "jpeg",
    "image/gif": "gif",
    "image/webp": "webp",
}
_DOCUMENTS: Mapping[str, str] = {
    "application/pdf": "pdf",
    "text/csv": "csv",
    "application/msword": "doc",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.ms-excel": "xls",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "text/html": "html",
    "text/plain": "txt",
    "text/markdown": "md",
}
_MEDIA_TYPES: Mapping[str, str] = {format_: kind for kind, format_ in _DOCUMENTS.items()}
_SOUNDS = ("mp3", "opus", "wav", "aac", "flac", "mp4", "ogg", "mkv", "m4a", "mpeg", "pcm", "webm")
_FORMATS = ("png", "jpeg", "gif", "webp")

UNNAMED = "document"
_LONGEST_NAME = 200
_LONGEST_STEM = _LONGEST_NAME - len(" (9999999)")
_NAME_TROUBLE = re.compile(r"[^A-Za-z0-9 ()\[\]-]+")
_SPACES = re.compile(r"\s+")

# --- read -----------------------------------------------------------------------------------------------------------


def read_image(value: Any, path: str) -> Image:
    image = object_(value, path)
    media_type = "image/" + one_of(image.get("format"), f"{path}.format", _FORMATS)
    return Image(**_read_source(image.get("source"), f"{path}.source"), media_type=media_type)


def read_audio(value: Any, path: str) -> Audio:
    sound = object_(value, path)
    format_ = one_of(sound.get("format"), f"{path}.format", _SOUNDS)
    source = _read_source(sound.get("source"), f"{path}.source")
    if "data" not in source:
        raise Unsupported("Sound can only be translated when it is sent as bytes.", param=f"{path}.source")
    return Audio(source["data"], f"audio/{format_}")


def read_document(value: Any, path: str) -> Document:
    document = object_(value, path)
    citations = given(object_, document.get("citations"), f"{path}.citations") or {}
    format_ = given(_format, document.get("format"), f"{path}.format")
    source = _read_document_source(document.get("source"), f"{path}.source")
    return Document(
        **source,
        media_type=None if format_ is None or "text" in source else _MEDIA_TYPES[format_],
        name=name(document.get("name"), f"{path}.name"),
        context=given(text, document.get("context"), f"{path}.context") or None,
        citations=given(boolean, citations.get("enabled"), f"{path}.citations.enabled") or False,
    )


def _format(value: Any, path: str) -> str:
    return one_of(value, path, _MEDIA_TYPES)


def _read_document_source(value: Any, path: str) -> dict[str, Any]:
    match only_member(value, path):
        case "text", member:
            return {"text": text(member, f"{path}.text")}
        case "content", member:
            pieces = [object_(piece, f"{path}.content[{at}]") for at, piece in enumerate(array(member, path))]
            return {"text": "\n\n".join(text(piece.get("text"), f"{path}.content") for piece in pieces)}
    return _read_source(value, path)


def _read_source(value: Any, path: str) -> dict[str, Any]:
    match only_member(value, path):
        case "bytes", data:
            return {"data": text(data, f"{path}.bytes")}
        case "s3Location", {"bucketOwner": str()}:
            raise Unsupported("The owner of a bucket cannot be told.", param=f"{path}.s3Location.bucketOwner")
        case "s3Location", location:
            uri = object_(location, f"{path}.s3Location").get("uri")
            return {"url": name(uri, f"{path}.s3Location.uri")}
    raise Unsupported(f"`{path}` must be one of: bytes, s3Location.", param=path)


def only_member(value: Any, path: str) -> tuple[str, Any]:
    """Of an object that says by its only member what it is."""
    said = [(kind, member) for kind, member in object_(value, path).items() if member is not None]
    if len(said) != 1:
        raise wrong(value, path, "an object with exactly one member")
    return said[0]


# --- write ----------------------------------------------------------------------------------------------------------


def write_image(image: Image, path: str) -> dict[str, Any]:
    media_type = (image.media_type or "image/" + _ending(image.url or "")).lower()
    if media_type not in _IMAGES:
        raise Unsupported(f"Converse takes images as one of: {', '.join(_IMAGES)}.", param=path)
    return {"format": _IMAGES[media_type], "source": _write_source("images", image.url, image.data, path)}


def write_audio(sound: Audio, path: str) -> dict[str, Any]:
    format_ = sound.media_type.lower().removeprefix("audio/").removeprefix("x-")
    if format_ not in _SOUNDS:
        raise Unsupported(f"Converse takes sound as one of: {', '.join(_SOUNDS)}.", param=path)
    return {"format": format_, "source": {"bytes": sound.data}}


def write_document(document: Document, path: str) -> dict[str, Any]:
    if document.text is not None:
        format_, source = "txt", {"text": document.text}
    else:
        format_ = _DOCUMENTS.get((document.media_type or "").lower()) or _ending(document.url or "")
        if format_ not in _MEDIA_TYPES:
            raise Unsupported(f"Converse takes documents as one of: {', '.join(_MEDIA_TYPES)}.", param=path)
        source = _write_source("documents", document.url, document.data, path)
    members = {
        "format": format_,
        "name": document.name or UNNAMED,
        "source": source,
        "context": document.context,
        "citations": {"enabled": True} if document.citations else None,
    }
    return {key: value for key, value in members.items() if value is not None}


def named(messages: Iterable[Message]) -> tuple[Message, ...]:
    """The same conversation, each of whose documents has a name that can be sent, and no two the same."""
    taken: set[str] = set()
    numbers: dict[str, int] = {}

    def renamed(block: Any) -> Any:
        if isinstance(block, ToolResult):
            return replace(block, content=tuple(renamed(inner) for inner in block.content))
        return replace(block, name=_unlike(taken, numbers, block.name)) if isinstance(block, Document) else block

    return tuple(Message(message.role, tuple(renamed(block) for block in message.content)) for message in messages)


def _unlike(taken: set[str], numbers: dict[str, int], given_: str | None) -> str:
    """`numbers` are the last of those that begin alike, so that many documents of one name are not tried in turn."""
    plain = _SPACES.sub(" ", _NAME_TROUBLE.sub("-", _SPACES.sub(" ", given_ or ""))).strip() or UNNAMED
    called, stem = plain[:_LONGEST_NAME].strip(), plain[:_LONGEST_STEM]
    while called in taken:
        numbers[stem] = numbers.get(stem, 1) + 1
        ending = f" ({numbers[stem]})"
        called = plain[: _LONGEST_NAME - len(ending)].strip() + ending
    taken.add(called)
    return called


def _write_source(kind: str, url: str | None, data: str | None, path: str) -> dict[str, Any]:
    if url is None:
        return {"bytes": data}
    if not url.startswith("s3://"):
        raise Unsupported(f"Converse takes {kind} as data or from S3, not by other URLs.", param=path)
    return {"s3Location": {"uri": url}}


def _ending(url: str) -> str:
    return url.rpartition(".")[2].lower()
