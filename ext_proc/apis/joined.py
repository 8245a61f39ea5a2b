"""Parts of an answer, joined to whole blocks, and blocks taken apart again: a whole answer is a stream in one piece."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ext_proc.chat import Block, Refusal, Text, Thinking, ToolUse
from ext_proc.errors import ProviderError
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


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the answers that were asked for. A missing finish is `stop`."""

    blocks: tuple[Block, ...]
    finish: Finish


@dataclass(frozen=True, slots=True)
class Whole:
    start: Start
    choices: tuple[Choice, ...]
    usage: Usage | None


def join(parts: Sequence[Part]) -> Whole:
    """The whole answer. Raises `ProviderError` when the provider broke it."""
    start, usage, choices = Start("", ""), None, {0: _Joiner()}
    for part in parts:
        match part:
            case Start():
                start = part
            case UsageReport(reported):
                usage = usage.merged(reported) if usage else reported
            case StreamFailure(kind, message, code):
                raise ProviderError(message, kind=kind, code=code)
            case _:
                choices.setdefault(part.choice, _Joiner()).add(part)
    return Whole(start, tuple(choices[index].joined(index) for index in sorted(choices)), usage)


def take_apart(blocks: Iterable[Block], choice: int = 0) -> list[Part]:
    """The parts that these blocks of an answer are the join of."""
    parts: list[Part] = []
    tools = 0
    for block in blocks:
        parts += _parts(block, tools, choice)
        tools += isinstance(block, ToolUse)
    return parts


def _parts(block: Block, tools: int, choice: int) -> list[Part]:
    match block:
        case Text(text):
            return [TextDelta(text, choice)] if text else []
        case Refusal(text):
            return [RefusalDelta(text, choice)] if text else []
        case Thinking(text, signature, redacted):
            shown: list[Part] = [ThinkingDelta(text, choice)] if text else []
            sealed = signature is not None or redacted is not None
            return [*shown, ThinkingSignature(signature, redacted, choice)] if sealed else shown
        case ToolUse(id=id_, name=name, arguments=arguments):
            return [ToolUseStart(tools, id_, name, choice), ToolUseDelta(tools, arguments, choice)]
    return []


@dataclass(slots=True)
class _Open:
    """A block that still grows. `kind` says which: the class of the delta that feeds it, or of the tool use."""

    kind: type[Part]
    pieces: list[str] = field(default_factory=list)
    start: ToolUseStart | None = None
    seal: ThinkingSignature | None = None

    def closed(self) -> Block:
        text = "".join(self.pieces)
        if self.start is not None:
            return ToolUse(self.start.id, self.start.name, text)
        if self.kind is ThinkingDelta:
            seal = self.seal or ThinkingSignature()
            return Thinking(text, seal.signature, seal.redacted)
        return Refusal(text) if self.kind is RefusalDelta else Text(text)


class _Joiner:
    """Joins the parts of one choice."""

    def __init__(self) -> None:
        self._open: list[_Open] = []
        self._tools: dict[int, _Open] = {}
        self._finish: Finish | None = None

    def add(self, part: Part) -> None:
        match part:
            case TextDelta(text) | RefusalDelta(text) | ThinkingDelta(text):
                self._growing(type(part)).pieces.append(text)
            case ThinkingSignature(redacted=redacted):
                block = self._begin(ThinkingDelta) if redacted is not None else self._growing(ThinkingDelta)
                block.seal = part
            case ToolUseStart(index=index):
                self._tools[index] = self._begin(ToolUseStart)
                self._tools[index].start = part
            case ToolUseDelta(index=index, arguments=arguments) if index in self._tools:
                self._tools[index].pieces.append(arguments)
            case Finish():
                self._finish = part

    def joined(self, choice: int) -> Choice:
        blocks = tuple(block.closed() for block in self._open)
        return Choice(blocks, self._finish or Finish("stop", choice=choice))

    def _growing(self, kind: type[Part]) -> _Open:
        last = self._open[-1] if self._open else None
        if last is not None and last.kind is kind and last.seal is None:
            return last
        return self._begin(kind)

    def _begin(self, kind: type[Part]) -> _Open:
        self._open.append(_Open(kind))
        return self._open[-1]
