"""What a model costs, as its provider lists it: dollars for a million tokens, and for whatever else is billed.

A tier is a cliff, as providers bill it: once the input is longer than `above`, its rates hold for every token.
A price that is not known is None, and never zero. What usage costs at these prices is told in `bills`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal
from fnmatch import fnmatchcase


@dataclass(frozen=True, slots=True)
class Rates:
    """Dollars per million tokens. What is None is billed as the property of its name says."""

    input: Decimal
    output: Decimal
    cache_read: Decimal | None = None
    cache_write: Decimal | None = None
    reasoning: Decimal | None = None
    cache_write_1h: Decimal | None = None
    input_audio: Decimal | None = None
    output_audio: Decimal | None = None
    input_image: Decimal | None = None
    output_image: Decimal | None = None

    @property
    def read(self) -> Decimal:
        return self.input if self.cache_read is None else self.cache_read

    @property
    def written(self) -> Decimal:
        return self.input if self.cache_write is None else self.cache_write

    @property
    def written_1h(self) -> Decimal:
        """All who bill what is written to a cache bill twice the input where it is kept for an hour."""
        if self.cache_write_1h is not None:
            return self.cache_write_1h
        return self.input if self.cache_write is None else max(self.cache_write, 2 * self.input)

    @property
    def reasoned(self) -> Decimal:
        return self.output if self.reasoning is None else self.reasoning

    @property
    def heard(self) -> Decimal | None:
        """Sound is dearer than text nearly everywhere: without a rate it is unknown, unless tokens cost nothing."""
        return self.input_audio if self.input_audio is not None or self.input else self.input

    @property
    def spoken(self) -> Decimal | None:
        return self.output_audio if self.output_audio is not None or self.output else self.output

    @property
    def seen(self) -> Decimal:
        return self.input if self.input_image is None else self.input_image

    @property
    def drawn(self) -> Decimal:
        return self.output if self.output_image is None else self.output_image

    def times(self, share: Decimal) -> Rates:
        given = {name: getattr(self, name) for name in _RATES}
        return Rates(**{name: rate * share for name, rate in given.items() if rate is not None})


_RATES = tuple(each.name for each in fields(Rates))


@dataclass(frozen=True, slots=True)
class Tier:
    """The rates of calls whose input is longer than `above` tokens."""

    above: int
    rates: Rates


@dataclass(frozen=True, slots=True)
class Units:
    """Dollars for what is billed beside tokens: a request, a search, an image, a million characters, an hour heard.

    Images may have prices of their own by a glob of their quality and size, as in `hd 1024*`; the first holds.
    """

    request: Decimal = Decimal(0)
    search: Decimal | None = None
    image: Decimal | None = None
    images: tuple[tuple[str, Decimal], ...] = ()
    characters: Decimal | None = None
    hour: Decimal | None = None
    least_milliseconds: int = 0
    """A shorter recording is billed as if it were so long."""

    def of_image(self, picture: str) -> Decimal | None:
        """`picture` is its quality and its size; empty where they are not known, and the dearest may come."""
        if not picture:
            known = [price for _, price in self.images]
            return max([*known, *([] if self.image is None else [self.image])], default=None)
        return next((price for glob, price in self.images if fnmatchcase(picture, glob)), self.image)

    def times(self, share: Decimal) -> Units:
        given = {name: getattr(self, name) for name in ("request", "search", "image", "characters", "hour")}
        priced = {name: price * share for name, price in given.items() if price is not None}
        return replace(self, images=tuple((glob, price * share) for glob, price in self.images), **priced)

    @property
    def measured(self) -> bool:
        """The work itself is billed by something else than tokens."""
        given = (self.image, self.characters, self.hour, *self.images)
        return bool(self.request) or any(price is not None for price in given)


NO_UNITS = Units()
BATCH_SHARE = Decimal("0.5")
"""What a call costs in a batch, as a share of its price: at OpenAI, Azure, Anthropic, Google and Mistral alike."""
BATCH = "batch"
STANDARD = frozenset({"", "auto", "default", "standard", "standard_only", "on_demand", "scale", "reserved"})
"""Service tiers that are billed at the list price, or by a contract that no list knows."""
CHEAPER = frozenset({"flex", BATCH})


@dataclass(frozen=True, slots=True)
class Price:
    """A model's price. `source` says where it comes from, its version and its date."""

    rates: Rates
    source: str
    tiers: tuple[Tier, ...] = ()
    units: Units = NO_UNITS
    service_tiers: Mapping[str, Price] = field(default_factory=dict)
    """The price in each service tier that has one of its own, by the provider's word; `batch` is one of them."""
    batch: Decimal = BATCH_SHARE
    """The share of the price that a batch costs, where `service_tiers` does not tell."""
    by_token: bool = True
    """Tokens are billed, if only at zero; else they are not, and something else is."""

    def rates_at(self, input_tokens: int) -> Rates:
        reached = [tier for tier in self.tiers if input_tokens > tier.above]
        return max(reached, key=lambda tier: tier.above).rates if reached else self.rates

    def served(self, word: str | None) -> Price | None:
        """The price in a service tier: the plain one in a cheaper tier of no known price, none in a dearer one."""
        if not word:
            return self
        word = word.lower()
        own = self.service_tiers.get(word)
        return own or (self if word in STANDARD or word in CHEAPER else None)

    def times(self, share: Decimal) -> Price:
        tiers = tuple(Tier(tier.above, tier.rates.times(share)) for tier in self.tiers)
        return replace(self, rates=self.rates.times(share), tiers=tiers, units=self.units.times(share))


def at_batch_rate(price: Price, requests: int, longest: int) -> Price:
    """The price of a whole batch of so many requests, the longest of which has at most so many input tokens.

    The tier is that of the longest one, as the sum of them all says nothing about any.
    """
    one = price.service_tiers.get(BATCH) or price.times(price.batch)
    units = replace(one.units, request=one.units.request * requests)
    source = f"{price.source}, in a batch"
    return replace(one, rates=one.rates_at(longest), source=source, tiers=(), units=units, service_tiers={})
