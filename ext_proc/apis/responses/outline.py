"""What the edge must know of a Responses request, and the members that it may set.

Spec: https://platform.openai.com/docs/api-reference/responses/create
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ext_proc.apis import outside
from ext_proc.apis.api import Outline
from ext_proc.apis.json_value import boolean, filled_array, given, integer, name, wrong

MOST_OUTPUT_TOKENS = 10_000_000

STATE: Mapping[str, str] = {
    "previous_response_id": "an earlier response",
    "conversation": "a conversation",
    "prompt": "a prompt template",
}
"""Members that name what OpenAI has stored, and what that is."""


def outline(members: Mapping[str, Any]) -> Outline:
    """Validates what money and routing depend on, and no more; the conversation is only scanned for images.

    What names stored state may stand in for `input`: a provider that speaks Responses may know it.
    """
    get = members.get
    count, size = _images(_items(members))
    beyond = outside.RESPONSES.of(members)
    return Outline(
        model=name(get("model"), "model"),
        stream=given(boolean, get("stream"), "stream") or False,
        include_usage=True,
        max_output_tokens=max_output_tokens(members),
        images=count,
        image_bytes=size,
        tools=bool(get("tools")),
        outside=beyond.outside,
        windowed=beyond.windowed,
        attached_bytes=beyond.attached_bytes,
    )


def limit_output(members: Mapping[str, Any], cap: int) -> dict[str, Any]:
    asked = members.get("max_output_tokens")
    return {} if asked is not None and asked <= cap else {"max_output_tokens": cap}


def ask_usage(_members: Mapping[str, Any]) -> dict[str, Any]:
    return {}


def max_output_tokens(members: Mapping[str, Any]) -> int | None:
    asked = members.get("max_output_tokens")
    return None if asked is None else integer(asked, "max_output_tokens", 1, MOST_OUTPUT_TOKENS)


def _items(members: Mapping[str, Any]) -> list[Any]:
    value = members.get("input")
    if isinstance(value, str) or (value is None and any(members.get(member) is not None for member in STATE)):
        return []
    if isinstance(value, list):
        return filled_array(value, "input")
    raise wrong(value, "input", "a string or an array")


def _images(items: list[Any]) -> tuple[int, int]:
    """They stand in the content of messages and in the output of tools."""
    count = size = 0
    for item in items:
        content = (item.get("content") or item.get("output")) if isinstance(item, dict) else None
        for part in content if isinstance(content, list) else ():
            if isinstance(part, dict) and part.get("type") == "input_image":
                count += 1
                size += _data_bytes(part.get("image_url"))
    return count, size


def _data_bytes(url: Any) -> int:
    return len(url) if isinstance(url, str) and url.startswith("data:") else 0
