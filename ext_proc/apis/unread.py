"""Members that no vocabulary holds: which may be left out when a request is written in another API, and which may not.

Most are hints of speed, cost or sampling, and are left out. Those named here change what the client gets.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ext_proc.chat import Request
from ext_proc.errors import Unsupported

_MEANINGFUL: Mapping[str, tuple[Any, ...]] = {
    "additionalModelRequestFields.output_config.format": (),
    "additionalModelRequestFields.tool_choice": (),
    "additionalModelRequestFields.tools": ([],),
    "additionalModelResponseFieldPaths": ([], ["/stop_sequence"]),
    "audio": (),
    "cachedContent": (),
    "container": (),
    "function_call": ("auto", "none"),
    "functions": ([],),
    "generationConfig.imageConfig": (),
    "generationConfig.responseFormat": ([],),
    "generationConfig.responseModalities": (["TEXT"], [], ["MODALITY_UNSPECIFIED"]),
    "generationConfig.speechConfig": (),
    "guardrailConfig": (),
    "inference_geo": (),
    "mcp_servers": ([],),
    "modalities": (["text"],),
    "moderation": (),
    "promptVariables": ({},),
    "web_search_options": (),
}
"""By name, the values that say nothing."""


def refuse_meaningful(request: Request, *, knows_logprobs: bool = False) -> None:
    """Raises `Unsupported` for a member that would be missed. Not every API can tell log probabilities."""
    if request.logprobs and not knows_logprobs:
        raise Unsupported("`logprobs` cannot be translated for the provider of this model.", param="logprobs")
    for member, value in request.unread.items():
        if value not in _MEANINGFUL.get(member, (value,)):
            raise Unsupported(f"`{member}` cannot be translated for the provider of this model.", param=member)
