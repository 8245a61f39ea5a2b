"""What the edge must know of a generateContent request, and the members that it may set.

Spec: https://ai.google.dev/api/generate-content
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ext_proc.apis import outside
from ext_proc.apis.api import Outline
from ext_proc.apis.generate_content.spelling import member, snake
from ext_proc.apis.json_value import as_array, boolean, filled_array, given, integer, name, object_

MOST_OUTPUT_TOKENS = 10_000_000
MOST_CHOICES = 128

_LIMIT = "maxOutputTokens"


def outline(members: Mapping[str, Any]) -> Outline:
    """Validates what money and routing depend on, and no more; the conversation is only scanned for images."""
    get = members.get
    config = generation_config(members)
    count, size = images_in(contents(members))
    beyond = outside.GENERATE_CONTENT.of(members)
    return Outline(
        model=name(get("model"), "model"),
        stream=given(boolean, get("stream"), "stream") or False,
        include_usage=True,
        max_output_tokens=max_output_tokens(config),
        n=choices(config),
        images=count,
        image_bytes=size,
        tools=bool(get("tools")),
        outside=beyond.outside,
        windowed=beyond.windowed,
        attached_bytes=beyond.attached_bytes,
    )


def limit_output(members: Mapping[str, Any], cap: int) -> dict[str, Any]:
    """The settings are one member, and are set whole."""
    config = generation_config(members)
    asked = max_output_tokens(config)
    if asked is not None and asked <= cap:
        return {}
    key = _spelling_in(members, "generationConfig")
    return {key: {**config, _spelling_in(config, _LIMIT): cap}}


def ask_usage(_members: Mapping[str, Any]) -> dict[str, Any]:
    return {}


def contents(members: Mapping[str, Any]) -> list[Any]:
    value = members.get("contents")
    return filled_array([value] if isinstance(value, dict) else value, "contents")


def generation_config(members: Mapping[str, Any]) -> Mapping[str, Any]:
    return given(object_, member(members, "generationConfig"), "generationConfig") or {}


def max_output_tokens(config: Mapping[str, Any]) -> int | None:
    asked = member(config, _LIMIT, "generationConfig")
    return None if asked is None else integer(asked, f"generationConfig.{_LIMIT}", 1, MOST_OUTPUT_TOKENS)


def choices(config: Mapping[str, Any]) -> int:
    asked = member(config, "candidateCount", "generationConfig")
    return 1 if asked is None else integer(asked, "generationConfig.candidateCount", 1, MOST_CHOICES)


def _spelling_in(members: Mapping[str, Any], name_: str) -> str:
    return snake(name_) if members.get(snake(name_)) is not None else name_


def images_in(holders: Sequence[Any]) -> tuple[int, int]:
    """How many images stand among these contents, and the bytes of those that are sent along."""
    count = size = 0
    for holder in holders:
        for part in _parts(holder):
            response = part.get("functionResponse") or part.get("function_response")
            found = [_image(part)] if response is None else [_image(inner) for inner in _parts(response)]
            count += sum(1 for bytes_ in found if bytes_ is not None)
            size += sum(bytes_ or 0 for bytes_ in found)
    return count, size


def _parts(holder: Any) -> list[Mapping[str, Any]]:
    """Of contents and of function responses."""
    parts = holder.get("parts") if isinstance(holder, dict) else None
    return [part for part in ([parts] if isinstance(parts, dict) else as_array(parts)) if isinstance(part, dict)]


def _image(part: Mapping[str, Any]) -> int | None:
    """The bytes of an image that are sent along, `None` for what is no image."""
    get = part.get
    media = get("inlineData") or get("inline_data") or get("fileData") or get("file_data")
    if not isinstance(media, dict):
        return None
    kind, data = media.get("mimeType") or media.get("mime_type"), media.get("data")
    if isinstance(kind, str) and not kind.lower().startswith("image/"):
        return None
    return len(data) if isinstance(data, str) else 0
