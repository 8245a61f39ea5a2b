"""Streamed Responses answers: named and numbered events around items and their parts.

Spec: https://platform.openai.com/docs/api-reference/responses-streaming
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ext_proc.apis import sse
from ext_proc.apis.api import StreamObserver
from ext_proc.apis.chat_completions.logprobs import Tokens, rated
from ext_proc.apis.json_events import JsonStreamReader, UntouchedStream
from ext_proc.apis.json_value import dump
from ext_proc.apis.responses.answer import write_response, write_status
from ext_proc.apis.responses.errors import write_failure
from ext_proc.apis.responses.event import EventReader
from ext_proc.apis.responses.open_item import Event, OpenItem, Shown
from ext_proc.chat import Block, Refusal, Request, Text, Thinking, ToolUse
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


def stream_reader() -> JsonStreamReader:
    return JsonStreamReader(EventReader().read)


def stream_writer(request: Request) -> Writer:
    return Writer(request)


def stream_observer(_show_usage: bool) -> StreamObserver:  # noqa: FBT001  the one argument of Api.stream_observer
    """Responses sends usage unasked, so there is nothing to hide."""
    return UntouchedStream(stream_reader())


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
        return b"".join([self._write(part, tokens) for part, tokens in rated(parts) if not self._ended])

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

    def _write(self, part: Part, tokens: Tokens) -> bytes:
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
        return self._begin() + self._write_content(part, tokens) if part.choice == 0 else b""

    def _write_content(self, part: Part, tokens: Tokens) -> bytes:
        match part:
            case TextDelta(text):
                return self._say(Text, text, tokens)
            case Citation() if self._open is not None:
                return self._numbered(self._open.cite(part))
            case Logprobs(alone) if self._open is not None:
                return self._numbered(self._open.rate(alone))
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

    def _say(self, kind: Shown, text: str, tokens: Tokens = ()) -> bytes:
        opened = self._ensure(kind)
        assert self._open is not None
        return opened + self._numbered(self._open.say(kind, text, tokens))

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
