"""A GenerateContentResponse, read: a whole answer is one, a stream is many.

Images that the model made are not kept. Spec: https://ai.google.dev/api/generate-content
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ext_proc.apis.generate_content.errors import read_failure
from ext_proc.apis.generate_content.grounding import GroundingReader, TextBytes
from ext_proc.apis.generate_content.logprobs import read_logprobs
from ext_proc.apis.generate_content.outline import MOST_CHOICES
from ext_proc.apis.generate_content.signature import read_signature
from ext_proc.apis.json_value import as_array, as_count, as_object, as_text, dump_text
from ext_proc.parts import (
    Finish,
    FinishReason,
    Logprobs,
    Part,
    Start,
    TextDelta,
    ThinkingDelta,
    ThinkingSignature,
    ToolUseDelta,
    ToolUseStart,
    UsageReport,
)
from ext_proc.usage import Usage

_FINISH_REASONS: Mapping[str, FinishReason] = {
    "MAX_TOKENS": "length",
    **dict.fromkeys(
        (
            "SAFETY",
            "RECITATION",
            "LANGUAGE",
            "BLOCKLIST",
            "PROHIBITED_CONTENT",
            "SPII",
            "MODEL_ARMOR",
            "IMAGE_SAFETY",
            "IMAGE_PROHIBITED_CONTENT",
            "IMAGE_RECITATION",
        ),
        "content_filter",
    ),
}
_LONGEST_ID = 24
_BESIDE = frozenset(("groundingMetadata", "citationMetadata", "logprobsResult"))
_DETAILS = frozenset(("promptTokensDetails", "toolUsePromptTokensDetails", "candidatesTokensDetails"))


@dataclass(slots=True)
class _ReadChoice:
    tools: int = 0
    finished: bool = False
    text: TextBytes = field(default_factory=TextBytes)
    grounding: GroundingReader = field(default_factory=GroundingReader)


class ChunkReader:
    """Chunks of one answer to parts."""

    def __init__(self) -> None:
        self._id = ""
        self._started = False
        self._choices: dict[int, _ReadChoice] = {}

    def read(self, chunk: Mapping[str, Any]) -> list[Part]:
        if chunk.get("error"):
            return [read_failure(chunk)]
        parts = self._read_start(chunk)
        for at, item in enumerate(as_array(chunk.get("candidates"))):
            parts += self._read_candidate(as_object(item), at)
        return parts + self._read_feedback(chunk) + _read_usage(chunk.get("usageMetadata"))

    def _read_start(self, chunk: Mapping[str, Any]) -> list[Part]:
        if self._started or not chunk:
            return []
        self._started, self._id = True, as_text(chunk.get("responseId"))
        return [Start(self._id, as_text(chunk.get("modelVersion")))]

    def _read_feedback(self, chunk: Mapping[str, Any]) -> list[Part]:
        """A prompt that was blocked has no candidates."""
        blocked = as_object(chunk.get("promptFeedback")).get("blockReason")
        return [Finish("content_filter")] if blocked and not self._choices else []

    def _read_candidate(self, candidate: Mapping[str, Any], at: int) -> list[Part]:
        index = _index(candidate.get("index"), at)
        choice = self._choices.setdefault(index, _ReadChoice())
        parts, starts = self._read_content(as_object(candidate.get("content")), choice, index)
        if not _BESIDE.isdisjoint(candidate):
            parts += _read_beside(candidate, choice, starts, index)
        return parts + _read_finish(as_text(candidate.get("finishReason")), choice, index)

    def _read_content(
        self, content: Mapping[str, Any], choice: _ReadChoice, index: int
    ) -> tuple[list[Part], list[int]]:
        """Also where in all the text of the choice each part begins, in bytes."""
        parts: list[Part] = []
        starts: list[int] = []
        for item in as_array(content.get("parts")):
            starts.append(choice.text.length)
            for part in self._read_part(as_object(item), index):
                choice.text.feed(part)
                parts.append(part)
        return parts, starts

    def _read_part(self, part: Mapping[str, Any], index: int) -> list[Part]:
        """The seal stands after text and thinking, but before a call, as it is of the thinking that led to it."""
        text, call = as_text(part.get("text")), part.get("functionCall")
        thought = read_signature(as_text(part.get("thoughtSignature")))
        seal: list[Part] = [ThinkingSignature(thought.signature, thought.redacted, index)] if thought else []
        if isinstance(call, dict):
            return seal + self._read_call(call, index)
        if not text:
            return seal
        return [ThinkingDelta(text, index) if part.get("thought") is True else TextDelta(text, index), *seal]

    def _read_call(self, call: Mapping[str, Any], index: int) -> list[Part]:
        """Older models name no ids: one is made of the answer's, so that it is unlike those of earlier answers."""
        choice = self._choices[index]
        number, choice.tools = choice.tools, choice.tools + 1
        made = "_".join(["call", *filter(None, [self._id[:_LONGEST_ID], str(index) if index else ""]), str(number)])
        start = ToolUseStart(number, as_text(call.get("id")) or made, as_text(call.get("name")), index)
        return [start, ToolUseDelta(number, dump_text(as_object(call.get("args"))), index)]


