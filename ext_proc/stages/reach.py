"""Reach: the most that a call can use of whatever is billed, as a function of its output cap.

What a body does not ask for is not reserved: sound, an hour in a cache, a dearer service tier.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ext_proc.apis.json_value import as_object
from ext_proc.apis.transcriptions.outline import LONGEST
from ext_proc.stages.read import Reading
from ext_proc.usage import Usage

_TIER_MEMBERS = ("service_tier", "serviceTier", "speed")
_DOCUMENTS_PER_SEARCH = 100
_BYTES_PER_PIECE = 100
"""A document to be ranked counts once for each piece of five hundred tokens, less those of the query."""
_LONGEST_PICTURE = 64
_TURNS = ("messages", "input", "contents")
_SOUNDS = frozenset({"input_audio", "audio_url", "video_url"})


def most(reading: Reading, output_tokens: int) -> Usage:
    """Each count at its bound; tokens of a kind are as many as all of that direction, or none."""
    outline, bound = reading.outline, reading.input_bound
    units = {**outline.estimate, **outline.units}
    return Usage(
        input_tokens=bound,
        output_tokens=output_tokens,
        cache_creation_1h_input_tokens=bound if reading.keeps_an_hour else 0,
        input_audio_tokens=bound if outline.sounds or _hears(reading) else 0,
        output_audio_tokens=output_tokens if _speaks(reading.told) else 0,
        input_image_tokens=bound if outline.images else 0,
        output_image_tokens=output_tokens,
        images=units.get("images", 0),
        searches=_searches(reading),
        characters=units.get("characters", 0),
        audio_milliseconds=LONGEST if "audio_milliseconds" in units else 0,
    )


def service_tier(told: Mapping[str, Any]) -> str | None:
    """The tier that the request names, in lower case; Converse has it in an object, and Gemini with a prefix."""
    for member in _TIER_MEMBERS:
        word = told.get(member)
        word = word.get("type") if isinstance(word, dict) else word
        if isinstance(word, str) and word:
            return word.lower().removeprefix("service_tier_").replace("unspecified", "")
    return None


def picture(told: Mapping[str, Any]) -> str:
    """The quality and the size that a request for images names; empty where the provider may choose either."""
    quality, size = told.get("quality"), told.get("size")
    named = all(isinstance(word, str) and word not in {"", "auto"} for word in (quality, size))
    return f"{quality} {size}"[:_LONGEST_PICTURE] if named else ""


def _hears(reading: Reading) -> bool:
    """Only looked for where something is attached, among the turns of whichever API."""
    return reading.outline.windowed is not None and any(_sounds(reading.told.get(turns)) for turns in _TURNS)


def _sounds(value: Any) -> bool:
    """A recording or a film in a block of any API; JSON this deep has been bounded before."""
    if isinstance(value, list):
        return any(_sounds(one) for one in value)
    if not isinstance(value, dict):
        return False
    kind = value.get("mimeType") or value.get("mime_type")
    if value.get("type") in _SOUNDS or (isinstance(kind, str) and kind.lower().startswith(("audio/", "video/"))):
        return True
    named = any(isinstance(value.get(name), dict) for name in ("audio", "video"))
    return named or any(_sounds(one) for one in value.values())


def _speaks(told: Mapping[str, Any]) -> bool:
    settings = as_object(told.get("generationConfig") or told.get("generation_config"))
    asked = (told.get("modalities"), settings.get("responseModalities"), settings.get("response_modalities"))
    return any("AUDIO" in str(words).upper() for words in asked)


def _searches(reading: Reading) -> int:
    documents = reading.told.get("documents") if reading.api.operation == "rerank" else None
    if not isinstance(documents, list):
        return 0
    return 1 + (len(documents) + reading.input_bound // _BYTES_PER_PIECE) // _DOCUMENTS_PER_SEARCH
