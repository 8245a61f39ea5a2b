"""What the edge must know of a Completions request, and the members that it may set.

Spec: https://platform.openai.com/docs/api-reference/completions/create
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ext_proc.apis.api import Outline
from ext_proc.apis.chat_completions.outline import MOST_CHOICES, MOST_OUTPUT_TOKENS, choices, include_usage
from ext_proc.apis.json_value import boolean, given, integer, name, wrong
from ext_proc.errors import Malformed

MOST_PROMPTS = 2048
"""With more of them the worst case could not be counted."""


def outline(members: Mapping[str, Any]) -> Outline:
    """Validates what money and routing depend on, and no more. Each prompt is answered, and paid, `best_of` times."""
    get = members.get
    best_of = 1 if get("best_of") is None else integer(get("best_of"), "best_of", 1, MOST_CHOICES)
    return Outline(
        model=name(get("model"), "model"),
        stream=given(boolean, get("stream"), "stream") or False,
        include_usage=include_usage(get("stream_options")),
        max_output_tokens=max_output_tokens(members, least=0),
        n=_prompts(get("prompt")) * max(choices(get("n")), best_of),
    )


def limit_output(members: Mapping[str, Any], cap: int) -> dict[str, Any]:
    asked = members.get("max_tokens")
    return {} if asked is not None and asked <= cap else {"max_tokens": cap}


def max_output_tokens(members: Mapping[str, Any], least: int) -> int | None:
    """A client that only wants to see its own prompt rated asks for 0. No default is made up, as providers differ."""
    asked = members.get("max_tokens")
    return None if asked is None else integer(asked, "max_tokens", least, MOST_OUTPUT_TOKENS)


def _prompts(prompt: Any) -> int:
    """How many there are: each string, each list of tokens; a list of bare tokens is one."""
    if isinstance(prompt, str):
        return 1
    if not isinstance(prompt, list) or not prompt:
        raise wrong(prompt, "prompt", "a string, an array of strings, or tokens")
    if len(prompt) > MOST_PROMPTS and not isinstance(prompt[0], int):
        raise Malformed(f"`prompt` must be at most {MOST_PROMPTS} prompts.", param="prompt")
    return 1 if isinstance(prompt[0], int) else len(prompt)
