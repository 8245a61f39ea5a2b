"""Streamed answers of Cohere's Chat: named events around blocks of content and calls of tools.

Spec: https://docs.cohere.com/docs/streaming
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ext_proc.apis import sse
from ext_proc.apis.api import StreamObserver
from ext_proc.apis.cohere_chat.answer import (
    read_finish,
    read_logprobs,
    write_call,
    write_finish,
    write_logprob,
    write_seal,
)
from ext_proc.apis.cohere_chat.citations import read_citations
from ext_proc.apis.cohere_chat.cited_text import CitedText
from ext_proc.apis.cohere_chat.errors import read_failure
from ext_proc.apis.cohere_usage import read_usage, write_usage
from ext_proc.apis.json_events import JsonStreamReader, UntouchedStream
from ext_proc.apis.json_value import as_object, as_text, dump
from ext_proc.apis.one_tool import OneToolAtATime
from ext_proc.chat import Request, ToolUse
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
    return JsonStreamReader(_EventReader().read)


def stream_writer(request: Request) -> Writer:
    return Writer(request)


def stream_observer(_show_usage: bool) -> StreamObserver:  # noqa: FBT001  the one argument of Api.stream_observer
    """Cohere sends usage unasked, so there is nothing to hide."""
    return UntouchedStream(stream_reader())


# --- read -----------------------------------------------------------------------------------------------------------


class _EventReader:
    """Events to parts."""

    def __init__(self) -> None:
        self._tools = 0

    def read(self, event: Mapping[str, Any]) -> list[Part]:
        delta = as_object(event.get("delta"))
        message = as_object(delta.get("message"))
        match event.get("type"):
            case "message-start":
                return [Start(as_text(event.get("id")), "")]
            case "content-start" | "content-delta":
                return _read_content(as_object(message.get("content")), event.get("logprobs"))
            case "tool-plan-delta" if text := as_text(message.get("tool_plan")):
                return [TextDelta(text)]
            case "tool-call-start":
                return self._read_call(as_object(message.get("tool_calls")))
            case "tool-call-delta" if self._tools:
                function = as_object(as_object(message.get("tool_calls")).get("function"))
                text = as_text(function.get("arguments"))
                return [ToolUseDelta(self._tools - 1, text)] if text else []
            case "citation-start":
                return [*read_citations(message.get("citations"))]
            case "message-end":
                return [*_read_end(delta), *read_usage(delta.get("usage"))]
        return [read_failure(event)] if event.get("error") or (event.get("message") and not event.get("type")) else []

    def _read_call(self, call: Mapping[str, Any]) -> list[Part]:
        function = as_object(call.get("function"))
        index, self._tools = self._tools, self._tools + 1
        begun = as_text(function.get("arguments"))
        start = ToolUseStart(index, as_text(call.get("id")) or f"call_{index}", as_text(function.get("name")))
        return [start, ToolUseDelta(index, begun)] if begun else [start]


def _read_content(content: Mapping[str, Any], logprobs: Any) -> list[Part]:
    thought, text = as_text(content.get("thinking")), as_text(content.get("text"))
    signature, redacted = as_text(content.get("signature")) or None, as_text(content.get("redacted")) or None
    parts: list[Part] = [ThinkingDelta(thought)] if thought else []
    parts += [ThinkingSignature(signature, redacted)] if signature or redacted else []
    parts += [TextDelta(text)] if text else []
    tokens = read_logprobs(logprobs)
    return [*parts, Logprobs(tuple(tokens))] if tokens else parts


def _read_end(delta: Mapping[str, Any]) -> list[Part]:
    """A message that failed says why in words of its own."""
    return [read_failure(delta)] if delta.get("error") else read_finish(delta)


# --- write ----------------------------------------------------------------------------------------------------------


class Writer:
    """Parts to events, for one answer. Its end waits for `finish`, as usage may come last and goes into it."""

    def __init__(self, request: Request) -> None:
        self._id = ""
        self._begun = self._ended = self._used_tools = False
        self._one_tool = OneToolAtATime()
        self._open: str | int | None = None
        """The kind of the open block, or the number of the tool use that it is."""
        self._blocks = self._calls = self._citations = 0
        self._text = CitedText(request)
        self._finish: Finish | None = None
        self._usage: Usage | None = None

    def write(self, parts: Iterable[Part]) -> bytes:
        return b"".join([self._write(part) for part in parts])

    def finish(self) -> bytes:
        """An answer whose end never came was cut: it ends as `MAX_TOKENS`."""
        if self._ended:
            return b""
        waited = b"".join([self._write_content(part) for part in self._one_tool.finish()])
        closed = self._begin() + waited + self._close()
        self._ended = True
        reason = write_finish(self._finish or Finish("length"), used_tools=self._used_tools)
        return closed + self._end(finish_reason=reason)

    def fail(self, error: TollkeeperError) -> bytes:
        if self._ended:
            return b""
        self._ended = True
        return self._end(finish_reason="TIMEOUT" if error.kind == "timeout" else "ERROR", error=error.message)

    def _write(self, part: Part) -> bytes:
        if self._ended:
            return b""
        match part:
            case Start():
                self._id = part.id
                return self._begin()
            case UsageReport(usage):
                self._usage = self._usage.merged(usage) if self._usage else usage
                return b""
            case StreamFailure(kind, message, code):
                return self.fail(ProviderError(message, kind=kind, code=code))
            case Finish():
                self._finish = self._finish or part
                return b""
        if part.choice != 0:
            return b""
        return self._begin() + b"".join([self._write_content(one) for one in self._one_tool.feed(part)])

    def _write_content(self, part: Part) -> bytes:
        self._text.feed(part)
        match part:
            case TextDelta(text) | RefusalDelta(text):
                return self._open_block("text") + self._delta({"text": text})
            case ThinkingDelta(text):
                return self._open_block("thinking") + self._delta({"thinking": text})
            case ThinkingSignature(signature, redacted):
                opened = self._open_block("thinking")
                return opened + self._delta({"thinking": "", **write_seal(signature, redacted)}) + self._close()
            case ToolUseStart():
                return self._start_call(part)
            case ToolUseDelta(index, arguments) if index == self._open:
                call = {"tool_calls": {"function": {"arguments": arguments}}}
                return _event("tool-call-delta", index=self._calls, delta={"message": call})
            case Citation():
                return self._write_citation(part)
            case Logprobs(tokens):
                opened = self._open_block("text")
                return opened + b"".join([self._delta({"text": ""}, logprobs=write_logprob(one)) for one in tokens])
        return b""

    def _begin(self) -> bytes:
        if self._begun:
            return b""
        self._begun = True
        message: dict[str, Any] = {"role": "assistant", "content": [], "tool_plan": "", "tool_calls": []}
        return _event("message-start", id=self._id, delta={"message": {**message, "citations": []}})

    def _end(self, **delta: Any) -> bytes:
        counted = {} if self._usage is None else {"usage": write_usage(self._usage)}
        return _event("message-end", id=self._id, delta={**delta, **counted}) + DONE

    def _start_call(self, start: ToolUseStart) -> bytes:
        closed = self._close()
        self._open, self._used_tools = start.index, True
        call = write_call(ToolUse(start.id, start.name, ""))
        return closed + _event("tool-call-start", index=self._calls, delta={"message": {"tool_calls": call}})

    def _write_citation(self, citation: Citation) -> bytes:
        written = self._text.write(citation, self._blocks - (self._open != "text"))
        index, self._citations = self._citations, self._citations + 1
        started = _event("citation-start", index=index, delta={"message": {"citations": written}})
        return started + _event("citation-end", index=index)

    # Blocks

    def _open_block(self, kind: str) -> bytes:
        if self._open == kind:
            return b""
        closed, self._open = self._close(), kind
        content = {"type": kind, kind: ""}
        return closed + _event("content-start", index=self._blocks, delta={"message": {"content": content}})

    def _delta(self, content: dict[str, str], **beside: Any) -> bytes:
        return _event("content-delta", index=self._blocks, delta={"message": {"content": content}}, **beside)

    def _close(self) -> bytes:
        kind, self._open = self._open, None
        if kind is None:
            return b""
        if isinstance(kind, int):
            self._calls += 1
            return _event("tool-call-end", index=self._calls - 1)
        self._blocks += 1
        return _event("content-end", index=self._blocks - 1)


def _event(type_: str, **members: Any) -> bytes:
    return sse.encode(dump({"type": type_, **members}), type_)
