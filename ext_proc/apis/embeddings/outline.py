"""What the edge must know of an Embeddings request.

Spec: https://platform.openai.com/docs/api-reference/embeddings/create
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ext_proc.apis.api import Outline
from ext_proc.apis.json_value import name, wrong

_INPUTS = "a string, an array of strings, or tokens"


def outline(members: Mapping[str, Any]) -> Outline:
    """Validates what money and routing depend on, and no more. A token takes at least one byte of the body."""
    check_input(members.get("input"))
    return Outline(model=name(members.get("model"), "model"), writes=False, estimate={"output_tokens": 0})


def check_input(value: Any) -> None:
    if not isinstance(value, str | list) or not value:
        raise wrong(value, "input", _INPUTS)
    if isinstance(value, list) and not _is_batch(value):
        raise wrong(value[0], "input[0]", _INPUTS)


def _is_batch(items: list[Any]) -> bool:
    """All strings, all tokens, or all lists of tokens."""
    kinds = set(map(type, items))
    return len(kinds) == 1 and kinds <= {str, int, list}
