"""Reservations of which nobody knows whether they were made: the call was refused, so they are given back."""

from __future__ import annotations

from asyncio import CancelledError
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

from ext_proc.errors import ControlError
from ext_proc.stores.redis_steps import RedisSteps, Unconfirmed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

MOST_AT_ONCE = 100
MOST_OPEN = 100_000
"""The oldest beyond these are left to their expiry."""


class Doubts:
    """Kept in memory: those of a worker that dies end by their expiry."""

    def __init__(self, steps: RedisSteps) -> None:
        self._steps = steps
        self._open: dict[str, int] = {}

    @asynccontextmanager
    async def unless_answered(self, shard: int, decision_id: str, now: float) -> AsyncIterator[None]:
        """A store that fails, or a caller that leaves, in the middle of the block leaves its reservation in doubt."""
        if decision_id in self._open:
            raise ControlError("the reservation was given up before")
        try:
            yield
        except (ControlError, CancelledError) as failure:
            self._open[decision_id] = shard
            if len(self._open) > MOST_OPEN:
                del self._open[next(iter(self._open))]
            if isinstance(failure, Unconfirmed):
                with suppress(ControlError):
                    await self._cancel(shard, [decision_id], now)
            raise

    async def resolve(self, now: float) -> None:
        """Raises ControlError while the store is away; what is open stays so."""
        by_shard: dict[int, list[str]] = {}
        for decision_id, shard in self._open.items():
            by_shard.setdefault(shard, []).append(decision_id)
        for shard, ids in by_shard.items():
            for start in range(0, len(ids), MOST_AT_ONCE):
                await self._cancel(shard, ids[start : start + MOST_AT_ONCE], now)

    async def _cancel(self, shard: int, ids: Sequence[str], now: float) -> None:
        await self._steps.run("cancel", shard, {"ids": ids}, now)
        for decision_id in ids:
            self._open.pop(decision_id, None)
