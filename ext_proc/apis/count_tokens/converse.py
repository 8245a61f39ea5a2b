"""Counting for clients of Converse, and of InvokeModel, whose body Bedrock alone reads.

Spec: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_CountTokens.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ext_proc.apis.api import Outline
from ext_proc.apis.converse import CONVERSE
from ext_proc.apis.converse.errors import read_failure
from ext_proc.apis.converse.read import read_request as read_chat
from ext_proc.apis.count_tokens.counting import counting, free, input_of, only
from ext_proc.apis.json_value import dump, given, name, object_, text
from ext_proc.chat import Request
from ext_proc.errors import Malformed, Unsupported

_MEMBERS = frozenset(("messages", "system", "toolConfig", "additionalModelRequestFields"))


def outline(members: Mapping[str, Any]) -> Outline:
    converse = _converse(members)
    if converse is not None:
        return free(CONVERSE.outline(converse))
    invoke = object_(_input(members).get("invokeModel"), "input.invokeModel")
    body = text(invoke.get("body"), "input.invokeModel.body")
    in_base64_alone = len(body) // 4
    return free(Outline(name(members.get("model"), "model"), image_bytes=in_base64_alone))


def read_request(members: Mapping[str, Any]) -> Request:
    converse = _converse(members)
    if converse is None:
        message = "No provider of this model reads the body of an InvokeModel request; send `input.converse`."
        raise Unsupported(message, param="input.invokeModel")
    return input_of(read_chat(converse))


def write_request(request: Request) -> bytes:
    return dump({"input": {"converse": only(CONVERSE.write_request(request), _MEMBERS)}})


def _input(members: Mapping[str, Any]) -> Mapping[str, Any]:
    given_ = object_(members.get("input"), "input")
    if (given_.get("converse") is None) == (given_.get("invokeModel") is None):
        raise Malformed("`input` must hold either `converse` or `invokeModel`.", param="input")
    return given_


def _converse(members: Mapping[str, Any]) -> Mapping[str, Any] | None:
    converse = given(object_, _input(members).get("converse"), "input.converse")
    return None if converse is None else {**converse, "model": members.get("model")}


CONVERSE_COUNT_TOKENS = counting(
    CONVERSE,
    read_failure,
    {"inputTokens": 0},
    name="converse_count_tokens",
    paths=("/model/{model}/count-tokens",),
    outline=outline,
    read_request=read_request,
    write_request=write_request,
)
