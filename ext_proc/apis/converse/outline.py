"""What the edge must know of a Converse request, and the members that it may set.

Spec: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ext_proc.apis import outside
from ext_proc.apis.api import Outline
from ext_proc.apis.json_value import as_object, boolean, filled_array, given, integer, name, object_
from ext_proc.apis.messages.outline import limit_output as limit_claude

MOST_OUTPUT_TOKENS = 10_000_000


def outline(members: Mapping[str, Any]) -> Outline:
    """Validates what money and routing depend on, and no more; the conversation is only scanned for images."""
    get = members.get
    count, size = _images(filled_array(get("messages"), "messages"))
    beyond = outside.CONVERSE.of(members)
    return Outline(
        model=name(get("model"), "model"),
        stream=given(boolean, get("stream"), "stream") or False,
        include_usage=True,
        max_output_tokens=max_output_tokens(members),
        images=count,
        image_bytes=size,
        tools=bool(get("toolConfig")),
        outside=beyond.outside,
        windowed=beyond.windowed,
        attached_bytes=beyond.attached_bytes,
    )


def limit_output(members: Mapping[str, Any], cap: int) -> dict[str, Any]:
    """A lower `maxTokens`, and a thinking budget that stays below it, as Claude demands."""
    config = as_object(members.get("inferenceConfig"))
    fields = as_object(members.get("additionalModelRequestFields"))
    asked = {"max_tokens": config.get("maxTokens"), "thinking": fields.get("thinking")}
    limited = limit_claude(asked, cap)
    if not limited:
        return {}
    changes: dict[str, Any] = {"inferenceConfig": {**config, "maxTokens": cap}}
    if "thinking" in limited:
        changes["additionalModelRequestFields"] = {**fields, "thinking": limited["thinking"]}
    return changes


def ask_usage(_members: Mapping[str, Any]) -> dict[str, Any]:
    return {}


def max_output_tokens(members: Mapping[str, Any]) -> int | None:
    config = given(object_, members.get("inferenceConfig"), "inferenceConfig") or {}
    asked = config.get("maxTokens")
    return None if asked is None else integer(asked, "inferenceConfig.maxTokens", 1, MOST_OUTPUT_TOKENS)


def _images(messages: list[Any]) -> tuple[int, int]:
    """Messages and tool results both hold blocks in `content`."""
    count = size = 0
    for message in messages:
        content = message.get("content") if isinstance(message, dict) else None
        for block in content if isinstance(content, list) else ():
            inner_count, inner_size = _images_of(block) if isinstance(block, dict) else (0, 0)
            count, size = count + inner_count, size + inner_size
    return count, size


def _images_of(block: Mapping[str, Any]) -> tuple[int, int]:
    if isinstance(image := block.get("image"), dict):
        data = as_object(image.get("source")).get("bytes")
        return 1, len(data) if isinstance(data, str) else 0
    return _images([block["toolResult"]]) if "toolResult" in block else (0, 0)
