"""The tier that a call is served in, as asked for and as reported, in OpenAI's words.

A tier that no other provider has is not kept when it is asked for.
Spec: https://platform.openai.com/docs/guides/priority-processing
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ext_proc.apis.json_value import given, text
from ext_proc.chat import ServiceTier
from ext_proc.usage import Usage

_ASKED: Mapping[str, ServiceTier] = {
    "auto": "auto",
    "default": "default",
    "flex": "flex",
    "priority": "priority",
    "fast": "priority",
}
_SERVED: Mapping[str, str] = {
    **{word: word for word in ("default", "flex", "priority", "scale", "ultrafast")},
    "standard": "default",
    "on_demand": "default",
    "fast": "priority",
}


def read_service_tier(value: Any) -> ServiceTier | None:
    word = given(text, value, "service_tier")
    return None if word is None else _ASKED.get(word)


def write_served_tier(usage: Usage | None) -> dict[str, Any]:
    """A member of the answer, where the provider's word is one of a tier that OpenAI has, too."""
    served = _SERVED.get((usage.service_tier or "").lower()) if usage else None
    return {"service_tier": served} if served else {}
