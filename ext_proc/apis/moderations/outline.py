"""What the edge must know of a Moderations request.

Spec: https://platform.openai.com/docs/api-reference/moderations/create
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ext_proc.apis.api import Outline
from ext_proc.apis.chat_completions.outline import images_in
from ext_proc.apis.json_value import name, wrong

DEFAULT_MODEL = "omni-moderation-latest"
"""What OpenAI takes where the client names none."""


def outline(members: Mapping[str, Any]) -> Outline:
    """Validates what money and routing depend on, and no more. Text and images may stand in one input."""
    input_ = members.get("input")
    if not isinstance(input_, str | list) or not input_:
        raise wrong(input_, "input", "a string or an array of strings or objects")
    count, size = images_in(input_)
    model = members.get("model")
    return Outline(
        model=DEFAULT_MODEL if model is None else name(model, "model"),
        images=count,
        image_bytes=size,
        writes=False,
    )
