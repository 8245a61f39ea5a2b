"""Images, documents and sound, which stand in parts: as base64 in `inlineData`, by their address in `fileData`.

There is no place for what a document is called, nor for the wish that it be cited; what is said about it stands before
it as text. Spec: https://ai.google.dev/gemini-api/docs/file-input-methods
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any

from ext_proc.apis.generate_content.signature import standard_base64
from ext_proc.apis.generate_content.spelling import member
from ext_proc.apis.json_value import given, name, object_, text
from ext_proc.chat import Audio, Document, Image
from ext_proc.errors import Unsupported

Media = Image | Document | Audio

PDF, PLAIN = "application/pdf", "text/plain"
_KINDS_OF_ENDINGS: Mapping[str, str] = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "gif": "image/gif",
    "heic": "image/heic",
    "heif": "image/heif",
    "pdf": PDF,
    "txt": PLAIN,
    "md": "text/markdown",
    "csv": "text/csv",
    "html": "text/html",
    "xml": "text/xml",
    "json": "application/json",
}
_DOCUMENTS = ("application/", "text/")
_ON_THE_WEB = re.compile(r"https?://(?!generativelanguage\.googleapis\.com/)", re.IGNORECASE)
_VIDEOS = re.compile(r"https?://(?:[a-z]+\.)?(?:youtube\.com|youtu\.be)/", re.IGNORECASE)


def read_inline(value: Any, path: str) -> Media:
    media = object_(value, path)
    kind = name(member(media, "mimeType", path), f"{path}.mimeType").lower()
    data = standard_base64(text(media.get("data"), f"{path}.data"))
    called = given(text, member(media, "displayName", path), f"{path}.displayName") or None
    if kind.startswith("image/"):
        return Image(data=data, media_type=kind)
    if kind.startswith("audio/"):
        return Audio(data, kind)
    if not kind.startswith(_DOCUMENTS):
        raise _unknown(path)
    plain = _text(data) if kind == PLAIN else None
    return Document(data=data, media_type=kind, name=called) if plain is None else Document(text=plain, name=called)


def read_file(value: Any, path: str) -> Image | Document:
    """By an address that every provider can fetch. A kind that nobody tells is taken for an image."""
    media = object_(value, path)
    said = given(name, member(media, "mimeType", path), f"{path}.mimeType")
    url = name(member(media, "fileUri", path), f"{path}.fileUri")
    called = given(text, member(media, "displayName", path), f"{path}.displayName") or None
    kind = said.lower() if said else _KINDS_OF_ENDINGS.get(_ending(url))
    if not (kind or "image/").startswith(("image/", *_DOCUMENTS)) or _VIDEOS.match(url):
        raise _unknown(path)
    if not _ON_THE_WEB.match(url):
        raise Unsupported(
            f"`{path}.fileUri` names a file that Google alone can fetch; send it as data, or by an address of the web.",
            param=f"{path}.fileUri",
        )
    if kind is not None and kind.startswith(_DOCUMENTS):
        return Document(url=url, media_type=kind, name=called)
    return Image(url=url, media_type=said.lower() if said else None)


def write_media(block: Media) -> list[dict[str, Any]]:
    if not isinstance(block, Document):
        return [_write(block)]
    about = [{"text": block.context}] if block.context else []
    return [*about, _write(block)]


def _write(block: Media) -> dict[str, Any]:
    if isinstance(block, Audio):
        return _inline(block.media_type, block.data)
    if block.url is not None:
        kind = block.media_type or _KINDS_OF_ENDINGS.get(_ending(block.url))
        if kind is None and isinstance(block, Document):
            kind = PDF  # no other provider takes documents of another kind by address
        return {"fileData": {"mimeType": kind, "fileUri": block.url} if kind else {"fileUri": block.url}}
    if isinstance(block, Document) and block.text is not None:
        return _inline(PLAIN, base64.b64encode(block.text.encode("utf-8", "replace")).decode())
    return _inline(block.media_type, block.data)


def _inline(kind: str | None, data: str | None) -> dict[str, Any]:
    return {"inlineData": {"mimeType": kind, "data": data}}


def _unknown(path: str) -> Unsupported:
    return Unsupported(
        f"`{path}`: only images, documents and sound can be translated, and sound only as data.",
        param=f"{path}.mimeType",
    )


def _text(data: str) -> str | None:
    try:
        return base64.b64decode(data + "=" * (-len(data) % 4), validate=True).decode()
    except ValueError:  # neither base64 nor UTF-8
        return None


def _ending(url: str) -> str:
    return url.partition("?")[0].rpartition(".")[2].lower()
