"""Counting for clients of Responses. Spec: https://platform.openai.com/docs/api-reference/responses/input-tokens"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ext_proc.apis.api import Outline
from ext_proc.apis.count_tokens.counting import counting, free, input_of, only
from ext_proc.apis.json_value import dump
from ext_proc.apis.responses import RESPONSES
from ext_proc.apis.responses.errors import read_failure
from ext_proc.apis.responses.read import read_request as read_chat
from ext_proc.chat import Request

_MEMBERS = frozenset(
    ("model", "input", "instructions", "tools", "tool_choice", "parallel_tool_calls", "text", "reasoning")
)


def outline(members: Mapping[str, Any]) -> Outline:
    return free(RESPONSES.outline(members))


def read_request(members: Mapping[str, Any]) -> Request:
    return input_of(read_chat(members))


def write_request(request: Request) -> bytes:
    return dump(only(RESPONSES.write_request(request), _MEMBERS))


RESPONSES_INPUT_TOKENS = counting(
    RESPONSES,
    read_failure,
    {"object": "response.input_tokens", "input_tokens": 0},
    name="responses_input_tokens",
    paths=("/v1/responses/input_tokens",),
    outline=outline,
    read_request=read_request,
    write_request=write_request,
)
