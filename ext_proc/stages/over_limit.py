"""What a client is told of limits: the refusal that names one, and the headers of the calls that are let in."""

from __future__ import annotations

import math
from collections.abc import Iterable

from ext_proc.errors import OverLimit
from ext_proc.instants import iso
from ext_proc.limits import NANO, Balance, Claim, Unit
from ext_proc.windows import split_window

SLOT_SECONDS = 1
"""When to look again for a place among concurrent calls."""


def over_limit(balance: Balance, claim: Claim, now: float, decision_id: str) -> OverLimit:
    """The 429, which names the limit, its scope, how it stands, and what the call needs at most."""
    message, retry = _message(balance, claim, decision_id), _worth(balance, claim, now)
    refusal = OverLimit(message, param=balance.limit, retry_after=retry)
    refusal.standing = {
        "name": balance.limit,
        "scope": balance.scope,
        "unit": balance.unit,
        "window": split_window(balance.window)[0] or None,
        "maximum": balance.maximum,
        "used": balance.settled,
        "leased": balance.leased,
        "needed": claim.amount,
        "resets_at": iso(balance.resets_at),
        "decision_id": decision_id,
    }
    return refusal


def _message(balance: Balance, claim: Claim, decision_id: str) -> str:
    scope = f" for {balance.scope}" if balance.scope else ""
    window = split_window(balance.window)[0]
    stands = (
        f"{shown(balance.settled, balance.unit)} used and {shown(balance.leased, balance.unit)} in flight "
        f"of {shown(balance.maximum, balance.unit)}{f' per {window}' if window else ''}"
    )
    needs = f"it may take {shown(claim.amount, balance.unit)}"
    resets = iso(balance.resets_at)
    when = f" The limit resets at {resets}." if resets else ""
    never = " It is larger than the whole limit." if claim.amount > balance.maximum else ""
    opening = f"The limit {balance.limit!r}{scope} has no room for this call"
    return f"{opening}: {stands}; {needs}.{never}{when} (decision {decision_id})"


def _worth(balance: Balance, claim: Claim, now: float) -> int | None:
    """Whole seconds until the same call may pass; None where it never will."""
    if claim.amount > balance.maximum:
        return None
    return SLOT_SECONDS if balance.unit == "concurrent" else retry_after(balance, now)


def shown(amount: int, unit: Unit) -> str:
    if unit == "usd":
        return f"${amount / NANO:.6f}".rstrip("0").rstrip(".")
    word = unit.replace("_", " ")
    return f"{amount:,} {word.removesuffix('s') if amount == 1 else word}"


def retry_after(balance: Balance, now: float) -> int | None:
    """Whole seconds until the limit's window may have room again."""
    return None if balance.resets_at is None else max(1, math.ceil(balance.resets_at - now))


def rate_limit_headers(balances: Iterable[Balance], now: float) -> tuple[tuple[str, str], ...]:
    """`x-ratelimit-{limit,remaining,reset}-{requests,tokens}`, of the limit of each kind that has least left."""
    enforced = [balance for balance in balances if balance.enforce]
    headers: list[tuple[str, str]] = []
    for unit in ("requests", "tokens"):
        of_unit = [balance for balance in enforced if balance.unit == unit]
        if of_unit:
            tightest = min(of_unit, key=lambda balance: balance.remaining)
            headers += [
                (f"x-ratelimit-limit-{unit}", str(tightest.maximum)),
                (f"x-ratelimit-remaining-{unit}", str(tightest.remaining)),
                (f"x-ratelimit-reset-{unit}", f"{retry_after(tightest, now) or 0}s"),
            ]
    return tuple(headers)
