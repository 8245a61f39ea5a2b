"""The parts of an answer to a chat: the other half of the vocabulary. A whole answer is a stream in one piece.

    Start, per block (TextDelta… | ThinkingDelta… ThinkingSignature | ToolUseStart ToolUseDelta…), Finish, UsageReport

A block ends where a part of another block begins; blocks do not interleave, but parallel tool uses of a format that
interleaves them (Chat Completions) carry their own `index`. A Citation or Logprobs follows the text that it is about.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ext_proc.usage import Usage

FinishReason = Literal["stop", "length", "tool_calls", "content_filter"]


@dataclass(frozen=True, slots=True)
class Start:
    """The answer begins: the provider's id, the response model, and the time in Unix seconds when it is given."""

    id: str
    model: str
    created: int | None = None


@dataclass(frozen=True, slots=True)
class TextDelta:
    text: str
    choice: int = 0


@dataclass(frozen=True, slots=True)
class ThinkingDelta:
    text: str
    choice: int = 0


@dataclass(frozen=True, slots=True)
class ThinkingSignature:
    """Ends a thinking block; `redacted` is a whole sealed block of its own."""

    signature: str | None = None
    redacted: str | None = None
    choice: int = 0


@dataclass(frozen=True, slots=True)
class RefusalDelta:
    text: str
    choice: int = 0


@dataclass(frozen=True, slots=True)
class ToolUseStart:
    """Tool use number `index` of this answer (0, 1, …) begins."""

    index: int
    id: str
    name: str
    choice: int = 0


@dataclass(frozen=True, slots=True)
class ToolUseDelta:
    """A piece of the JSON text of tool use `index`'s arguments."""

    index: int
    arguments: str
    choice: int = 0


@dataclass(frozen=True, slots=True)
class Citation:
    """Where text comes from: a source of the web by `url`, or the given document number `document` (from 0, over the
    whole request). `start` and `end` say where in the source, in `unit`.

    `span` says which characters of the present text block it is about. Without one it is about all of that block, and
    more text begins another.
    """

    cited_text: str | None = None
    title: str | None = None
    url: str | None = None
    document: int | None = None
    unit: Literal["char", "page", "block"] | None = None
    start: int | None = None
    end: int | None = None
    span: tuple[int, int] | None = None
    choice: int = 0


@dataclass(frozen=True, slots=True)
class TokenLogprob:
    """One token of the answer and its natural log probability; `top` are the likeliest at its place.

    `raw` are its bytes where `token` does not show them, as it is a piece of a character.
    """

    token: str
    logprob: float
    top: tuple[TokenLogprob, ...] = ()
    raw: bytes | None = None


@dataclass(frozen=True, slots=True)
class Logprobs:
    """The log probabilities of the text, or of the refusal, just before."""

    tokens: tuple[TokenLogprob, ...]
    choice: int = 0


@dataclass(frozen=True, slots=True)
class Finish:
    reason: FinishReason
    stop_sequence: str | None = None
    choice: int = 0


@dataclass(frozen=True, slots=True)
class UsageReport:
    """Counts so far; a later report replaces an earlier one by the greater of each count."""

    usage: Usage


@dataclass(frozen=True, slots=True)
class StreamFailure:
    """The provider broke the stream with an error event. `kind` is one of errors.KINDS."""

    kind: str
    message: str
    code: str | None = None


Part = (
    Start
    | TextDelta
    | ThinkingDelta
    | ThinkingSignature
    | RefusalDelta
    | ToolUseStart
    | ToolUseDelta
    | Citation
    | Logprobs
    | Finish
    | UsageReport
    | StreamFailure
)
