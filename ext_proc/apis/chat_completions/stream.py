"""Streamed Chat Completions answers: `data:` events of chunks, ended by `data: [DONE]`.

Spec: https://platform.openai.com/docs/api-reference/chat-streaming
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ext_proc.apis import sse
from ext_proc.apis.api import StreamObserver
from ext_proc.apis.chat_completions.annotations import write_chat_annotation
from ext_proc.apis.chat_completions.answer import write_id, write_logprobs, write_thought, write_usage
from ext_proc.apis.chat_completions.chunk import ChunkReader
from ext_proc.apis.chat_completions.errors import write_error
from ext_proc.apis.chat_completions.logprobs import Tokens, rated
from ext_proc.apis.chat_completions.service_tier import write_served_tier
from ext_proc.apis.citations import TextPlace
from ext_proc.apis.json_events import FilteredStream, JsonStreamReader, UntouchedStream
from ext_proc.apis.json_value import dump
from ext_proc.chat import Request, Thinking
from ext_proc.errors import ProviderError, TollkeeperError
from ext_proc.parts import (
    Citation,
    Finish,
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

DONE = sse.encode(b"[DONE]")


def stream_reader() -> JsonStreamReader:
    return JsonStreamReader(ChunkReader().read)


def stream_writer(request: Request) -> Writer:
    return Writer(request)


def stream_observer(show_usage: bool) -> StreamObserver:  # noqa: FBT001  the one argument of Api.stream_observer
    if show_usage:
        return UntouchedStream(stream_reader())
    return FilteredStream(ChunkReader().read, is_only_usage)


def is_only_usage(chunk: Mapping[str, Any]) -> bool:
    return chunk.get("choices") == [] and isinstance(chunk.get("usage"), dict)


@dataclass(slots=True)
class _WrittenChoice:
    finished: bool = False
    place: TextPlace = field(default_factory=TextPlace)
    annotations: int = 0
    thoughts: int = 0
    thinking: list[str] = field(default_factory=list)
    """The text of the thinking block that is not signed yet."""


class Writer:
    """Parts to chunks, for one answer."""

    def __init__(self, request: Request) -> None:
        self._include_usage = request.include_usage
        self._head = {"id": write_id(""), "object": "chat.completion.chunk", "created": 0, "model": request.model}
        self._choices: dict[int, _WrittenChoice] = {}
        self._usage: Usage | None = None
        self._ended = False

    def write(self, parts: Iterable[Part]) -> bytes:
        return b"".join([self._write(part, tokens) for part, tokens in rated(parts) if not self._ended])

    def finish(self) -> bytes:
        """A choice whose end never came was cut: it ends as `length`."""
        if self._ended:
            return b""
        begun = self._begin()
        cut = [index for index, choice in self._choices.items() if not choice.finished]
        finishes = [self._chunk(index, {}, "length") for index in cut]
        usage = self._usage_chunk() if self._include_usage and self._usage is not None else b""
        self._ended = True
        return b"".join([begun, *finishes, usage, DONE])

    def fail(self, error: TollkeeperError) -> bytes:
        if self._ended:
            return b""
        self._ended = True
        return sse.encode(write_error(error, None))

    def _write(self, part: Part, tokens: Tokens) -> bytes:
        match part:
            case Start(id_, model, created):
                self._head |= {"id": write_id(id_), "created": created or 0, "model": model or self._head["model"]}
                return self._begin()
            case UsageReport(usage):
                self._usage = self._usage.merged(usage) if self._usage else usage
                self._head |= write_served_tier(self._usage)
                return b""
            case StreamFailure(kind, message, code):
                return self.fail(ProviderError(message, kind=kind, code=code))
            case Finish(reason=reason, choice=choice):
                begun = self._begin(choice)
                known, self._choices[choice].finished = self._choices[choice].finished, True
                return begun if known else begun + self._chunk(choice, {}, reason)
        begun, written = self._begin(part.choice), self._choices[part.choice]
        written.place.feed(part)
        delta = self._delta(part, written)
        logprobs = _logprobs(part, tokens)
        return begun + self._chunk(part.choice, delta, logprobs=logprobs) if delta or logprobs else begun

    def _begin(self, choice: int = 0) -> bytes:
        """All choices begin in order, as clients append them as they come."""
        new = range(len(self._choices), choice + 1)
        self._choices |= {index: _WrittenChoice() for index in new}
        return b"".join([self._chunk(index, {"role": "assistant", "content": None}) for index in new])

    def _delta(self, part: Part, choice: _WrittenChoice) -> dict[str, Any]:
        match part:
            case TextDelta(text):
                return {"content": text}
            case RefusalDelta(text):
                return {"refusal": text}
            case ThinkingDelta(text):
                choice.thinking.append(text)
                return {"reasoning_content": text}
            case ThinkingSignature():
                return {"thinking_blocks": [self._thought(part, choice)]}
            case Citation():
                return self._annotations(part, choice)
            case ToolUseStart(index, id_, name):
                function = {"name": name, "arguments": ""}
                return {"tool_calls": [{"index": index, "id": id_, "type": "function", "function": function}]}
            case ToolUseDelta(index, arguments):
                return {"tool_calls": [{"index": index, "function": {"arguments": arguments}}]}
        return {}

    def _annotations(self, citation: Citation, choice: _WrittenChoice) -> dict[str, Any]:
        """Numbered, as OpenAI's SDK joins no list of objects without an index."""
        written = write_chat_annotation(citation, choice.place.in_all(citation))
        numbered = [{"index": choice.annotations, **annotation} for annotation in written]
        choice.annotations += len(numbered)
        return {"annotations": numbered} if numbered else {}

    def _thought(self, seal: ThinkingSignature, choice: _WrittenChoice) -> dict[str, Any]:
        text = ""
        if seal.redacted is None:
            text = "".join(choice.thinking)
            choice.thinking.clear()
        index, choice.thoughts = choice.thoughts, choice.thoughts + 1
        return {"index": index, **write_thought(Thinking(text, seal.signature, seal.redacted))}

    def _chunk(
        self, index: int, delta: dict[str, Any], reason: str | None = None, logprobs: dict[str, Any] | None = None
    ) -> bytes:
        choice = {"index": index, "delta": delta, "finish_reason": reason}
        if logprobs is not None:
            choice["logprobs"] = logprobs
        return sse.encode(dump({**self._head, "choices": [choice]}))

    def _usage_chunk(self) -> bytes:
        assert self._usage is not None
        return sse.encode(dump({**self._head, "choices": [], "usage": write_usage(self._usage)}))


def _logprobs(part: Part, tokens: Tokens) -> dict[str, Any] | None:
    """Those that did not come at once with their text are taken for the text's."""
    match part:
        case RefusalDelta():
            return write_logprobs((), tokens)
        case Logprobs(alone):
            return write_logprobs(alone, ())
    return write_logprobs(tokens, ())
