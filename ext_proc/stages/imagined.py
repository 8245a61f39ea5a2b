"""The reading of a call that is only spoken of: what a dry run asks about when no client has sent it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ext_proc.apis import APIS
from ext_proc.apis.api import Outline
from ext_proc.stages.clamp import MOST_BYTES_PER_TOKEN
from ext_proc.stages.read import Reading

IMAGINABLE = tuple(name for name, row in APIS.items() if row.keeps is None)
"""The APIs of such a call."""


def imagined(api: str, model: str, tokens: int, cap: int | None, tools: Sequence[str] = ()) -> Reading:
    """With so many input tokens, an output cap or none, and tools of these names."""
    told = {"tools": [{"name": name} for name in tools]}
    outline = Outline(model, max_output_tokens=cap, writes=APIS[api].family == "chat")
    return replace(Reading(APIS[api], told, told, outline, tokens), text_bytes=tokens * MOST_BYTES_PER_TOKEN)
