"""What the edge must know of a Speech request, whose text is billed by the character or its sound by the token.

Spec: https://platform.openai.com/docs/api-reference/audio/createSpeech
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ext_proc.apis.api import Outline
from ext_proc.apis.json_value import given, name, number, one_of
from ext_proc.errors import Malformed

MOST_TOKENS_PER_BYTE = 16
"""At twenty a second that is four fifths of a second for each byte of text: slower than any voice at its own pace."""
USUAL_TOKENS_PER_BYTE = 1.5
LEAST_TOKENS = 1000
SLOWEST, FASTEST = 0.1, 10


def outline(members: Mapping[str, Any]) -> Outline:
    """Validates what money and routing depend on, and no more. Sound itself tells no usage; its events do."""
    words = name(members.get("input"), "input")
    size = len(words.encode("utf-8", "surrogatepass"))
    return Outline(
        model=name(members.get("model"), "model"),
        stream=given(_stream_format, members.get("stream_format"), "stream_format") == "sse",
        include_usage=True,
        max_output_tokens=LEAST_TOKENS + math.ceil(size * MOST_TOKENS_PER_BYTE / min(1, _speed(members))),
        heeds_cap=False,
        units={"characters": len(words)},
        estimate={"output_tokens": math.ceil(size * USUAL_TOKENS_PER_BYTE)},
    )


def _stream_format(value: Any, path: str) -> str:
    return one_of(value, path, ("sse", "audio"))


def _speed(members: Mapping[str, Any]) -> float:
    speed = given(number, members.get("speed"), "speed")
    if speed is None:
        return 1
    if not SLOWEST <= speed <= FASTEST:
        raise Malformed(f"`speed` must be a number from {SLOWEST} to {FASTEST}.", param="speed")
    return speed
