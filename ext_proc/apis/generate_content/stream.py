"""Streamed generateContent answers: events of one GenerateContentResponse each, whose calls come whole.

There is no event for the end. Spec: https://ai.google.dev/api/generate-content
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ext_proc.apis import sse
from ext_proc.apis.api import StreamObserver
from ext_proc.apis.generate_content.answer import write_candidate, write_start, write_usage
from ext_proc.apis.generate_content.array import EitherStreamReader
from ext_proc.apis.generate_content.chunk import ChunkReader
from ext_proc.apis.generate_content.errors import write_failure
from ext_proc.apis.generate_content.grounding import Cited, TextBytes, write_grounding
from ext_proc.apis.generate_content.logprobs import write_logprobs
from ext_proc.apis.generate_content.signature import any_signature
from ext_proc.apis.generate_content.write import write_call, write_thought
from ext_proc.apis.json_events import UntouchedStream
from ext_proc.apis.json_value import dump
from ext_proc.chat import Request, Thinking, ToolUse
from ext_proc.errors import ProviderError, TollkeeperError
from ext_proc.parts import (
    Citation,
    Finish,
    FinishReason,
    Logprobs,
    Part,
    RefusalDelta,
    Start,
    StreamFailure,
    TextDelta,
    ThinkingDelta,
    ThinkingSignature,
    ToolUseDelta,
    ToolUseStart,
    UsageReport,
)
from ext_proc.usage import Usage


def stream_reader() -> EitherStreamReader:
    return EitherStreamReader(ChunkReader().read)


def stream_writer(request: Request) -> Writer:
    return Writer(request)


def stream_observer(_show_usage: bool) -> StreamObserver:  # noqa: FBT001  the one argument of Api.stream_observer
    """Usage is sent unasked, so there is nothing to hide."""
    return UntouchedStream(stream_reader())


@dataclass(slots=True)
class _GatheredCall:
    start: ToolUseStart
    seal: str | None
    arguments: list[str] = field(default_factory=list)

    def whole(self) -> dict[str, Any]:
        return write_call(ToolUse(self.start.id, self.start.name, "".join(self.arguments)), self.seal)


@dataclass(slots=True)
class _WrittenChoice:
    """The calls that grow, and the seal that the next call may take."""

    calls: dict[int, _GatheredCall] = field(default_factory=dict)
    seal: str | None = None
    reason: FinishReason | None = None
    text: TextBytes = field(default_factory=TextBytes)
    cited: list[Cited] = field(default_factory=list)
    """Citations wait for the end, as they are written all at once."""

    def release(self) -> list[dict[str, Any]]:
        """The parts that waited."""
        parts = [call.whole() for call in self.calls.values()] + write_thought("", self.seal)
        self.calls.clear()
        self.seal = None
        return parts


class Writer:
    """Parts to chunks, for one answer. Its end waits for `finish`, as usage may come last and belongs to it."""

    def __init__(self, request: Request) -> None:
        self._start = Start("", request.model)
        self._choices: dict[int, _WrittenChoice] = {0: _WrittenChoice()}
        self._usage: Usage | None = None
        self._ended = False

    def write(self, parts: Iterable[Part]) -> bytes:
        return b"".join([self._write(part) for part in parts])

    def finish(self) -> bytes:
        """A choice whose end never came was cut: it ends as `MAX_TOKENS`."""
        if self._ended:
            return b""
        self._ended = True
        last = max(self._choices)
        ends = [self._end(index, is_last=index == last) for index in sorted(self._choices)]
        return b"".join(ends)

    def fail(self, error: TollkeeperError) -> bytes:
        if self._ended:
            return b""
        self._ended = True
        return sse.encode(write_failure(error))

    def _write(self, part: Part) -> bytes:
        if self._ended:
            return b""
        match part:
            case Start():
                self._start = Start(part.id, part.model or self._start.model)
                return b""
            case UsageReport(usage):
                self._usage = self._usage.merged(usage) if self._usage else usage
                return b""
            case StreamFailure(kind, message, code):
                return self.fail(ProviderError(message, kind=kind, code=code))
        choice = self._choices.setdefault(part.choice, _WrittenChoice())
        choice.text.feed(part)
        parts = _write_content(part, choice)
        if isinstance(part, Logprobs):
            return self._chunk(write_candidate([{"text": ""}], part.choice, **write_logprobs(part.tokens)))
        return self._chunk(write_candidate(parts, part.choice)) if parts else b""

    def _end(self, index: int, *, is_last: bool) -> bytes:
        choice = self._choices[index]
        parts = choice.release() or [{"text": ""}]
        usage = self._usage if is_last else None
        candidate = write_candidate(parts, index, choice.reason or "length", **write_grounding(choice.cited))
        return self._chunk(candidate, usage)

    def _chunk(self, candidate: dict[str, Any], usage: Usage | None = None) -> bytes:
        counted = {} if usage is None else {"usageMetadata": write_usage(usage)}
        return sse.encode(dump({"candidates": [candidate], **counted, **write_start(self._start)}))


def _write_content(part: Part, choice: _WrittenChoice) -> list[dict[str, Any]]:
    match part:
        case TextDelta(text) | RefusalDelta(text):
            return [*choice.release(), {"text": text}]
        case ThinkingDelta(text):
            return [*choice.release(), *write_thought(text, None)]
        case ThinkingSignature():
            return _write_seal(part, choice)
        case ToolUseStart(index=index):
            choice.calls[index] = _GatheredCall(part, choice.seal)
            choice.seal = None
        case ToolUseDelta(index=index, arguments=arguments) if index in choice.calls:
            choice.calls[index].arguments.append(arguments)
        case Citation():
            choice.cited.append(choice.text.cited(part))
        case Finish(reason=reason):
            choice.reason = choice.reason or reason
    return []


def _write_seal(part: ThinkingSignature, choice: _WrittenChoice) -> list[dict[str, Any]]:
    parts = choice.release()
    seal = any_signature(Thinking("", part.signature, part.redacted))
    if part.redacted is not None:
        return [*parts, *write_thought("", seal)]
    choice.seal = seal
    return parts
