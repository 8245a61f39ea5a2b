"""The worst case: how much a call can take of each unit, as a function of its output cap."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ext_proc.bills import worst_case_nano
from ext_proc.errors import Forbidden
from ext_proc.limit_rules import Share
from ext_proc.limits import Unit
from ext_proc.plan import Step
from ext_proc.prices import Price, at_batch_rate
from ext_proc.snapshot import Snapshot
from ext_proc.stages.reach import most, picture, service_tier
from ext_proc.stages.read import Reading

COUNTS_CALLS = frozenset({"requests", "concurrent"})
COUNTS_INPUT = frozenset({"tokens", "input_tokens", "usd"})
COUNTS_OUTPUT = frozenset({"tokens", "output_tokens", "usd"})

Priced = tuple[tuple[str, Price | None], ...]
"""The provider and the price of each step that may be tried."""


@dataclass(frozen=True, slots=True)
class Worst:
    """`prices` need only be known where a limit is in USD."""

    reading: Reading
    prices: Priced

    def amount(self, share: Share, cap: int) -> int:
        unit = share.rule.unit
        if unit == "requests":
            return self.reading.counts.requests
        output = cap * self.reading.outline.n
        if unit == "usd":
            costs = [dearest(price, self.reading, output) for price in self.known(share)]
            return max(cost for cost in costs if cost is not None)
        return _AMOUNTS[unit](self.reading.input_bound, output)

    def known(self, share: Share) -> list[Price]:
        """The prices that are known of the providers that the share is charged for."""
        return [price for provider, price in self.prices if price is not None and provider in share.providers]


_AMOUNTS: dict[Unit, Callable[[int, int], int]] = {
    "tokens": lambda input_tokens, output_tokens: input_tokens + output_tokens,
    "input_tokens": lambda input_tokens, _: input_tokens,
    "output_tokens": lambda _, output_tokens: output_tokens,
    "concurrent": lambda _input, _output: 1,
}


def prices_of(
    reading: Reading, shares: Sequence[Share], steps: tuple[Step, ...], snapshot: Snapshot, now: float
) -> Priced:
    """Looked up only for a USD limit. An unknown price is unknown, never zero. Raises `Forbidden` for a strict one."""
    money = [share for share in shares if share.rule.unit == "usd"]
    if not money:
        return ()
    prices = tuple((step.provider, price_of(reading, step, snapshot, now)) for step in steps)
    unknown = {step.provider: step for step, (_, price) in zip(steps, prices, strict=True) if price is None}
    for share in money:
        step = next((step for name, step in unknown.items() if name in share.providers), None)
        if step is not None and share.rule.unpriced == "deny" and share.rule.enforce:
            raise Forbidden(
                f"The model {step.model!r} of {step.provider} has no known price for all that this call may use, and "
                f"{share.rule.name!r} is in USD. "
                "Its operator can add the price under prices.override, or set unpriced: allow.",
                code="unpriced_model",
                param="model",
            )
    return prices


def price_of(reading: Reading, step: Step, snapshot: Snapshot, now: float) -> Price | None:
    """None, too, where the call may use what has no known price."""
    price = snapshot.book.price(snapshot.upstreams[step.provider].row.kind, step.model, now)
    counts = reading.counts
    if price is not None and counts.longest is not None:
        price = at_batch_rate(price, counts.requests, counts.longest)
    return price if price is not None and dearest(price, reading, 1) is not None else None


def dearest(price: Price, reading: Reading, output: int) -> int | None:
    """What the call costs at most, with so many output tokens."""
    bound = most(reading, output)
    if bound.searches and price.by_token and price.units.search is None:
        bound = replace(bound, searches=0)  # a rerank is billed by tokens or by searches
    return worst_case_nano(price, bound, service_tier(reading.told), picture(reading.told))
