"""What the edge must know of a Chat Completions request, and the members that it may set.

Spec: https://platform.openai.com/docs/api-reference/chat/create
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ext_proc.apis import outside
from ext_proc.apis.api import Outline
from ext_proc.apis.json_value import as_object, boolean, filled_array, given, integer, name, object_

MOST_OUTPUT_TOKENS = 10_000_000
MOST_CHOICES = 128

_LIMITS = ("max_completion_tokens", "max_tokens")


def outline(members: Mapping[str, Any]) -> Outline:
    """Validates what money and routing depend on, and no more; the conversation is only scanned for images."""
    get = members.get
    count, size = _images(filled_array(get("messages"), "messages"))
    beyond = outside.CHAT_COMPLETIONS.of(members)
    return Outline(
        model=name(get("model"), "model"),
        stream=given(boolean, get("stream"), "stream") or False,
        include_usage=include_usage(get("stream_options")),
        max_output_tokens=max_output_tokens(members),
        n=choices(get("n")),
        images=count,
        image_bytes=size,
        tools=bool(get("tools") or get("functions")),
        outside=beyond.outside,
        windowed=beyond.windowed,
        attached_bytes=beyond.attached_bytes,
    )


def limit_output(members: Mapping[str, Any], cap: int) -> dict[str, Any]:
    asked = {key: members[key] for key in _LIMITS if members.get(key) is not None}
    if not asked:
        return {"max_completion_tokens": cap}
    return {key: cap for key, tokens in asked.items() if tokens > cap}


def ask_usage(members: Mapping[str, Any]) -> dict[str, Any]:
    options = as_object(members.get("stream_options"))
    if not members.get("stream") or options.get("include_usage"):
        return {}
    return {"stream_options": {**options, "include_usage": True}}


def include_usage(options: Any) -> bool:
    if options is None:
        return False
    members = object_(options, "stream_options")
    return given(boolean, members.get("include_usage"), "stream_options.include_usage") or False


def max_output_tokens(members: Mapping[str, Any]) -> int | None:
    """The greater, should a client send both: an upper bound may not be too low."""
    asked = [integer(members[key], key, 1, MOST_OUTPUT_TOKENS) for key in _LIMITS if members.get(key) is not None]
    return max(asked, default=None)


def choices(n: Any) -> int:
    return 1 if n is None else integer(n, "n", 1, MOST_CHOICES)


def images_in(content: Any) -> tuple[int, int]:
    """How many images stand among these parts of content, and the bytes of those that are sent along."""
    count = size = 0
    for part in content if isinstance(content, list) else ():
        if isinstance(part, dict) and part.get("type") == "image_url":
            count += 1
            size += _data_bytes(part.get("image_url"))
    return count, size


def _images(messages: list[Any]) -> tuple[int, int]:
    found = [images_in(message.get("content")) for message in messages if isinstance(message, dict)]
    return sum(count for count, _ in found), sum(size for _, size in found)


def _data_bytes(image: Any) -> int:
    url = image.get("url") if isinstance(image, dict) else None
    return len(url) if isinstance(url, str) and url.startswith("data:") else 0
