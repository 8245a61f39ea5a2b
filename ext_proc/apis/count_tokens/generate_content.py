"""Counting for clients of generateContent, who give the contents alone, or a whole request with tools and the system's.

Spec: https://ai.google.dev/api/tokens
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ext_proc.apis.api import Outline
from ext_proc.apis.count_tokens.counting import counting, free, input_of, only
from ext_proc.apis.generate_content import GENERATE_CONTENT
from ext_proc.apis.generate_content.errors import read_failure
from ext_proc.apis.generate_content.read import read_request as read_chat
from ext_proc.apis.generate_content.spelling import member, snake
from ext_proc.apis.json_value import dump, given, object_
from ext_proc.chat import Request
from ext_proc.errors import Malformed

_WHOLE = "generateContentRequest"
_NAMED = "models/"
_MEMBERS = frozenset(("contents", "systemInstruction", "tools", "toolConfig", "generationConfig"))
_MEMBERS_OF_VERTEX = _MEMBERS - {"toolConfig"}


def outline(members: Mapping[str, Any]) -> Outline:
    return free(GENERATE_CONTENT.outline(_counted(members)))


def read_request(members: Mapping[str, Any]) -> Request:
    return input_of(read_chat(_counted(members)))


def write_request(request: Request) -> bytes:
    counted = only(GENERATE_CONTENT.write_request(request), _MEMBERS)
    return dump({_WHOLE: {"model": f"{_NAMED}{request.model}", **counted}})


def write_vertex_request(request: Request) -> bytes:
    return dump(only(GENERATE_CONTENT.write_request(request), _MEMBERS_OF_VERTEX))


def rename(members: Mapping[str, Any], model: str) -> dict[str, Any]:
    """A whole request names its model once more."""
    key = snake(_WHOLE) if members.get(snake(_WHOLE)) is not None else _WHOLE
    whole = members.get(key)
    return {key: {**whole, "model": f"{_NAMED}{model}"}} if isinstance(whole, dict) else {}


def _counted(members: Mapping[str, Any]) -> Mapping[str, Any]:
    """The request whose tokens are counted."""
    whole = given(object_, member(members, _WHOLE), _WHOLE)
    model = members.get("model")
    if whole is None:
        return members
    if whole.get("model") not in (None, model, f"{_NAMED}{model}"):
        raise Malformed(f"`{_WHOLE}.model` must be the model of the path.", param=f"{_WHOLE}.model")
    return {**whole, "model": model}


GENERATE_CONTENT_COUNT_TOKENS = counting(
    GENERATE_CONTENT,
    read_failure,
    {"totalTokens": 0},
    name="generate_content_count_tokens",
    paths=("/v1beta/models/{model}:countTokens", "/v1/models/{model}:countTokens"),
    outline=outline,
    read_request=read_request,
    write_request=write_request,
    rename=rename,
)
VERTEX_COUNT_TOKENS = replace(
    GENERATE_CONTENT_COUNT_TOKENS, name="vertex_count_tokens", paths=(), write_request=write_vertex_request
)
"""Vertex AI takes no whole request, but all of its members apart. Only providers speak it.

Spec: https://docs.cloud.google.com/vertex-ai/generative-ai/docs/model-reference/count-tokens
"""
