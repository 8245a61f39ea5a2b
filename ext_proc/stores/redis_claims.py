"""Claims, leases and settlements as Redis takes them, amounts as text, and its answers as ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from ext_proc.leases import Reserved
from ext_proc.limits import LARGEST, Balance
from ext_proc.windows import resets_at, split_window

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ext_proc.leases import Settlement
    from ext_proc.limits import Amounts, Claim
    from ext_proc.stores.redis_steps import Done


def claims_row(claims: Sequence[Claim]) -> list[list[Any]]:
    return [
        [c.key, c.window, str(c.maximum), str(c.amount), c.enforce, orjson.dumps(c.thresholds).decode()] for c in claims
    ]


def settlement_row(settlement: Settlement, now: float) -> dict[str, Any]:
    return {
        "id": settlement.decision_id,
        "at": at(settlement.entry, now),
        "amounts": amounts_row(settlement.amounts),
        "own": amounts_row(settlement.own),
        "draws_on": settlement.draws_on,
    }


def at(entry: dict[str, Any], now: float) -> float | str:
    """Where an entry stands in the ledger: nowhere, for an event."""
    when: float = entry.get("at", now)
    return "" if "event" in entry else when


def amounts_row(amounts: Amounts) -> dict[str, str]:
    return {unit: str(amount) for unit, amount in amounts.items()}


def reserved(claims: Sequence[Claim], done: Done) -> Reserved:
    """What a step said of the claims. Raises ValueError for a sum too large to count."""
    rows = list(_standings(done.rows))
    if done.status == "large":
        raise ValueError(f"a sum would be greater than {LARGEST}")
    held = done.status == "granted"
    balances = tuple(_balance(*row, done.now, held=held) for row in zip(claims, rows, strict=True))
    if done.status in ("known", "ended"):
        return Reserved(balances, ended=done.status == "ended")
    before = [_balance(*row, done.now, held=False) for row in zip(claims, rows, strict=True)]
    over = [b for b, c in zip(before, claims, strict=True) if b.settled + b.leased + c.amount > b.maximum]
    refused, shadowed = tuple(b for b in over if b.enforce), tuple(b for b in over if not b.enforce)
    return Reserved(balances, refused, shadowed)


def _standings(rows: Sequence[bytes]) -> Iterator[tuple[int, int, int]]:
    """Of each claim what is settled, leased and granted."""
    amounts = iter(map(int, rows))
    return zip(amounts, amounts, amounts, strict=True)


def _balance(claim: Claim, standing: tuple[int, int, int], now: float, *, held: bool) -> Balance:
    settled, leased, granted = standing
    return Balance(
        limit=claim.limit,
        scope=claim.scope,
        unit=claim.unit,
        window=claim.window,
        maximum=min(claim.maximum + granted, LARGEST),
        settled=settled,
        leased=leased + (claim.amount if held else 0),
        resets_at=resets_at(*split_window(claim.window), now),
        enforce=claim.enforce,
        granted=granted,
    )
