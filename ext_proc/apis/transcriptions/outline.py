"""What the edge must know of a recording that is to be written down.

How long it is cannot be told from its bytes: a file may be crafted to last hours in a few of them. So the bound is
what providers take at most, and the estimate goes by the lowest bitrates that are usual.
Spec: https://platform.openai.com/docs/api-reference/audio/createTranscription
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ext_proc.apis import form_value
from ext_proc.apis.api import Outline
from ext_proc.apis.form_body import File
from ext_proc.apis.json_value import given, name, wrong

MOST_OUTPUT_TOKENS = 75_000
"""Three hours of the fastest talk, at four hundred tokens a minute."""
LONGEST = 3 * 60 * 60 * 1000
"""Milliseconds of a recording."""

_BYTES_PER_MILLISECOND = {"wav": 16, "flac": 8}
_FEWEST_BYTES_PER_MILLISECOND = 3
_MILLISECONDS_PER_TOKEN = 60
_ELSEWHERE = ("file_url", "file_id", "url")
"""Where some providers fetch the recording themselves."""
_SPEAKERS = "known_speaker_references[]"


def outline(members: Mapping[str, Any]) -> Outline:
    """Validates what money and routing depend on, and no more."""
    file = members.get("file")
    outside = next((member for member in _ELSEWHERE if members.get(member)), None)
    if not isinstance(file, File) and (file is not None or outside is None):
        raise wrong(file, "file", "a file")
    heard = _milliseconds(file)
    return Outline(
        model=name(members.get("model"), "model"),
        stream=given(form_value.boolean, members.get("stream"), "stream") or False,
        include_usage=True,
        max_output_tokens=MOST_OUTPUT_TOKENS,
        heeds_cap=False,
        image_bytes=_sound_bytes(file, members.get(_SPEAKERS)),
        sounds=1,
        outside=outside,
        estimate={"audio_milliseconds": heard, "input_tokens": heard // _MILLISECONDS_PER_TOKEN},
    )


def _sound_bytes(file: File | None, speakers: Any) -> int:
    """The samples of known voices are data URLs of a few seconds."""
    voices = [voice for voice in speakers or () if isinstance(voice, str) and voice.startswith("data:")]
    return (file.size if file else 0) + sum(len(voice.encode()) for voice in voices)


def _milliseconds(file: File | None) -> int:
    """An estimate that is rather above than below the truth, by what the file is called."""
    if file is None:
        return 0
    kind = file.name.rpartition(".")[2].lower()
    return min(LONGEST, file.size // _BYTES_PER_MILLISECOND.get(kind, _FEWEST_BYTES_PER_MILLISECOND))
