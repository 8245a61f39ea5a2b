"""What usage costs: pure arithmetic on dollars per million tokens, exact, and rounded up to the nano-dollar.

A tier is a cliff, as providers bill it: once the input is longer than `above`, its rates hold for every token.
Input includes what was read from and written to a cache, and those parts are billed at their own rates.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from decimal import ROUND_CEILING, Context, Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ext_proc.usage import Usage

_EXACT = Context(prec=120)
_NANO_PER_MILLIONTH = 1000
"""Nano-dollars that one token costs at a dollar per million tokens."""


@dataclass(frozen=True, slots=True)
class Rates:
    """Dollars per million tokens. A cache rate that is None is the input rate, and `reasoning` then the output rate."""

    input: Decimal
    output: Decimal
    cache_read: Decimal | None = None
    cache_write: Decimal | None = None
    reasoning: Decimal | None = None

    @property
    def read(self) -> Decimal:
        return self.input if self.cache_read is None else self.cache_read

    @property
    def written(self) -> Decimal:
        return self.input if self.cache_write is None else self.cache_write

    @property
    def reasoned(self) -> Decimal:
        return self.output if self.reasoning is None else self.reasoning


@dataclass(frozen=True, slots=True)
class Tier:
    """The rates of calls whose input is longer than `above` tokens."""

    above: int
    rates: Rates


@dataclass(frozen=True, slots=True)
class Price:
    """A model's price; `per_request` in dollars. `source` says where it comes from, its version and its date."""

    rates: Rates
    source: str
    tiers: tuple[Tier, ...] = ()
    per_request: Decimal = Decimal(0)

    def rates_at(self, input_tokens: int) -> Rates:
        reached = [tier for tier in self.tiers if input_tokens > tier.above]
        return max(reached, key=lambda tier: tier.above).rates if reached else self.rates


BATCH_SHARE = Decimal("0.5")
"""What a token costs in a batch, as a share of its price: at OpenAI, Azure and Anthropic alike."""


def at_batch_rate(price: Price, requests: int, longest: int) -> Price:
    """The price of a whole batch of so many requests, the longest of which has at most so many input tokens.

    The tier is that of the longest one, as the sum of them all says nothing about any.
    """
    rates = _batched(price.rates_at(longest))
    per_request = price.per_request * BATCH_SHARE * requests
    return replace(price, rates=rates, source=f"{price.source}, in a batch", tiers=(), per_request=per_request)


def _batched(rates: Rates) -> Rates:
    given = {field.name: getattr(rates, field.name) for field in fields(rates)}
    return replace(rates, **{name: rate * BATCH_SHARE for name, rate in given.items() if rate is not None})


def cost_nano(price: Price, usage: Usage) -> int:
    """What `usage` costs in nano-dollars: never below the true value, and less than one above it."""
    rates = price.rates_at(usage.input_tokens)
    read = min(usage.cache_read_input_tokens, usage.input_tokens)
    written = min(usage.cache_creation_input_tokens, usage.input_tokens - read)
    reasoned = min(usage.reasoning_output_tokens, usage.output_tokens)
    return _nano(
        price.per_request,
        (rates.input, usage.input_tokens - read - written),
        (rates.read, read),
        (rates.written, written),
        (rates.output, usage.output_tokens - reasoned),
        (rates.reasoned, reasoned),
    )


def worst_case_nano(price: Price, input_tokens: int, output_tokens: int) -> int:
    """The dearest that any usage of at most so many tokens can cost, cached or not, in any tier within its reach."""
    reach = [price.rates, *(tier.rates for tier in price.tiers if input_tokens > tier.above)]
    dearest_input = max(rate for rates in reach for rate in (rates.input, rates.read, rates.written))
    dearest_output = max(rate for rates in reach for rate in (rates.output, rates.reasoned))
    return _nano(price.per_request, (dearest_input, input_tokens), (dearest_output, output_tokens))


def _nano(per_request: Decimal, *parts: tuple[Decimal, int]) -> int:
    total = _EXACT.multiply(per_request, Decimal(1_000_000_000))
    for rate, tokens in parts:
        total = _EXACT.fma(rate, Decimal(tokens * _NANO_PER_MILLIONTH), total)
    return int(total.to_integral_value(ROUND_CEILING))
