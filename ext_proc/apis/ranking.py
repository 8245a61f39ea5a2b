"""A ranking as the client asked for it: so many results, and with the documents or without."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from ext_proc.rerank import Ranked, Ranking, Request


def shaped(request: Request, parts: Sequence[Any]) -> list[Any]:
    """Some providers give all results whatever was asked, and some never give the documents."""
    return [_shaped(part, request) if isinstance(part, Ranking) else part for part in parts]


def results_of(parts: Iterable[Any]) -> tuple[Ranked, ...]:
    return next((part.results for part in parts if isinstance(part, Ranking)), ())


def _shaped(ranking: Ranking, request: Request) -> Ranking:
    return Ranking(tuple(_documented(one, request) for one in ranking.results[: request.top_n]))


def _documented(ranked: Ranked, request: Request) -> Ranked:
    if not request.return_documents:
        return replace(ranked, document=None)
    known = 0 <= ranked.index < len(request.documents)
    return replace(ranked, document=request.documents[ranked.index] if known else ranked.document)
