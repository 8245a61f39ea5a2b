"""Long lists in pages: so many rows from behind a row on, and the id to go on behind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar

from pydantic import Field

from ext_proc.admin.problem import Problem
from ext_proc.admin.route import Part

T = TypeVar("T")
Count = Annotated[int, Field(ge=1, le=1000, description="How many rows at most.")]
After = Annotated[str | None, Field(max_length=2048, description="`next` of the page before.")]
Next = Annotated[str | None, Field(description="Ask with it as `after` for the rows that follow; null at the end.")]


class PageQuery(Part):
    count: Count = 100
    after: After = None


def page(rows: Sequence[T], id_of: Callable[[T], str], query: PageQuery) -> tuple[Sequence[T], str | None]:
    """The rows, and `next`."""
    ids = [id_of(row) for row in rows]
    if query.after is not None and query.after not in ids:
        raise Problem(
            "bad-request", "The row that `after` names is not there any more.", "Begin again without `after`."
        )
    start = 0 if query.after is None else ids.index(query.after) + 1
    shown = rows[start : start + query.count]
    more = start + len(shown) < len(rows)
    return shown, id_of(shown[-1]) if more else None
