"""Answers with images, whole and streamed: only what they cost is read.

Spec: https://platform.openai.com/docs/api-reference/images-streaming
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ext_proc.apis.api import StreamObserver
from ext_proc.apis.chat_completions.answer import read_start
from ext_proc.apis.chat_completions.errors import read_failure
from ext_proc.apis.error_body import load_answer
from ext_proc.apis.json_value import as_array, as_count, as_object, as_text
from ext_proc.apis.metered_stream import MeteredStream
from ext_proc.parts import Finish, Part, UsageReport
from ext_proc.usage import Usage


def read_answer(body: bytes) -> list[Part]:
    """Raises `ProviderError` when the body is no answer. Who bills by the picture reports no tokens."""
    members = load_answer(body, read_failure)
    made = Usage(images=len(as_array(members.get("data"))))
    drawn = as_object(members.get("svg_usage"))
    authored = Usage(
        input_tokens=as_count(drawn.get("input_tokens")),
        output_tokens=as_count(drawn.get("output_tokens")),
        reasoning_output_tokens=as_count(drawn.get("reasoning_tokens")),
    )
    return [read_start(members), UsageReport(made.plus(_usage(members.get("usage"))).plus(authored))]


def stream_observer(_show_usage: bool) -> StreamObserver:  # noqa: FBT001  as Api.stream_observer has it
    return MeteredStream(_read_event)


def _read_event(members: Mapping[str, Any]) -> list[Part]:
    if members.get("error") or members.get("type") == "error":
        return [read_failure(members)]
    if not as_text(members.get("type")).endswith(".completed"):
        return []
    reported = isinstance(members.get("usage"), dict)
    used: list[Part] = [UsageReport(Usage(images=1).plus(_usage(members["usage"])))] if reported else []
    return [*used, Finish("stop")]


def _usage(value: Any) -> Usage:
    """Where nothing else is said, all output is picture."""
    usage = as_object(value)
    read, written = as_object(usage.get("input_tokens_details")), as_object(usage.get("output_tokens_details"))
    output = as_count(usage.get("output_tokens"))
    return Usage(
        input_tokens=as_count(usage.get("input_tokens")),
        output_tokens=output,
        cache_read_input_tokens=as_count(read.get("cached_tokens")),
        input_image_tokens=as_count(read.get("image_tokens")),
        output_image_tokens=as_count(written.get("image_tokens")) if written else output,
    )
