"""What the edge must know of a request to Cohere's Chat, and the members that it may set.

Spec: https://docs.cohere.com/reference/chat
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ext_proc.apis import outside
from ext_proc.apis.api import Outline
from ext_proc.apis.chat_completions.outline import images_in
from ext_proc.apis.json_value import boolean, filled_array, given, integer, name

MOST_OUTPUT_TOKENS = 10_000_000


def outline(members: Mapping[str, Any]) -> Outline:
    """Validates what money and routing depend on, and no more; the conversation is only scanned for images."""
    get = members.get
    messages = filled_array(get("messages"), "messages")
    found = [images_in(message.get("content")) for message in messages if isinstance(message, dict)]
    beyond = outside.COHERE_CHAT.of(members)
    return Outline(
        model=name(get("model"), "model"),
        stream=given(boolean, get("stream"), "stream") or False,
        include_usage=True,
        max_output_tokens=max_output_tokens(members),
        images=sum(count for count, _ in found),
        image_bytes=sum(size for _, size in found),
        tools=bool(get("tools")),
        outside=beyond.outside,
        windowed=beyond.windowed,
        attached_bytes=beyond.attached_bytes,
    )


def limit_output(members: Mapping[str, Any], cap: int) -> dict[str, Any]:
    asked = members.get("max_tokens")
    return {} if asked is not None and asked <= cap else {"max_tokens": cap}


def ask_usage(_members: Mapping[str, Any]) -> dict[str, Any]:
    return {}


def max_output_tokens(members: Mapping[str, Any]) -> int | None:
    asked = members.get("max_tokens")
    return None if asked is None else integer(asked, "max_tokens", 1, MOST_OUTPUT_TOKENS)
