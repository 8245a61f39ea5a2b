"""The content of Chat Completions messages, read: a string, or parts of the kinds that its role may send.

Spec: https://platform.openai.com/docs/api-reference/chat/create
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ext_proc.apis.chat_completions.files import read_audio, read_file
from ext_proc.apis.data_url import read_data_url
from ext_proc.apis.json_value import array, as_object, as_text, given, name, object_, text, wrong
from ext_proc.chat import Block, Document, Image, Refusal, Text, Thinking
from ext_proc.errors import Unsupported

Parts = Mapping[str, Callable[[Mapping[str, Any], str], Block]]


def read_content(value: Any, path: str, parts: Parts) -> tuple[Any, ...]:
    if isinstance(value, str):
        return (Text(value),) if value else ()
    if not isinstance(value, list):
        raise wrong(value, path, "a string or an array")
    return tuple(_read_part(part, f"{path}[{at}]", parts) for at, part in enumerate(value))


def read_cache(part: Mapping[str, Any]) -> bool:
    """OpenAI's own word for a cache point, and the one that gateways took over from Messages."""
    return part.get("prompt_cache_breakpoint") is not None or part.get("cache_control") is not None


def _read_part(value: Any, path: str, parts: Parts) -> Block:
    part = object_(value, path)
    kind = name(part.get("type"), f"{path}.type")
    if kind not in parts:
        raise Unsupported(f"`{path}` must be one of: {', '.join(parts)}.", param=f"{path}.type")
    return parts[kind](part, path)


def _read_text(part: Mapping[str, Any], path: str) -> Text:
    return Text(text(part.get("text"), f"{path}.text"), read_cache(part))


def read_image(part: Mapping[str, Any], path: str) -> Image:
    image = object_(part.get("image_url"), f"{path}.image_url")
    url = name(image.get("url"), f"{path}.image_url.url")
    detail = given(text, image.get("detail"), f"{path}.image_url.detail")
    found = read_data_url(url)
    if found is None:
        return Image(url=url, detail=detail, cache=read_cache(part))
    media_type, data = found
    return Image(data=data, media_type=media_type, detail=detail, cache=read_cache(part))


def _read_file(part: Mapping[str, Any], path: str) -> Document:
    return read_file(object_(part.get("file"), f"{path}.file"), f"{path}.file", cache=read_cache(part))


def _read_thinking(part: Mapping[str, Any], path: str) -> Thinking:
    """Where Mistral's answers have their thoughts. Only Mistral can read its signature."""
    pieces = array(part.get("thinking"), f"{path}.thinking")
    return Thinking("".join(as_text(as_object(piece).get("text")) for piece in pieces))


def _read_refusal(part: Mapping[str, Any], path: str) -> Refusal:
    return Refusal(text(part.get("refusal"), f"{path}.refusal"))


TEXT_PARTS: Parts = {"text": _read_text}
USER_PARTS: Parts = {"text": _read_text, "image_url": read_image, "file": _read_file, "input_audio": read_audio}
TOOL_PARTS: Parts = {"text": _read_text, "image_url": read_image, "file": _read_file}
ASSISTANT_PARTS: Parts = {"text": _read_text, "refusal": _read_refusal, "thinking": _read_thinking}
