"""Usage entries on their way to the sinks: at least once, in order, and lost by no failure.

An entry leaves the outbox when every sink has taken it. When one fails, all get the batch again after its claim ends;
consumers keep the last entry of a `decision_id`.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ext_proc.sinks.sink import Sink
    from ext_proc.stores.store import Store

MOST_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Pumped:
    """One step's outcome: how many entries were taken, and what went wrong in which sink."""

    taken: int
    failures: tuple[tuple[str, OSError], ...] = ()


async def pump(store: Store, sinks: Mapping[str, Sink], owner: str, clock: Callable[[], float]) -> Pumped:
    """One step: `taken` below MOST_AT_ONCE means that nothing more waits. Raises ControlError."""
    waiting = await store.take_outbox(owner, MOST_AT_ONCE, clock())
    if not waiting:
        return Pumped(0)
    rows = [row for _, row in waiting]
    tried = [(name, await asyncio.to_thread(_failure, sink, rows)) for name, sink in sinks.items()]
    failures = tuple((name, error) for name, error in tried if error is not None)
    if not failures:
        await store.mark_exported([sequence for sequence, _ in waiting])
    return Pumped(len(waiting), failures)


def _failure(sink: Sink, rows: list[dict[str, object]]) -> OSError | None:
    try:
        sink(rows)
    except OSError as error:
        return error
    return None
