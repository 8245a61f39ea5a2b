"""Whole generateContent answers, and what they share with streamed ones: ids, finish reasons, usage.

There is no word for what was written to a cache, nor for which stop sequence ended an answer.
Spec: https://ai.google.dev/api/generate-content
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ext_proc.apis.answer_id import shaped
from ext_proc.apis.error_body import load_answer
from ext_proc.apis.generate_content.chunk import ChunkReader
from ext_proc.apis.generate_content.errors import read_failure
from ext_proc.apis.generate_content.write import write_parts
from ext_proc.apis.joined import Choice, join
from ext_proc.apis.json_value import dump
from ext_proc.parts import FinishReason, Part, Start
from ext_proc.usage import Usage

_FINISH_REASONS: Mapping[FinishReason, str] = {
    "stop": "STOP",
    "length": "MAX_TOKENS",
    "tool_calls": "STOP",
    "content_filter": "SAFETY",
}


def read_answer(body: bytes) -> list[Part]:
    """Raises `ProviderError` when the body is no answer."""
    return ChunkReader().read(load_answer(body, read_failure))


def write_answer(parts: Sequence[Part]) -> bytes:
    whole = join(parts)
    members: dict[str, Any] = {"candidates": [_write_choice(choice) for choice in whole.choices]}
    if whole.usage is not None:
        members["usageMetadata"] = write_usage(whole.usage)
    return dump({**members, **write_start(whole.start)})


# Shared with the stream


def write_start(start: Start) -> dict[str, Any]:
    return {"modelVersion": start.model, "responseId": shaped(start.id, "")}


def write_candidate(parts: list[dict[str, Any]], index: int, reason: FinishReason | None = None) -> dict[str, Any]:
    candidate = {"content": {"parts": parts, "role": "model"}, "index": index}
    return candidate if reason is None else {**candidate, "finishReason": _FINISH_REASONS[reason]}


def write_usage(usage: Usage) -> dict[str, Any]:
    thoughts = min(usage.reasoning_output_tokens, usage.output_tokens)
    members = {
        "promptTokenCount": usage.input_tokens,
        "candidatesTokenCount": usage.output_tokens - thoughts,
        "totalTokenCount": usage.total_tokens,
        "cachedContentTokenCount": usage.cache_read_input_tokens or None,
        "thoughtsTokenCount": thoughts or None,
    }
    return {key: count for key, count in members.items() if count is not None}


def _write_choice(choice: Choice) -> dict[str, Any]:
    parts = write_parts(choice.blocks)
    return write_candidate(parts or [{"text": ""}], choice.finish.choice, choice.finish.reason)
