"""What every store refuses as a mistake of its caller, with a ValueError, before it does anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ext_proc.limits import UNITS, check_amounts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ext_proc.leases import Grant, Settlement
    from ext_proc.limits import Claim


def check_claims(claims: Sequence[Claim]) -> None:
    check_amounts(number for claim in claims for number in (claim.amount, claim.maximum))
    if len({claim.key for claim in claims}) < len(claims):
        raise ValueError("a lease claims of each limit once")


def check_settlements(settlements: Sequence[Settlement], *, draw: bool = True) -> None:
    """Only what is settled at once may `draw` on the leases of others."""
    check_amounts(amount for settlement in settlements for amount in settlement.amounts.values())
    if not draw and any(settlement.draws_on for settlement in settlements):
        raise ValueError("what draws on other leases is settled at once")


def check_grant(grant: Grant) -> None:
    check_amounts([grant.amount])
    if grant.unit not in UNITS or "|" in grant.limit:
        raise ValueError(f"there is no limit {grant.limit!r} in {grant.unit!r}")
