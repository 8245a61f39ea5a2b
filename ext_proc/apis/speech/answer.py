"""Spoken answers. Sound tells nothing of its cost; a stream of events ends with it.

Spec: https://platform.openai.com/docs/api-reference/audio/speech-audio-done-event
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ext_proc.apis.api import StreamObserver
from ext_proc.apis.chat_completions.errors import read_failure
from ext_proc.apis.error_body import load_answer
from ext_proc.apis.json_value import as_count, as_object
from ext_proc.apis.metered_stream import MeteredStream
from ext_proc.parts import Finish, Part, UsageReport
from ext_proc.usage import Usage


def read_answer(body: bytes) -> list[Part]:
    """Raises `ProviderError` when the body is no JSON, as sound is none."""
    return _reports(load_answer(body, read_failure))


def stream_observer(_show_usage: bool) -> StreamObserver:  # noqa: FBT001  as Api.stream_observer has it
    return MeteredStream(_read_event)


def _read_event(members: Mapping[str, Any]) -> list[Part]:
    if members.get("error") or members.get("type") == "error":
        return [read_failure(members)]
    return [*_reports(members), Finish("stop")] if members.get("type") == "speech.audio.done" else []


def _reports(members: Mapping[str, Any]) -> list[Part]:
    usage = as_object(members.get("usage"))
    if not usage:
        return []
    output = as_count(usage.get("output_tokens"))
    return [UsageReport(Usage(as_count(usage.get("input_tokens")), output, output_audio_tokens=output))]
