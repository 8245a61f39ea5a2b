"""Leases: the worst case of a call, reserved in every limit that matches it, then settled by what was used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ext_proc.limits import Amounts, Balance, Claim


@dataclass(frozen=True, slots=True)
class Lease:
    """The worst case of one call, in every limit that matches it. `entry` is what the ledger gets if it expires."""

    decision_id: str
    claims: tuple[Claim, ...]
    expires_at: float
    entry: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reserved:
    """The outcome of a reserve. `refused_by` holds the enforced balances without room; then nothing was reserved."""

    balances: tuple[Balance, ...]
    refused_by: tuple[Balance, ...] = ()
    shadowed: tuple[Balance, ...] = ()

    @property
    def granted(self) -> bool:
        return not self.refused_by


@dataclass(frozen=True, slots=True)
class Settlement:
    """What a call used, and its usage entry; idempotent by `decision_id`."""

    decision_id: str
    amounts: Amounts
    entry: dict[str, Any]
