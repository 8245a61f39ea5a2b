"""What the edge must know of a Messages request, and the members that it may set.

Spec: https://platform.claude.com/docs/en/api/messages/create
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ext_proc.apis import outside
from ext_proc.apis.api import Outline
from ext_proc.apis.json_value import boolean, filled_array, given, integer, name
from ext_proc.apis.messages import thread
from ext_proc.apis.messages.thinking import LEAST_BUDGET
from ext_proc.errors import Malformed

MOST_OUTPUT_TOKENS = 10_000_000


def outline(members: Mapping[str, Any]) -> Outline:
    """Validates what money and routing depend on, and no more; the conversation is only scanned for images."""
    get = members.get
    count, size = _images(filled_array(get("messages"), "messages"))
    beyond = outside.MESSAGES.of(members)
    return Outline(
        model=name(get("model"), "model"),
        stream=given(boolean, get("stream"), "stream") or False,
        include_usage=True,
        max_output_tokens=max_output_tokens(members),
        images=count,
        image_bytes=size,
        tools=bool(get("tools")),
        outside=beyond.outside,
        windowed=thread.MEMBER if thread.continues(members) else beyond.windowed,
        attached_bytes=beyond.attached_bytes,
    )


def limit_output(members: Mapping[str, Any], cap: int) -> dict[str, Any]:
    """A lower `max_tokens`, and a thinking budget that stays below it, as Messages demands."""
    asked = members.get("max_tokens")
    if asked is not None and asked <= cap:
        return {}
    return {"max_tokens": cap} | _limit_thinking(members.get("thinking"), cap)


def ask_usage(_members: Mapping[str, Any]) -> dict[str, Any]:
    return {}


def max_output_tokens(members: Mapping[str, Any]) -> int:
    if members.get("max_tokens") is None:
        raise Malformed("`max_tokens` is required.", param="max_tokens")
    return integer(members["max_tokens"], "max_tokens", 1, MOST_OUTPUT_TOKENS)


def _limit_thinking(thinking: Any, cap: int) -> dict[str, Any]:
    budget = thinking.get("budget_tokens") if isinstance(thinking, Mapping) else None
    if not isinstance(budget, int) or budget < cap:
        return {}
    if cap <= LEAST_BUDGET:
        return {"thinking": {"type": "disabled"}}
    return {"thinking": {**thinking, "budget_tokens": cap - 1}}


def _images(blocks: list[Any]) -> tuple[int, int]:
    """Messages and tool results both hold blocks in `content`."""
    count = size = 0
    for block in blocks:
        if not isinstance(block, dict):
            continue
        if block.get("type") == "image":
            count += 1
            size += _data_bytes(block.get("source"))
        elif isinstance(content := block.get("content"), list):
            inner_count, inner_size = _images(content)
            count, size = count + inner_count, size + inner_size
    return count, size


def _data_bytes(source: Any) -> int:
    data = source.get("data") if isinstance(source, dict) else None
    return len(data) if isinstance(data, str) else 0
