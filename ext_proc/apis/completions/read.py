"""Completions requests, read: the prompt becomes the one message of a user.

What has no place in a conversation is refused by name, but for hints, which are kept in `Request.unread`.
Spec: https://platform.openai.com/docs/api-reference/completions/create
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ext_proc.apis.chat_completions.outline import choices, include_usage
from ext_proc.apis.chat_completions.read import read_stop
from ext_proc.apis.completions.outline import max_output_tokens
from ext_proc.apis.json_value import boolean, given, integer, name, number, text, wrong
from ext_proc.chat import Message, Request, Text
from ext_proc.errors import Unsupported

_KNOWN = frozenset(
    (
        "model",
        "prompt",
        "suffix",
        "echo",
        "best_of",
        "logprobs",
        "max_tokens",
        "stop",
        "temperature",
        "top_p",
        "top_k",
        "seed",
        "presence_penalty",
        "frequency_penalty",
        "n",
        "stream",
        "stream_options",
        "user",
    )
)


def read_request(members: Mapping[str, Any]) -> Request:
    """Raises `Malformed` for a wrong type and `Unsupported` for what no conversation can say.

    `logprobs` of 0 asks for those of the text itself, so that only its absence says nothing.
    """
    get = members.get
    _refuse_meaningful(members)
    return Request(
        model=name(get("model"), "model"),
        messages=(Message("user", (Text(_read_prompt(get("prompt"))),)),),
        max_output_tokens=max_output_tokens(members, least=1),
        stop=read_stop(get("stop")),
        temperature=given(number, get("temperature"), "temperature"),
        top_p=given(number, get("top_p"), "top_p"),
        top_k=given(integer, get("top_k"), "top_k"),
        seed=given(integer, get("seed"), "seed"),
        presence_penalty=given(number, get("presence_penalty"), "presence_penalty"),
        frequency_penalty=given(number, get("frequency_penalty"), "frequency_penalty"),
        logprobs=get("logprobs") is not None,
        top_logprobs=given(integer, get("logprobs"), "logprobs"),
        n=choices(get("n")),
        stream=given(boolean, get("stream"), "stream") or False,
        include_usage=include_usage(get("stream_options")),
        user=given(text, get("user"), "user"),
        unread={key: value for key, value in members.items() if key not in _KNOWN and value is not None},
    )


def _refuse_meaningful(members: Mapping[str, Any]) -> None:
    meant = {
        "suffix": given(text, members.get("suffix"), "suffix"),
        "echo": given(boolean, members.get("echo"), "echo"),
        "best_of": given(integer, members.get("best_of"), "best_of") != choices(members.get("n")),
    }
    for member, says in meant.items():
        if says and members.get(member) is not None:
            raise Unsupported(f"`{member}` cannot be translated for the provider of this model.", param=member)


def _read_prompt(prompt: Any) -> str:
    match prompt:
        case str() | [str()]:
            return text(prompt if isinstance(prompt, str) else prompt[0], "prompt")
        case [str() | int() | list(), *_]:
            raise Unsupported(
                "Several prompts, or a prompt of tokens, cannot be translated for the provider of this model.",
                param="prompt",
            )
    raise wrong(prompt, "prompt", "a string, an array of strings, or tokens")
