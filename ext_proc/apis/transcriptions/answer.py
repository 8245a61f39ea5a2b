"""What was heard, as an answer: its usage is read, by the token or by the second, and its text is counted.

Plain text and subtitles tell nothing of their cost. Names of Mistral and of vLLM stand beside those of OpenAI.
Spec: https://platform.openai.com/docs/api-reference/audio/json-object
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ext_proc.apis.api import StreamObserver
from ext_proc.apis.chat_completions.errors import read_failure
from ext_proc.apis.error_body import load_answer
from ext_proc.apis.json_value import as_array, as_count, as_object, as_text
from ext_proc.apis.metered_stream import MeteredStream
from ext_proc.parts import Finish, Part, Start, TextDelta, UsageReport
from ext_proc.usage import Usage

_DONE = frozenset({"transcript.text.done", "transcription.done"})
_DELTAS = frozenset({"transcript.text.delta", "transcription.text.delta"})


def read_answer(body: bytes) -> list[Part]:
    """Raises `ProviderError` when the body is no JSON, as subtitles are none."""
    members = load_answer(body, read_failure)
    heard = TextDelta(as_text(members.get("text")))
    return [Start("", as_text(members.get("model"))), heard, *_reports(members)]


def stream_observer(_show_usage: bool) -> StreamObserver:  # noqa: FBT001  as Api.stream_observer has it
    return MeteredStream(_read_event)


def _read_event(members: Mapping[str, Any]) -> list[Part]:
    type_ = as_text(members.get("type"))
    if members.get("error") or type_ == "error":
        return [read_failure(members)]
    if type_ in _DONE:
        return [*_reports(members), Finish("stop")]
    if type_ in _DELTAS:
        return [TextDelta(as_text(members.get("delta")) or as_text(members.get("text")))]
    return _read_chunk(members)


def _read_chunk(members: Mapping[str, Any]) -> list[Part]:
    """As vLLM streams it, in the way of Chat Completions."""
    parts: list[Part] = []
    for choice in map(as_object, as_array(members.get("choices"))):
        parts.append(TextDelta(as_text(as_object(choice.get("delta")).get("content"))))
        parts += [Finish("stop")] if choice.get("finish_reason") else []
    return parts + _reports(members)


def _reports(members: Mapping[str, Any]) -> list[Part]:
    usage = as_object(members.get("usage"))
    details = as_object(usage.get("input_token_details"))
    used = Usage(
        input_tokens=as_count(usage.get("input_tokens")) or as_count(usage.get("prompt_tokens")),
        output_tokens=as_count(usage.get("output_tokens")) or as_count(usage.get("completion_tokens")),
        # Where nothing else is said, all that was heard is sound
        input_audio_tokens=as_count(details.get("audio_tokens") if details else usage.get("input_tokens")),
        audio_milliseconds=_milliseconds(
            usage.get("seconds") or usage.get("prompt_audio_seconds") or (members.get("duration") if not usage else 0)
        ),
    )
    return [] if used == Usage() else [UsageReport(used)]


def _milliseconds(seconds: Any) -> int:
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not math.isfinite(seconds):
        return 0
    return as_count(math.ceil(seconds * 1000))
