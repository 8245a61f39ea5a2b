"""Drop: what an API cannot say, left out of a request where its operator chose that over a refusal.

An error names the member at fault: one of the client's where it was not read, one of the vocabulary where it was not
written. What cannot be left out without ending the conversation is refused still.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from ext_proc.chat import Request
from ext_proc.errors import ClientError, Unsupported

T = TypeVar("T")
MOST_DROPPED = 64
_BLOCK = re.compile(r"messages\[(\d+)\](?:\.content)?\[(\d+)\]")
_KEY = re.compile(r"([^.\[\]]+)|\[(\d+)\]")

_WITHOUT: Mapping[str, Mapping[str, Any]] = {
    "n": {"n": 1},
    "stop": {"stop": ()},
    "logprobs": {"logprobs": False, "top_logprobs": None},
    "top_logprobs": {"logprobs": False, "top_logprobs": None},
    "tools": {"tools": (), "tool_choice": None},
    "tool_choice": {"tool_choice": None},
    "output_format": {"output_format": None},
    "response_format": {"output_format": None},
    "thinking": {"thinking": None},
    "seed": {"seed": None},
    "service_tier": {"service_tier": None},
}
"""The members of a request that say nothing of what the error's member says."""


def made(make: Callable[[T], Any], given: T, leave_out: Callable[[T, str], T | None]) -> tuple[Any, tuple[str, ...]]:
    """What `make` makes of `given`, or of as much of it as can be said, and what was left out."""
    dropped: list[str] = []
    first: Unsupported | None = None
    while len(dropped) < MOST_DROPPED:
        try:
            return make(given), tuple(dict.fromkeys(dropped))
        except Unsupported as error:
            first = first or error
            less = leave_out(given, error.param) if error.param else None
            if less is None:
                raise first from None
            dropped.append(error.param or "")
            given = less
        except ClientError:
            raise first or Unsupported("The request says nothing that can be said.") from None
    raise first or Unsupported("The request says too much that cannot be said.")


def without(request: Any, param: str) -> Any:
    """The request without what `param` names; None where that is not something to leave out."""
    if not isinstance(request, Request):
        return None
    if param in request.unread:
        return replace(request, unread={name: value for name, value in request.unread.items() if name != param})
    block = _BLOCK.match(param)
    if block is not None:
        return _without_block(request, int(block[1]), int(block[2]))
    less = _WITHOUT.get(re.split(r"[.\[]", param, maxsplit=1)[0])
    return None if less is None else replace(request, **less)


def without_member(members: Mapping[str, Any], param: str) -> dict[str, Any] | None:
    """The JSON members without the one at the path `param`; of a list, the whole item whose `type` it is."""
    path: list[str | int] = [name or int(index) for name, index in _KEY.findall(param)]
    while path and not isinstance(path[-1], int) and any(isinstance(key, int) for key in path):
        path.pop()  # an item is left out whole
    return _deleted(members, path) if path else None


def _without_block(request: Request, at: int, block: int) -> Request | None:
    if at >= len(request.messages) or block >= len(request.messages[at].content):
        return None
    message = request.messages[at]
    left = message.content[:block] + message.content[block + 1 :]
    kept = (replace(message, content=left),) if left else ()
    return replace(request, messages=request.messages[:at] + kept + request.messages[at + 1 :])


def _deleted(value: Any, path: list[str | int]) -> Any:
    """A copy without what is at `path`; None when nothing is there."""
    key, *rest = path
    there = key in value if isinstance(value, Mapping) else isinstance(key, int) and key < len(value)
    if not there:
        return None
    less = _deleted(value[key], rest) if rest else None
    if rest and less is None:
        return None
    if isinstance(value, Mapping):
        kept = {name: one for name, one in value.items() if name != key}
        return {**kept, key: less} if rest else kept
    assert isinstance(key, int)
    return [*value[:key], *([less] if rest else []), *value[key + 1 :]]
