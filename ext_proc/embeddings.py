"""The vocabulary of embeddings, which every API that turns texts into vectors is read into and written from.

A request is a `Request`; an answer is its `Start`, then `Vectors`, then a `UsageReport` where usage was told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Literal

Encoding = Literal["float", "base64", "int8", "uint8", "binary", "ubinary"]
"""Cohere's words. `base64` is that of 32-bit floats, the lowest byte first."""
Purpose = Literal[
    "query",
    "document",
    "similarity",
    "classification",
    "clustering",
    "question_answering",
    "fact_verification",
    "code_query",
]
Truncate = Literal["none", "start", "end"]
Input = str | tuple[int, ...]
"""A text, or the tokens of one."""
Vector = Sequence[float] | str


@dataclass(frozen=True, slots=True)
class Request:
    """One call for a vector of each input. `None` means that the client did not say.

    `truncate` says what of an input that is too long is cut off; `none` makes it an error.
    """

    stream: ClassVar[bool] = False

    model: str
    inputs: tuple[Input, ...]
    dimensions: int | None = None
    encodings: tuple[Encoding, ...] = ("float",)
    purpose: Purpose | None = None
    title: str | None = None
    truncate: Truncate | None = None
    user: str | None = None
    unread: Mapping[str, Any] = field(default_factory=dict)

    def for_step(self, model: str, _cap: int | None, *, usage: bool) -> Request:  # noqa: ARG002  always told
        return replace(self, model=model)


@dataclass(frozen=True, slots=True)
class Vectors:
    """The vectors of all inputs, in their order, once for each encoding."""

    encoded: Mapping[Encoding, Sequence[Vector]]
