"""A dry run: whether a call would be let in, by which limits, and at what price; nothing is reserved or sent."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from ext_proc.effects import Extend
from ext_proc.errors import TollkeeperError
from ext_proc.events import Call
from ext_proc.instants import iso
from ext_proc.leases import Extension, Reserved
from ext_proc.limits import Balance, Claim
from ext_proc.plan import Step
from ext_proc.snapshot import Snapshot
from ext_proc.stages.count import estimated_input
from ext_proc.stages.read import Reading
from ext_proc.stages.worst import dearest, price_of

HEADER = "x-tollkeeper-dry-run"


def is_dry_run(call: Call) -> bool:
    return (call.first(HEADER) or "").strip().lower() == "true"


@dataclass(slots=True)
class Trial:
    """What a dry run learns on its way, the last of each."""

    reading: Reading | None = None
    steps: tuple[Step, ...] = ()
    cap: int | None = None
    claims: tuple[Claim, ...] = ()
    balances: tuple[Balance, ...] = ()
    by_numbers: bool = False
    """Nobody made a request: there are only its numbers."""

    def begin(self, reading: Reading, cap: int | None) -> None:
        """Of a model, as several may be tried."""
        self.reading, self.cap, self.claims, self.balances = reading, cap, (), ()

    async def stand(self, decision_id: str, claims: tuple[Claim, ...], until: float) -> Reserved:
        """What a reserve would say. No lease has this id, so that the store tells how all stand and holds nothing."""
        standing = await Extend(Extension(decision_id, claims, until))
        self.claims, self.balances = claims, standing.balances
        over = [balance for balance, claim in zip(standing.balances, claims, strict=True) if not _fits(balance, claim)]
        refused = tuple(balance for balance in over if balance.enforce)
        return Reserved(standing.balances, refused, tuple(balance for balance in over if not balance.enforce))

    def told(self, snapshot: Snapshot, now: float, decision_id: str, error: TollkeeperError | None) -> dict[str, Any]:
        """The answer to a dry run. Money is in nano-dollars, and null where a price is not known."""
        return {
            "allowed": error is None,
            "decision_id": decision_id,
            "error": error and {"status": error.status, "code": error.code, "message": error.message},
            "model": self.reading.outline.model if self.reading else None,
            "backends": [{"provider": step.provider, "model": step.model, "api": step.api} for step in self.steps],
            **self._sizes(snapshot, now),
            "limits": [_limit(balance, claim) for balance, claim in zip(self.balances, self.claims, strict=True)],
        }

    def _sizes(self, snapshot: Snapshot, now: float) -> dict[str, Any]:
        """Estimated for the first backend, and at worst for the dearest one."""
        reading = self.reading
        if reading is None:
            return {"tokens": None, "cost_nano": None}
        output = None if self.cap is None else self.cap * reading.outline.n
        likely = min(estimated_input(reading, reading.text_bytes), reading.input_bound)
        prices = [price_of(reading, step, snapshot, now) for step in self.steps]
        worst = [None if price is None else dearest(price, reading, output or 0) for price in prices]
        first = prices[0] if prices else None
        known = [cost for cost in worst if cost is not None]
        return {
            "tokens": {"input": {"estimated": likely, "worst": reading.input_bound}, "output": {"worst": output}},
            "cost_nano": {
                "estimated": first and dearest(first, replace(reading, input_bound=likely), output or 0),
                "worst": max(known) if known and len(known) == len(worst) else None,
            },
        }


def _fits(balance: Balance, claim: Claim) -> bool:
    return balance.settled + balance.leased + claim.amount <= balance.maximum


def _limit(balance: Balance, claim: Claim) -> dict[str, Any]:
    return {
        "limit": balance.limit,
        "scope": balance.scope,
        "unit": balance.unit,
        "window": balance.window or None,
        "enforced": balance.enforce,
        "maximum": balance.maximum,
        "used": balance.settled,
        "leased": balance.leased,
        "remaining": balance.remaining,
        "needed": claim.amount,
        "fits": _fits(balance, claim),
        "resets_at": iso(balance.resets_at),
    }
