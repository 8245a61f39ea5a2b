"""Hints: what a client says of speed, cost or form, and an answer is right without. By their names in `Api.lacks`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ext_proc.chat import Block, Document, Request, ToolResult


def said(request: Any, name: str) -> bool:
    """Most are members of the request, and some stand deeper in a chat."""
    deeper = _DEEPER.get(name) if isinstance(request, Request) else None
    if deeper is not None:
        return deeper(request)
    return getattr(request, name, None) not in (None, (), False)


def _at_a_time(request: Request) -> bool:
    return request.tool_choice is not None and request.tool_choice.parallel is False


def _any_json(request: Request) -> bool:
    return request.output_format is not None and request.output_format.schema is None


def _cached(request: Request) -> bool:
    marked = (*request.tools, *request.system, *_blocks(request))
    return any(getattr(one, "cache", None) for one in marked)


def _cited(request: Request) -> bool:
    return any(isinstance(block, Document) and block.citations for block in _blocks(request))


def _blocks(request: Request) -> Iterator[Block]:
    for message in request.messages:
        for block in message.content:
            yield block
            if isinstance(block, ToolResult):
                yield from block.content


_DEEPER: Mapping[str, Callable[[Request], bool]] = {
    "cache_control": _cached,
    "citations": _cited,
    "parallel_tool_calls": _at_a_time,
    "response_format": _any_json,
}
