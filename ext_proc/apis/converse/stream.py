"""Streamed Converse answers: AWS event-stream messages around content blocks, which do not interleave.

Spec: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from ext_proc.apis import eventstream
from ext_proc.apis.api import StreamObserver
from ext_proc.apis.citations import TextPlace
from ext_proc.apis.cited_block import CitedBlock
from ext_proc.apis.converse.answer import METRICS, read_finish, read_usage, write_finish, write_tier, write_usage
from ext_proc.apis.converse.citations import read_citation, write_citation
from ext_proc.apis.converse.errors import read_failure, write_failure
from ext_proc.apis.converse.reasoning import read_redacted, write_redacted
from ext_proc.apis.json_events import BROKEN, UntouchedStream
from ext_proc.apis.json_value import as_object, as_text, dump
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


def stream_reader() -> Reader:
    return Reader()


def stream_writer(_request: Request) -> Writer:
    return Writer()


def stream_observer(_show_usage: bool) -> StreamObserver:  # noqa: FBT001  the one argument of Api.stream_observer
    """Converse sends usage unasked, so there is nothing to hide."""
    return UntouchedStream(stream_reader())


# --- read -----------------------------------------------------------------------------------------------------------


class Reader:
    """Bytes of a stream to parts. After a broken message it is deaf, as the rest has no known beginning."""

    def __init__(self) -> None:
        self._decoder = eventstream.Decoder()
        self._events = _EventReader()

    def feed(self, data: bytes) -> list[Part]:
        if self._decoder.broken:
            return []
        parts = [part for message in self._decoder.feed(data) for part in self._read(message)]
        if self._decoder.broken:
            parts.append(StreamFailure("api_error", f"The provider's stream is broken: {self._decoder.broken}."))
        return parts

    def finish(self) -> list[Part]:
        """What was cut in the middle is no failure of its own."""
        return []

    def _read(self, message: eventstream.Message) -> list[Part]:
        headers = message.headers
        if headers.get(":message-type") == "error":
            return [read_failure({"message": headers.get(":error-message")}, headers.get(":error-code", ""))]
        try:
            members = as_object(orjson.loads(message.payload or b"{}"))
        except ValueError:
            return [BROKEN]
        if headers.get(":message-type") == "exception":
            return [read_failure(members, headers.get(":exception-type", ""))]
        return self._events.read(headers.get(":event-type"), members)


class _EventReader:
    """Events to parts."""

    def __init__(self) -> None:
        self._cited = CitedBlock()
        self._tools: dict[Any, int] = {}
        """The number of each tool use, by the index of its block."""

    def read(self, type_: str | None, event: Mapping[str, Any]) -> list[Part]:
        match type_:
            case "messageStart":
                return [Start("", "")]
            case "contentBlockStart":
                return self._read_start(_index(event), as_object(event.get("start")).get("toolUse"))
            case "contentBlockDelta":
                parts = self._read_delta(_index(event), as_object(event.get("delta")))
                self._cited.saw(parts)
                return parts
            case "contentBlockStop":
                return self._cited.ended()
            case "messageStop":
                return read_finish(event)
            case "metadata":
                return read_usage(event)
        return []

    def _read_start(self, index: int, use: Any) -> list[Part]:
        if not isinstance(use, dict) or use.get("type"):
            return []
        number = self._tools[index] = len(self._tools)
        return [ToolUseStart(number, as_text(use.get("toolUseId")), as_text(use.get("name")))]

    def _read_delta(self, index: int, delta: Mapping[str, Any]) -> list[Part]:
        self._cited.at(index)
        match delta:
            case {"citation": dict(told)} if citation := read_citation(told):
                self._cited.hold(citation)
            case {"text": str(text)} if text:
                return [TextDelta(text)]
            case {"toolUse": {"input": str(text)}} if text and index in self._tools:
                return [ToolUseDelta(self._tools[index], text)]
            case {"reasoningContent": {"text": str(text)}} if text:
                return [ThinkingDelta(text)]
            case {"reasoningContent": {"signature": str(signature)}} if signature:
                return [ThinkingSignature(signature)]
            case {"reasoningContent": {"redactedContent": str(data)}}:
                return [ThinkingSignature(redacted=read_redacted(data))]
        return []


def _index(event: Mapping[str, Any]) -> int:
    index = event.get("contentBlockIndex")
    return index if isinstance(index, int) else 0


# --- write ----------------------------------------------------------------------------------------------------------


class Writer:
    """Parts to messages, for one answer. Only tool uses have a message that begins them."""

    def __init__(self) -> None:
        self._begun = False
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
        return b"".join([self._write(part) for part in parts])

    def finish(self) -> bytes:
        """An answer whose end never came was cut: it ends as `max_tokens`."""
        if self._ended:
            return b""
        begun = self._begin() + self._write_all(self._tools.finish()) + self._close()
        self._ended = True
        stop = write_finish(self._finish or Finish("length"), used_tools=self._used_tools)
        tier = write_tier(self._usage)
        metadata = _event("metadata", usage=write_usage(self._usage), metrics=METRICS, **tier)
        return begun + _event("messageStop", **stop) + metadata

    def fail(self, error: TollkeeperError) -> bytes:
        if self._ended:
            return b""
        self._ended = True
        return write_failure(error)

    def _write(self, part: Part) -> bytes:
        if self._ended:
            return b""
        match part:
            case Start():
                return self._begin()
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
                return self._delta("text", text=text)
            case ThinkingDelta(text):
                return self._delta("thinking", reasoningContent={"text": text})
            case ThinkingSignature(redacted=str(data)):
                sealed = {"redactedContent": write_redacted(data)}
                return self._close() + self._delta("redacted", reasoningContent=sealed) + self._close()
            case ThinkingSignature(signature=str(signature)):
                return self._delta("thinking", reasoningContent={"signature": signature}) + self._close()
            case ToolUseStart(id=id_, name=name):
                closed, self._open, self._used_tools = self._close(), "tool", True
                start = {"toolUse": {"toolUseId": id_, "name": name}}
                return closed + _event("contentBlockStart", start=start, contentBlockIndex=self._blocks)
            case ToolUseDelta(arguments=arguments):
                return self._delta("tool", toolUse={"input": arguments})
        return b""

    def _cite(self, citation: Citation) -> bytes:
        """A citation is about all of its block: where what it is about ends here, so does the block."""
        if self._open != "text":
            return b""
        self._closing = citation.span is None or citation.span[1] >= self._place.length
        return _event("contentBlockDelta", delta={"citation": write_citation(citation)}, contentBlockIndex=self._blocks)

    def _begin(self) -> bytes:
        if self._begun:
            return b""
        self._begun = True
        return _event("messageStart", role="assistant")

    def _delta(self, kind: str, **delta: Any) -> bytes:
        closed = b"" if self._open == kind and not self._closing else self._close()
        self._open = kind
        return closed + _event("contentBlockDelta", delta=delta, contentBlockIndex=self._blocks)

    def _close(self) -> bytes:
        if self._open is None:
            return b""
        self._open, self._closing = None, False
        self._blocks += 1
        return _event("contentBlockStop", contentBlockIndex=self._blocks - 1)


def _event(type_: str, **members: Any) -> bytes:
    headers = {":event-type": type_, ":content-type": "application/json", ":message-type": "event"}
    return eventstream.encode(headers, dump(members))
