"""Amounts of dollars as people read them."""

from __future__ import annotations

from ext_proc.limits import NANO


def usd(nano: int) -> str:
    """Exact dollars: at least two decimals, at most nine."""
    whole, rest = divmod(nano, NANO)
    decimals = f"{rest:09d}".rstrip("0")
    return f"{whole}.{decimals:0<2}"
