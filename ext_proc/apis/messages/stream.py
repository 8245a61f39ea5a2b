"""Streamed Messages answers: named events around content blocks, which do not interleave.

Spec: https://platform.claude.com/docs/en/build-with-claude/streaming
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ext_proc.apis import sse
from ext_proc.apis.api import StreamObserver
from ext_proc.apis.citations import TextPlace
from ext_proc.apis.cited_block import CitedBlock
from ext_proc.apis.json_events import JsonStreamReader, ReadEvent, UntouchedStream
from ext_proc.apis.json_value import as_object, as_text, dump, dump_text
from ext_proc.apis.messages.answer import read_finish, read_start, read_usage, write_finish, write_id, write_usage
from ext_proc.apis.messages.citations import read_citation, write_citation
from ext_proc.apis.messages.errors import read_failure, write_error
from ext_proc.apis.one_tool import OneToolAtATime
from ext_proc.chat import Request
from ext_proc.errors import ProviderError, TollkeeperError
from ext_proc.parts import (
    Citation,
    Finish,
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


def stream_reader() -> JsonStreamReader:
    return JsonStreamReader(event_reader())


def event_reader() -> ReadEvent:
    """For one answer: its events, wherever they are framed, to parts."""
    return _EventReader().read


def stream_writer(request: Request) -> Writer:
    return Writer(request)


def stream_observer(_show_usage: bool) -> StreamObserver:  # noqa: FBT001  the one argument of Api.stream_observer
    """Messages sends usage unasked, so there is nothing to hide."""
    return UntouchedStream(stream_reader())


# --- read -----------------------------------------------------------------------------------------------------------


class _EventReader:
    """Events to parts."""

    def __init__(self) -> None:
        self._tools: dict[Any, int] = {}
        self._cited = CitedBlock()
        self._usage: dict[str, Any] = {}

    def read(self, event: Mapping[str, Any]) -> list[Part]:
        match event.get("type"):
            case "message_start":
                message = as_object(event.get("message"))
                return [read_start(message), *self._read_usage(message.get("usage"))]
            case "content_block_start":
                return self._seen(event, self._read_block(_index(event), as_object(event.get("content_block"))))
            case "content_block_delta":
                return self._seen(event, self._read_delta(_index(event), as_object(event.get("delta"))))
            case "content_block_stop":
                return self._cited.ended()
            case "message_delta":
                return [*read_finish(as_object(event.get("delta"))), *self._read_usage(event.get("usage"))]
            case "error":
                return [read_failure(event)]
        return [read_failure(event)] if event.get("error") else []

    def _seen(self, event: Mapping[str, Any], parts: list[Part]) -> list[Part]:
        self._cited.at(_index(event))
        self._cited.saw(parts)
        return parts

    def _read_block(self, index: int, block: Mapping[str, Any]) -> list[Part]:
        match block.get("type"):
            case "text" if text := as_text(block.get("text")):
                return [TextDelta(text)]
            case "thinking" if text := as_text(block.get("thinking")):
                return [ThinkingDelta(text)]
            case "redacted_thinking":
                return [ThinkingSignature(redacted=as_text(block.get("data")))]
            case "tool_use":
                return self._read_tool_use(index, block)
        return []

    def _read_tool_use(self, index: int, block: Mapping[str, Any]) -> list[Part]:
        number = self._tools[index] = len(self._tools)
        start = ToolUseStart(number, as_text(block.get("id")), as_text(block.get("name")))
        whole = as_object(block.get("input"))
        return [start, ToolUseDelta(number, dump_text(whole))] if whole else [start]

    def _read_delta(self, index: int, delta: Mapping[str, Any]) -> list[Part]:
        match delta.get("type"):
            case "text_delta" if text := as_text(delta.get("text")):
                return [TextDelta(text)]
            case "thinking_delta" if text := as_text(delta.get("thinking")):
                return [ThinkingDelta(text)]
            case "citations_delta" if citation := read_citation(as_object(delta.get("citation"))):
                self._cited.at(index)
                self._cited.hold(citation)
            case "signature_delta" if text := as_text(delta.get("signature")):
                return [ThinkingSignature(text)]
            case "input_json_delta" if index in self._tools and (text := as_text(delta.get("partial_json"))):
                return [ToolUseDelta(self._tools[index], text)]
        return []

    def _read_usage(self, value: Any) -> list[Part]:
        """Later counts overwrite earlier ones, and those that are not repeated stand."""
        self._usage |= {key: count for key, count in as_object(value).items() if count is not None}
        return read_usage(self._usage) if value else []


def _index(event: Mapping[str, Any]) -> int:
    index = event.get("index")
    return index if isinstance(index, int) else 0


# --- write ----------------------------------------------------------------------------------------------------------

Frame = Callable[[bytes, str], bytes]
Failure = Callable[[TollkeeperError], bytes]

_EMPTY: Mapping[str, dict[str, Any]] = {
    "text": {"type": "text", "text": ""},
    "thinking": {"type": "thinking", "thinking": "", "signature": ""},
}


def frame(event: bytes, type_: str) -> bytes:
    return sse.encode(event, type_)


def failure(error: TollkeeperError) -> bytes:
    """The event that ends a stream."""
    return sse.encode(write_error(error, None), "error")


class Writer:
    """Parts to events, for one answer. Its end waits for `finish`, as usage may come last and goes in before it."""

    def __init__(self, request: Request, frame: Frame = frame, failure: Failure = failure) -> None:
        self._frame, self._failure = frame, failure
        self._start = Start("", request.model)
        self._begun: bool | None = None
        """None until there is anything to begin with."""
        self._ended = False
        self._blocks = 0
        self._open: str | None = None
        """The kind of the open block."""
        self._closing = False
        """More text begins another block."""
        self._place = TextPlace()
        self._tools = OneToolAtATime()
        self._used_tools = False
        self._finish: Finish | None = None
        self._usage = Usage()

    def write(self, parts: Iterable[Part]) -> bytes:
        written = [self._write(part) for part in parts]
        # Not sooner: usage that is known by now belongs into the first event.
        begun = self._begin() if self._begun is False and not self._ended else b""
        return b"".join([*written, begun])

    def finish(self) -> bytes:
        """An answer whose end never came was cut: it ends as `max_tokens`."""
        if self._ended:
            return b""
        begun = self._begin() + self._write_all(self._tools.finish()) + self._close()
        self._ended = True
        delta = write_finish(self._finish or Finish("length"), used_tools=self._used_tools)
        usage = write_usage(self._usage)
        return begun + self._event("message_delta", delta=delta, usage=usage) + self._event("message_stop")

    def fail(self, error: TollkeeperError) -> bytes:
        if self._ended:
            return b""
        self._ended = True
        return self._failure(error)

    def _write(self, part: Part) -> bytes:
        if self._ended:
            return b""
        match part:
            case Start():
                self._start = Start(part.id, part.model or self._start.model)
                self._begun = self._begun or False
                return b""
            case UsageReport(usage):
                self._usage = self._usage.merged(usage)
                return b""
            case StreamFailure(kind, message, code):
                return self.fail(ProviderError(message, kind=kind, code=code))
            case Finish():
                self._finish = self._finish or part
                return b""
        return self._begin() + self._write_all(self._tools.feed(part)) if part.choice == 0 else b""

    def _write_all(self, parts: Iterable[Part]) -> bytes:
        return b"".join([self._write_content(part) for part in parts])

    def _write_content(self, part: Part) -> bytes:
        self._place.feed(part)
        match part:
            case Citation():
                return self._cite(part)
            case TextDelta(text) | RefusalDelta(text):
                return self._open_block("text") + self._delta(type="text_delta", text=text)
            case ThinkingDelta(text):
                return self._open_block("thinking") + self._delta(type="thinking_delta", thinking=text)
            case ThinkingSignature(redacted=str(data)):
                return self._start_block("redacted", {"type": "redacted_thinking", "data": data}) + self._close()
            case ThinkingSignature(signature=str(signature)):
                opened = self._open_block("thinking")
                return opened + self._delta(type="signature_delta", signature=signature) + self._close()
            case ToolUseStart(id=id_, name=name):
                self._used_tools = True
                return self._start_block("tool", {"type": "tool_use", "id": id_, "name": name, "input": {}})
            case ToolUseDelta(arguments=arguments):
                return self._delta(type="input_json_delta", partial_json=arguments)
        return b""

    def _cite(self, citation: Citation) -> bytes:
        """A citation is about all of its block: where what it is about ends here, so does the block."""
        written = write_citation(citation)
        if written is None or self._open != "text":
            return b""
        ends = citation.span is None or citation.span[1] >= self._place.length
        told = self._delta(type="citations_delta", citation=written)
        self._closing = ends
        return told

    def _begin(self) -> bytes:
        if self._begun:
            return b""
        self._begun = True
        message: dict[str, Any] = {
            "id": write_id(self._start.id),
            "type": "message",
            "role": "assistant",
            "model": self._start.model,
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": write_usage(self._usage),
        }
        return self._event("message_start", message=message)

    # Blocks

    def _open_block(self, kind: str) -> bytes:
        return b"" if self._open == kind and not self._closing else self._start_block(kind, _EMPTY[kind])

    def _start_block(self, kind: str, block: dict[str, Any]) -> bytes:
        closed = self._close()
        self._open, self._closing = kind, False
        return closed + self._event("content_block_start", index=self._blocks, content_block=block)

    def _delta(self, **delta: Any) -> bytes:
        return self._event("content_block_delta", index=self._blocks, delta=delta)

    def _close(self) -> bytes:
        if self._open is None:
            return b""
        self._open = None
        self._blocks += 1
        return self._event("content_block_stop", index=self._blocks - 1)

    def _event(self, type_: str, **members: Any) -> bytes:
        return self._frame(dump({"type": type_, **members}), type_)
