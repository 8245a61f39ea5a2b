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
from ext_proc.apis.generate_content.grounding import TextBytes, write_grounding
from ext_proc.apis.generate_content.logprobs import write_logprobs
from ext_proc.apis.generate_content.write import write_parts
from ext_proc.apis.joined import Choice, join, take_apart
from ext_proc.apis.json_value import dump
from ext_proc.parts import Citation, FinishReason, Logprobs, Part, Start, TokenLogprob
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


def write_candidate(
    parts: list[dict[str, Any]], index: int, reason: FinishReason | None = None, **members: Any
) -> dict[str, Any]:
    candidate = {"content": {"parts": parts, "role": "model"}, "index": index, **members}
    return candidate if reason is None else {**candidate, "finishReason": _FINISH_REASONS[reason]}


def write_usage(usage: Usage) -> dict[str, Any]:
    thoughts = min(usage.reasoning_output_tokens, usage.output_tokens)
    members = {
        "promptTokenCount": usage.input_tokens,
        "candidatesTokenCount": usage.output_tokens - thoughts,
        "totalTokenCount": usage.total_tokens,
        "cachedContentTokenCount": usage.cache_read_input_tokens or None,
        "thoughtsTokenCount": thoughts or None,
        "promptTokensDetails": _details(usage.input_tokens, usage.input_audio_tokens, usage.input_image_tokens),
        "candidatesTokensDetails": _details(
            usage.output_tokens - thoughts, usage.output_audio_tokens, usage.output_image_tokens
        ),
    }
    return {key: value for key, value in members.items() if value is not None}


def _details(tokens: int, audio: int, image: int) -> list[dict[str, Any]] | None:
    """By modality, where it is not all text."""
    counts = {"TEXT": max(tokens - audio - image, 0), "AUDIO": audio, "IMAGE": image}
    told = [{"modality": modality, "tokenCount": count} for modality, count in counts.items() if count]
    return told if audio or image else None


def _write_choice(choice: Choice) -> dict[str, Any]:
    parts = write_parts(choice.blocks)
    text, cited = TextBytes(), []
    tokens: list[TokenLogprob] = []
    for part in take_apart(choice.blocks):
        text.feed(part)
        match part:
            case Citation():
                cited.append(text.cited(part))
            case Logprobs(found):
                tokens += found
    members = {**write_grounding(cited), **write_logprobs(tokens)}
    return write_candidate(parts or [{"text": ""}], choice.finish.choice, choice.finish.reason, **members)
