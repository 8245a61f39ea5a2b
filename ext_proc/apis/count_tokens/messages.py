"""Counting for clients of Messages. Spec: https://platform.claude.com/docs/en/api/messages/count_tokens"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ext_proc.apis.api import Outline
from ext_proc.apis.count_tokens.counting import counting, free, input_of, only
from ext_proc.apis.json_value import dump
from ext_proc.apis.messages import MESSAGES
from ext_proc.apis.messages.errors import read_failure
from ext_proc.apis.messages.outline import MOST_OUTPUT_TOKENS
from ext_proc.apis.messages.read import read_request as read_chat
from ext_proc.chat import Request

_MEMBERS = frozenset(("model", "messages", "system", "tools", "tool_choice", "thinking", "output_config"))


def outline(members: Mapping[str, Any]) -> Outline:
    return free(MESSAGES.outline(_capped(members)))


def read_request(members: Mapping[str, Any]) -> Request:
    return input_of(read_chat(_capped(members)))


def write_request(request: Request) -> bytes:
    return dump(only(MESSAGES.write_request(request), _MEMBERS))


def _capped(members: Mapping[str, Any]) -> dict[str, Any]:
    """Messages demands a cap, which counting does not know."""
    return {**members, "max_tokens": MOST_OUTPUT_TOKENS}


MESSAGES_COUNT_TOKENS = counting(
    MESSAGES,
    read_failure,
    {"input_tokens": 0},
    name="messages_count_tokens",
    paths=("/v1/messages/count_tokens",),
    outline=outline,
    read_request=read_request,
    write_request=write_request,
)
