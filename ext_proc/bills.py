"""What usage costs, exact, and rounded up once to the nano-dollar; and the most that usage within bounds may cost.

Input includes what was read from and written to a cache, sound and images, and those parts are billed at their own
rates. Cached tokens are taken for text first, since no usage tells of cached sound, which is cheaper than sound.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import ROUND_CEILING, Context, Decimal
from typing import NamedTuple

from ext_proc.prices import STANDARD, Price, Rates, Units
from ext_proc.usage import Usage

_EXACT = Context(prec=120)
_PARTS = 9
"""A millisecond at a price per hour is a multiple of a ninth of a nano-dollar that no decimal can say."""
_NANO = 1_000_000_000
_PER_MILLION = 1000
_PER_HOUR_NINTHS = 2500

_Item = tuple[Decimal | None, int]
"""A price in dollars, and how many ninths of a nano-dollar it is to be taken."""


class Bill(NamedTuple):
    """`nano` is all that is known of the cost; where not `whole`, something was used whose price is not known."""

    nano: int
    whole: bool


def bill(price: Price, usage: Usage, picture: str = "") -> Bill:
    """Never below the true value, and less than a nano-dollar above it. `picture` is the quality and size asked for."""
    served = price.served(usage.service_tier)
    at = served or price
    told = at.by_token and bool(usage.output_tokens or not (usage.images and at.rates.output))
    items = (*_token_items(at.rates_at(usage.input_tokens), usage), *_unit_items(at, usage, picture, by_tokens=told))
    return _billed(items, known=served is not None)


def cost_nano(price: Price, usage: Usage, picture: str = "") -> int | None:
    """What `usage` costs in nano-dollars; None when something was used whose price is not known."""
    billed = bill(price, usage, picture)
    return billed.nano if billed.whole else None


def worst_case_nano(price: Price, most: Usage, asked: str | None = None, picture: str = "") -> int | None:
    """The dearest that any usage of at most `most` can cost: cached or not, in any tier and service tier within reach.

    `asked` is the service tier that the request names. None where something within reach has no known price.
    """
    costs = [_worst(each, most, picture) for each in _within_reach(price, asked)]
    known = [cost for cost in costs if cost is not None]
    return max(known) if known and len(known) == len(costs) else None


def _within_reach(price: Price, asked: str | None) -> list[Price | None]:
    """`auto` may be billed in any tier; what a request names, there or in the plain one."""
    word = (asked or "").lower()
    if word == "auto":
        return [price, *price.service_tiers.values()]
    return [price] if word in STANDARD else [price, price.served(word)]


def _worst(price: Price | None, most: Usage, picture: str) -> int | None:
    if price is None:
        return None
    reach = [price.rates, *(tier.rates for tier in price.tiers if most.input_tokens > tier.above)]
    given = [rate for rates in reach for rate in _input_rates(rates, most)]
    made = [rate for rates in reach for rate in _output_rates(rates, most)]
    tokens = ((_dearest(given), most.input_tokens * _PER_MILLION * _PARTS),)
    written = ((_dearest(made), most.output_tokens * _PER_MILLION * _PARTS),)
    units = _unit_items(price, most, picture, by_tokens=price.by_token)
    billed = _billed((*tokens, *written, *units), known=True)
    return billed.nano if billed.whole else None


def _input_rates(rates: Rates, most: Usage) -> Iterator[Decimal | None]:
    yield from (rates.input, rates.read, rates.written)
    if most.cache_creation_1h_input_tokens:
        yield rates.written_1h
    if most.input_audio_tokens:
        yield rates.heard
    if most.input_image_tokens:
        yield rates.seen


def _output_rates(rates: Rates, most: Usage) -> Iterator[Decimal | None]:
    yield from (rates.output, rates.reasoned)
    if most.output_audio_tokens:
        yield rates.spoken
    if most.output_image_tokens:
        yield rates.drawn


def _dearest(rates: Iterable[Decimal | None]) -> Decimal | None:
    known: list[Decimal] = []
    for rate in rates:
        if rate is None:
            return None
        known.append(rate)
    return max(known)


def _token_items(rates: Rates, usage: Usage) -> Iterator[_Item]:
    """Parts that are said to be larger than their whole are cut to it."""
    audio = min(usage.input_audio_tokens, usage.input_tokens)
    image = min(usage.input_image_tokens, usage.input_tokens - audio)
    text = usage.input_tokens - audio - image
    written = min(usage.cache_creation_input_tokens, text)
    hour = min(usage.cache_creation_1h_input_tokens, written)
    read = min(usage.cache_read_input_tokens, text - written)
    spoken = min(usage.output_audio_tokens, usage.output_tokens)
    drawn = min(usage.output_image_tokens, usage.output_tokens - spoken)
    reasoned = min(usage.reasoning_output_tokens, usage.output_tokens - spoken - drawn)
    plain = usage.output_tokens - spoken - drawn - reasoned
    counts = (text - written - read, read, written - hour, hour, audio, image, plain, reasoned, spoken, drawn)
    for count, rate in zip(counts, _rates_in_turn(rates), strict=True):
        if count:
            yield rate, count * _PER_MILLION * _PARTS


def _rates_in_turn(rates: Rates) -> tuple[Decimal | None, ...]:
    given = (rates.input, rates.read, rates.written, rates.written_1h, rates.heard, rates.seen)
    return (*given, rates.output, rates.reasoned, rates.spoken, rates.drawn)


def _unit_items(price: Price, usage: Usage, picture: str, *, by_tokens: bool) -> Iterator[_Item]:
    """Pictures and sound are billed by the tokens told, or by their own measure; unknown only without both."""
    units = price.units
    yield units.request, _NANO * _PARTS
    if usage.searches:
        yield units.search, usage.searches * _NANO * _PARTS
    for dollars, ninths in _measures(units, usage, picture):
        if ninths and (dollars is not None or not (by_tokens or units.measured)):
            yield dollars, ninths


def _measures(units: Units, usage: Usage, picture: str) -> tuple[_Item, ...]:
    if not (usage.images or usage.characters or usage.audio_milliseconds):
        return ()
    heard = max(usage.audio_milliseconds, units.least_milliseconds) if usage.audio_milliseconds else 0
    return (
        (units.of_image(picture) if usage.images else None, usage.images * _NANO * _PARTS),
        (units.characters, usage.characters * _PER_MILLION * _PARTS),
        (units.hour, heard * _PER_HOUR_NINTHS),
    )


def _billed(items: Iterable[_Item], *, known: bool) -> Bill:
    total = Decimal(0)
    for price, ninths in items:
        if price is None:
            known = False
        else:
            total = _EXACT.fma(price, Decimal(ninths), total)
    return Bill(-(-int(total.to_integral_value(ROUND_CEILING)) // _PARTS), known)
