"""Streamed Responses answers: named and numbered events around items and their parts.

Spec: https://platform.openai.com/docs/api-reference/responses-streaming
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ext_proc.apis import sse
from ext_proc.apis.api import StreamObserver
from ext_proc.apis.joined import take_apart
from ext_proc.apis.json_events import JsonStreamReader, UntouchedStream
from ext_proc.apis.json_value import as_object, as_text, dump
from ext_proc.apis.responses.answer import (
    read_finish,
    read_item,
    read_start,
    read_usage,
    write_response,
    write_status,
)
from ext_proc.apis.responses.errors import read_failure, write_failure
from ext_proc.apis.responses.open_item import Event, OpenItem, Shown
from ext_proc.apis.responses.reasoning import BETWEEN_PARAGRAPHS, read_seal
from ext_proc.chat import Block, Refusal, Request, Text, Thinking, ToolUse
from ext_proc.errors import ProviderError, TollkeeperError
from ext_proc.parts import (
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
    return JsonStreamReader(_EventReader().read)


def stream_writer(request: Request) -> Writer:
    return Writer(request)


def stream_observer(_show_usage: bool) -> StreamObserver:  # noqa: FBT001  the one argument of Api.stream_observer
    """Responses sends usage unasked, so there is nothing to hide."""
    return UntouchedStream(stream_reader())


# --- read -----------------------------------------------------------------------------------------------------------

_SAID: Mapping[str, Callable[[str], Part]] = {
    "response.output_text.delta": TextDelta,
    "response.refusal.delta": RefusalDelta,
}
_THOUGHT = ("response.reasoning_summary_text.delta", "response.reasoning_text.delta")


class _EventReader:
    """Events to parts. An item of which no delta came is read when it is done."""

    def __init__(self) -> None:
        self._tools: dict[int, int] = {}
        self._told: dict[int, str] = {}
        """By item, the kind of event that told of it first: thinking may come as it is and as a summary."""
        self._failed = False

    def read(self, event: Mapping[str, Any]) -> list[Part]:
        type_, index = as_text(event.get("type")), _index(event.get("output_index"))
        match type_:
            case "response.created":
                return [read_start(as_object(event.get("response")))]
            case "response.output_item.added":
                return self._read_added(index, as_object(event.get("item")))
            case "response.output_item.done":
                return self._read_done(index, as_object(event.get("item")))
            case "response.completed" | "response.incomplete":
                return self._read_end({"status": type_.removeprefix("response."), **as_object(event.get("response"))})
            case "response.failed":
                response = as_object(event.get("response"))
                return [*read_usage(response.get("usage")), *self._read_failure(response)]
        if type_ == "error" or event.get("error"):
            return self._read_failure(event)
        return self._read_delta(type_, index, event)

    def _read_delta(self, type_: str, index: int, event: Mapping[str, Any]) -> list[Part]:
        delta = as_text(event.get("delta"))
        if type_ in _SAID and delta:
            self._told[index] = type_
            return [_SAID[type_](delta)]
        if type_ in _THOUGHT and delta:
            return [ThinkingDelta(delta)] if self._told.setdefault(index, type_) == type_ else []
        if type_ == "response.reasoning_summary_part.added" and self._told.get(index) == _THOUGHT[0]:
            return [ThinkingDelta(BETWEEN_PARAGRAPHS)]
        if type_ == "response.function_call_arguments.delta" and delta and index in self._tools:
            self._told[index] = type_
            return [ToolUseDelta(self._tools[index], delta)]
        return []

    def _read_added(self, index: int, item: Mapping[str, Any]) -> list[Part]:
        if item.get("type") != "function_call" or index in self._tools:
            return []
        number = self._tools[index] = len(self._tools)
        return [
            ToolUseStart(number, as_text(item.get("call_id")) or as_text(item.get("id")), as_text(item.get("name")))
        ]

    def _read_done(self, index: int, item: Mapping[str, Any]) -> list[Part]:
        if item.get("type") == "function_call":
            return [*self._read_added(index, item), *self._read_arguments(index, item)]
        if index not in self._told:
            self._told[index] = "done"
            return take_apart(read_item(item))
        signature, redacted = read_seal(item) if item.get("type") == "reasoning" else (None, None)
        return [] if signature is redacted is None else [ThinkingSignature(signature, redacted)]

    def _read_arguments(self, index: int, item: Mapping[str, Any]) -> list[Part]:
        arguments = as_text(item.get("arguments"))
        if index in self._told or not arguments:
            return []
        self._told[index] = "done"
        return [ToolUseDelta(self._tools[index], arguments)]

    def _read_end(self, response: Mapping[str, Any]) -> list[Part]:
        return [*read_finish(response, used_tools=bool(self._tools)), *read_usage(response.get("usage"))]

    def _read_failure(self, members: Mapping[str, Any]) -> list[Part]:
        """Once: the event `error` and `response.failed` may both tell of it."""
        failed, self._failed = self._failed, True
        return [] if failed else [read_failure(members)]


def _index(value: Any) -> int:
    return value if isinstance(value, int) else 0


# --- write ----------------------------------------------------------------------------------------------------------


class Writer:
    """Parts to events, for one answer. Its end waits for `finish`, as usage may come last and goes into it.

    A message or thinking ends where another item begins; tool uses may interleave, and all end with the answer.
    """

    def __init__(self, request: Request) -> None:
        self._start = Start("", request.model)
        self._begun = self._ended = False
        self._events = 0
        self._items: list[OpenItem] = []
        self._open: OpenItem | None = None
        self._tools: dict[int, OpenItem] = {}
        self._finish: Finish | None = None
        self._usage: Usage | None = None

    def write(self, parts: Iterable[Part]) -> bytes:
        return b"".join([self._write(part) for part in parts if not self._ended])

    def finish(self) -> bytes:
        """An answer whose end never came was cut: it ends as `max_output_tokens`."""
        if self._ended:
            return b""
        end = self._finish or Finish("length")
        closed = [self._begin(), *[self._close(item, end) for item in (self._open, *self._tools.values()) if item]]
        self._ended = True
        response = write_response(self._start, [item.item for item in self._items], end, self._usage)
        return b"".join([*closed, self._event(f"response.{write_status(end)}", response=response)])

    def fail(self, error: TollkeeperError) -> bytes:
        """The message of the event `error` stands in it twice: where the specification has it, and where SDKs look."""
        if self._ended:
            return b""
        self._ended = True
        members = write_failure(error)
        whole = [item.item for item in self._items if item.item["status"] != "in_progress"]
        response = write_response(self._start, whole, None, self._usage) | {"status": "failed", "error": members}
        flat = {key: members[key] for key in ("code", "message", "param")}
        return self._event("error", **flat, error=members) + self._event("response.failed", response=response)

    def _write(self, part: Part) -> bytes:
        match part:
            case Start():
                self._start = (
                    self._start if self._begun else Start(part.id, part.model or self._start.model, part.created)
                )
                return self._begin()
            case UsageReport(usage):
                self._usage = self._usage.merged(usage) if self._usage else usage
                return b""
            case StreamFailure(kind, message, code):
                return self.fail(ProviderError(message, kind=kind, code=code))
            case Finish():
                self._finish = self._finish or part
                return b""
        return self._begin() + self._write_content(part) if part.choice == 0 else b""

    def _write_content(self, part: Part) -> bytes:
        match part:
            case TextDelta(text):
                return self._say(Text, text)
            case RefusalDelta(text):
                return self._say(Refusal, text)
            case ThinkingDelta(text):
                return self._say(Thinking, text)
            case ThinkingSignature():
                return self._seal(part)
            case ToolUseStart(index, id_, name):
                closed = self._close_open()
                self._tools[index] = self._item(ToolUse(id_, name, ""))
                return closed + self._numbered(self._tools[index].begin())
            case ToolUseDelta(index, arguments) if index in self._tools:
                return self._numbered(self._tools[index].add_arguments(arguments))
        return b""

    def _begin(self) -> bytes:
        if self._begun:
            return b""
        self._begun = True
        response = write_response(self._start, [], None, None)
        return self._event("response.created", response=response) + self._event(
            "response.in_progress", response=response
        )

    # Items

    def _say(self, kind: Shown, text: str) -> bytes:
        opened = self._ensure(kind)
        assert self._open is not None
        return opened + self._numbered(self._open.say(kind, text))

    def _seal(self, seal: ThinkingSignature) -> bytes:
        closed = self._close_open() if seal.redacted is not None else b""
        opened = self._ensure(Thinking)
        assert self._open is not None
        item, self._open = self._open, None
        return closed + opened + self._numbered(item.close("completed", seal.signature, seal.redacted))

    def _ensure(self, kind: Shown) -> bytes:
        """That an item which takes this kind of block is open."""
        if self._open is not None and self._open.is_message == (kind is not Thinking):
            return b""
        closed = self._close_open()
        self._open = self._item(kind(""))
        return closed + self._numbered(self._open.begin())

    def _item(self, first: Block) -> OpenItem:
        self._items.append(OpenItem(first, self._start.id, len(self._items)))
        return self._items[-1]

    def _close_open(self) -> bytes:
        item, self._open = self._open, None
        return b"" if item is None else self._numbered(item.close("completed"))

    def _close(self, item: OpenItem, end: Finish) -> bytes:
        """At the end of the answer: what was cut is its last item."""
        return self._numbered(item.close(write_status(end) if item is self._items[-1] else "completed"))

    # Events

    def _numbered(self, events: list[Event]) -> bytes:
        return b"".join([self._event(f"response.{type_}", **members) for type_, members in events])

    def _event(self, type_: str, **members: Any) -> bytes:
        number, self._events = self._events, self._events + 1
        return sse.encode(dump({"type": type_, "sequence_number": number, **members}), type_)
