"""The vocabulary of rerank, which every API that orders documents by a query is read into and written from.

A request is a `Request`; an answer is its `Start`, then a `Ranking`, then a `UsageReport` where usage was told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class Request:
    """One call for an order of documents. `None` means that the client did not say.

    `max_tokens_per_document` is where longer ones are cut off.
    """

    stream: ClassVar[bool] = False

    model: str
    query: str
    documents: tuple[str, ...]
    top_n: int | None = None
    return_documents: bool = False
    max_tokens_per_document: int | None = None
    unread: Mapping[str, Any] = field(default_factory=dict)

    def for_step(self, model: str, _cap: int | None, *, usage: bool) -> Request:  # noqa: ARG002  always told
        return replace(self, model=model)


@dataclass(frozen=True, slots=True)
class Ranked:
    """Document number `index` of the request, and how relevant it is; `document` is its text, where it was asked."""

    index: int
    score: float
    document: str | None = None


@dataclass(frozen=True, slots=True)
class Ranking:
    """The most relevant comes first."""

    results: tuple[Ranked, ...]
