"""Documents and sound in the content of messages: `file` and `input_audio`, whose members Responses has, too.

A file goes along as a data URL, with its name. What is said about it stands before it as text; that it be cited, no
format of OpenAI's can ask. Spec: https://platform.openai.com/docs/guides/file-inputs
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from ext_proc.apis.data_url import read_data_url, write_data_url
from ext_proc.apis.json_value import given, name, object_, text
from ext_proc.chat import Audio, Document
from ext_proc.errors import Unsupported

_PLAIN = "text/plain"
_ENDINGS: Mapping[str, str] = {
    "application/pdf": ".pdf",
    "text/plain": ".txt",
    "text/markdown": ".md",
    "text/csv": ".csv",
    "text/html": ".html",
    "application/json": ".json",
}
_FORMATS: Mapping[str, str] = {"mpeg": "mp3", "x-wav": "wav", "wave": "wav", "vnd.wave": "wav"}


def read_file(file: Mapping[str, Any], path: str, *, cache: bool = False) -> Document:
    if file.get("file_id") is not None:
        raise Unsupported(
            "Only the provider that stored a file can refer to it; send it as `file_data`.", param=f"{path}.file_id"
        )
    called = given(text, file.get("filename"), f"{path}.filename") or None
    found = read_data_url(name(file.get("file_data"), f"{path}.file_data"))
    if found is None:
        message = f"`{path}.file_data` must be a data URL, as in data:application/pdf;base64,JVBERi0…"
        raise Unsupported(message, param=f"{path}.file_data")
    media_type, data = found
    plain = decoded(data) if media_type == _PLAIN else None
    if plain is not None:
        return Document(text=plain, name=called, cache=cache)
    return Document(data=data, media_type=media_type, name=called, cache=cache)


def read_audio(part: Mapping[str, Any], path: str) -> Audio:
    audio = object_(part.get("input_audio"), f"{path}.input_audio")
    format_ = name(audio.get("format"), f"{path}.input_audio.format")
    return Audio(name(audio.get("data"), f"{path}.input_audio.data"), f"audio/{format_.lower()}")


def write_file(document: Document) -> dict[str, Any]:
    """OpenAI demands a name."""
    media_type, data = document.media_type, document.data
    if document.text is not None:
        media_type, data = _PLAIN, base64.b64encode(document.text.encode("utf-8", "replace")).decode()
    called = document.name or f"document{_ENDINGS.get(media_type or '', '')}"
    return {"filename": called, "file_data": write_data_url(media_type, data)}


def write_audio(audio: Audio) -> dict[str, Any]:
    subtype = audio.media_type.rpartition("/")[2]
    return {"type": "input_audio", "input_audio": {"data": audio.data, "format": _FORMATS.get(subtype, subtype)}}


def text_of(document: Document) -> str | None:
    """What it says, where it is nothing but text."""
    if document.text is not None:
        return document.text
    is_text = document.data is not None and (document.media_type or "").startswith("text/")
    return decoded(document.data or "") if is_text else None


def decoded(data: str) -> str | None:
    try:
        return base64.b64decode(data, validate=True).decode()
    except ValueError:  # neither base64 nor UTF-8
        return None
