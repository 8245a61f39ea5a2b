"""Parts of an answer, joined to whole blocks, and blocks taken apart again: a whole answer is a stream in one piece."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from ext_proc.apis.citations import TextPlace
from ext_proc.chat import Block, Refusal, Text, Thinking, ToolUse
from ext_proc.errors import ProviderError
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
    TokenLogprob,
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


def take_apart(blocks: Iterable[Block], choice: int = 0, place: TextPlace | None = None) -> list[Part]:
    """The parts that these blocks of an answer are the join of; `place` is that of the text before them, and moves."""
    parts: list[Part] = []
    tools, place = 0, place or TextPlace()
    for block in blocks:
        made = _parts_of_text(block, place.length, choice) if isinstance(block, Text) else _parts(block, tools, choice)
        for part in made:
            place.feed(part)
        parts += made
        tools += isinstance(block, ToolUse)
    return parts


def _parts_of_text(block: Text, at: int, choice: int) -> list[Part]:
    """Where the text goes on one of the length `at`, what its citations are about lies so much further."""
    if not block.text:
        return []
    cited = [_moved(one, at, len(block.text), choice) for one in block.citations]
    return [TextDelta(block.text, choice), *_rated(block.logprobs, choice), *cited]


def _moved(citation: Citation, at: int, length: int, choice: int) -> Citation:
    start, end = citation.span or (0, length)
    span = (start + at, end + at) if at or citation.span else None
    return replace(citation, span=span, choice=choice)


def _rated(tokens: tuple[TokenLogprob, ...], choice: int) -> list[Part]:
    return [Logprobs(tokens, choice)] if tokens else []


def _parts(block: Block, tools: int, choice: int) -> list[Part]:
    match block:
        case Refusal(text, logprobs):
            return [RefusalDelta(text, choice), *_rated(logprobs, choice)] if text else []
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
    citations: list[Citation] = field(default_factory=list)
    logprobs: list[TokenLogprob] = field(default_factory=list)
    ended: bool = False

    def closed(self) -> Block:
        text = "".join(self.pieces)
        if self.start is not None:
            return ToolUse(self.start.id, self.start.name, text)
        if self.kind is ThinkingDelta:
            seal = self.seal or ThinkingSignature()
            return Thinking(text, seal.signature, seal.redacted)
        if self.kind is RefusalDelta:
            return Refusal(text, tuple(self.logprobs))
        return Text(text, citations=tuple(self.citations), logprobs=tuple(self.logprobs))


class _Joiner:
    """Joins the parts of one choice."""

    def __init__(self) -> None:
        self._open: list[_Open] = []
        self._tools: dict[int, _Open] = {}
        self._text: _Open | None = None
        self._said: _Open | None = None
        """The last text, and the last text or refusal: what is told about them may come after other blocks."""
        self._finish: Finish | None = None

    def add(self, part: Part) -> None:
        match part:
            case TextDelta(text) | RefusalDelta(text) | ThinkingDelta(text):
                self._growing(type(part)).pieces.append(text)
            case ThinkingSignature(redacted=redacted):
                block = self._begin(ThinkingDelta) if redacted is not None else self._growing(ThinkingDelta)
                block.seal, block.ended = part, True
            case ToolUseStart(index=index):
                self._tools[index] = self._begin(ToolUseStart)
                self._tools[index].start = part
            case ToolUseDelta(index=index, arguments=arguments) if index in self._tools:
                self._tools[index].pieces.append(arguments)
            case Citation() if self._text is not None:
                self._text.citations.append(replace(part, choice=0))
                self._text.ended = self._text.ended or part.span is None
            case Logprobs(tokens) if self._said is not None:
                self._said.logprobs += tokens
            case Finish():
                self._finish = part

    def joined(self, choice: int) -> Choice:
        blocks = tuple(block.closed() for block in self._open)
        return Choice(blocks, self._finish or Finish("stop", choice=choice))

    def _growing(self, kind: type[Part]) -> _Open:
        last = self._open[-1] if self._open else None
        if last is not None and last.kind is kind and not last.ended:
            return last
        return self._begin(kind)

    def _begin(self, kind: type[Part]) -> _Open:
        block = _Open(kind)
        self._open.append(block)
        self._text = block if kind is TextDelta else self._text
        self._said = block if kind in (TextDelta, RefusalDelta) else self._said
        return block