def _index(value: Any, default: int) -> int:
    return value if isinstance(value, int) and 0 <= value < MOST_CHOICES else default % MOST_CHOICES


def _read_finish(word: str, choice: _ReadChoice, index: int) -> list[Part]:
    """Once: models were seen to repeat it in every chunk."""
    if not word or word == "FINISH_REASON_UNSPECIFIED" or choice.finished:
        return []
    choice.finished = True
    reason = _FINISH_REASONS.get(word, "stop")
    return [Finish("tool_calls" if reason == "stop" and choice.tools else reason, choice=index)]


def _read_beside(candidate: Mapping[str, Any], choice: _ReadChoice, starts: list[int], index: int) -> list[Part]:
    """What is said of the text."""
    tokens = read_logprobs(candidate)
    parts: list[Part] = [Logprobs(tokens, index)] if tokens else []
    for citation in choice.grounding.read(candidate, choice.text, starts):
        choice.text.feed(citation)
        parts.append(replace(citation, choice=index))
    queries = as_array(as_object(candidate.get("groundingMetadata")).get("webSearchQueries"))
    return [*parts, UsageReport(Usage(searches=len(queries)))] if queries else parts


def _read_usage(value: Any) -> list[Part]:
    """Thoughts are counted apart from the candidates; models were seen to count them in both, which the total shows."""
    if not isinstance(value, dict) or not value:
        return []
    prompt = as_count(value.get("promptTokenCount")) + as_count(value.get("toolUsePromptTokenCount"))
    candidates, thoughts = as_count(value.get("candidatesTokenCount")), as_count(value.get("thoughtsTokenCount"))
    counted_in = candidates >= thoughts and as_count(value.get("totalTokenCount")) == prompt + candidates
    usage = Usage(
        input_tokens=prompt,
        output_tokens=candidates if counted_in else candidates + thoughts,
        cache_read_input_tokens=as_count(value.get("cachedContentTokenCount")),
        reasoning_output_tokens=thoughts,
    )
    return [UsageReport(usage if _DETAILS.isdisjoint(value) else usage.merged(_by_modality(value)))]


def _by_modality(usage: Mapping[str, Any]) -> Usage:
    asked = [*as_array(usage.get("promptTokensDetails")), *as_array(usage.get("toolUsePromptTokensDetails"))]
    given = as_array(usage.get("candidatesTokensDetails"))
    return Usage(
        input_audio_tokens=_of_modality("AUDIO", asked),
        output_audio_tokens=_of_modality("AUDIO", given),
        input_image_tokens=_of_modality("IMAGE", asked),
        output_image_tokens=_of_modality("IMAGE", given),
    )


def _of_modality(modality: str, details: list[Any]) -> int:
    counts = [as_object(item) for item in details]
    return sum(as_count(count.get("tokenCount")) for count in counts if count.get("modality") == modality)
