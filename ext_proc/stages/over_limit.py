"""What a client is told of limits: the refusal that names one, and the headers of the calls that are let in."""

from __future__ import annotations

import math

from ext_proc.errors import OverLimit
from ext_proc.limits import NANO, Balance, Unit


def over_limit(balance: Balance, now: float) -> OverLimit:
    """The 429, which names the limit, its scope, and how it stands."""
    scope = f" for {balance.scope}" if balance.scope else ""
    window = balance.window.partition("@")[0]
    return OverLimit(
        f"The limit {balance.limit!r}{scope} has no room for this call: "
        f"{shown(balance.settled, balance.unit)} used and {shown(balance.leased, balance.unit)} in flight "
        f"of {shown(balance.maximum, balance.unit)}{f' per {window}' if window else ''}.",
        param=balance.limit,
        retry_after=retry_after(balance, now),
    )


def shown(amount: int, unit: Unit) -> str:
    return f"${amount / NANO:.6f}".rstrip("0").rstrip(".") if unit == "usd" else f"{amount:,} {unit.replace('_', ' ')}"


def retry_after(balance: Balance, now: float) -> int | None:
    """Whole seconds until the limit's window may have room again."""
    return None if balance.resets_at is None else max(1, math.ceil(balance.resets_at - now))


def rate_limit_headers(balances: tuple[Balance, ...], now: float) -> tuple[tuple[str, str], ...]:
    """`x-ratelimit-{limit,remaining,reset}-{requests,tokens}`, of the limit of each kind that has least left."""
    headers: list[tuple[str, str]] = []
    for unit in ("requests", "tokens"):
        of_unit = [balance for balance in balances if balance.unit == unit and balance.enforce]
        if of_unit:
            tightest = min(of_unit, key=lambda balance: balance.remaining)
            headers += [
                (f"x-ratelimit-limit-{unit}", str(tightest.maximum)),
                (f"x-ratelimit-remaining-{unit}", str(tightest.remaining)),
                (f"x-ratelimit-reset-{unit}", f"{retry_after(tightest, now) or 0}s"),
            ]
    return tuple(headers)
