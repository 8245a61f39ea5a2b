"""Slices: a stream without an output cap holds of its limits what it delivers, and a little ahead; never less.

A token is at least one byte of text, so that bytes bound from above what tokens nobody has counted yet.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from ext_proc.effects import Extend
from ext_proc.errors import ControlError
from ext_proc.leases import Extension
from ext_proc.limits import Claim
from ext_proc.plan import Plan

SLICE = 4096
"""Output tokens that are asked for at a time, ahead of what is delivered."""


@dataclass(slots=True)
class Slices:
    """Lives for one stream. `rates` claim what one output token takes of each limit; `clock` gives Unix seconds."""

    plan: Plan
    clock: Callable[[], float]
    seconds: float
    held: int = field(init=False)
    ahead: int = SLICE
    rates: tuple[Claim, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.held = self.plan.held
        self.rates = tuple(Claim(**row) for row in self.plan.slices)

    async def cover(self, tokens: int) -> bool:
        """Whether so many tokens may be delivered. Where the next slice has no room, smaller ones are tried."""
        most = self.plan.cap and self.plan.cap * self.plan.n
        needed = min(tokens, most) if most else tokens
        while needed > self.held:
            asked = max(needed - self.held, self.ahead)
            if await self._extend(asked):
                self.held += asked
            elif self.ahead == 0:
                return False
            else:
                self.ahead //= 8
        return True

    async def _extend(self, tokens: int) -> bool:
        """A store that is not heard has no room."""
        extension = Extension(
            self.plan.id, self._claims(tokens), self.clock() + self.seconds, self.plan.principal.get("tenant")
        )
        try:
            reserved = await Extend(extension)
        except ControlError:
            return False
        return reserved.granted

    def _claims(self, tokens: int) -> tuple[Claim, ...]:
        return tuple(replace(rate, amount=rate.amount * tokens) for rate in self.rates)


def rates_of(claims: Sequence[Claim], more: Sequence[Claim], tokens: int) -> tuple[Claim, ...]:
    """What one output token takes, as `more` claims so many of them beyond `claims`. Rounded up."""
    apart = ((one, -(-(other.amount - one.amount) // tokens)) for one, other in zip(claims, more, strict=True))
    return tuple(replace(claim, amount=rate) for claim, rate in apart if rate > 0)
