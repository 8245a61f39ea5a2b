"""Where prices are looked up: the operator's file first, then the dated data in `genai-prices`, without the network.

A model that neither knows has no price. Text rates are taken, as usage does not tell audio and images apart.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import genai_prices
from genai_prices.data_snapshot import get_snapshot
from genai_prices.types import ConditionalPrice, ModelInfo, ModelPrice, StartDateConstraint, TieredPrices

from ext_proc.price_file import NO_OVERRIDES, Overrides
from ext_proc.prices import Price, Rates, Tier

if TYPE_CHECKING:
    from genai_prices.types import Provider

_PUBLISHED_AS = {
    "azure": "azure",
    "azure-deployments": "azure",
    "bedrock": "aws",
    "gemini": "google",
    "vertex": "google",
    "xai": "x-ai",
    "moonshot": "moonshotai",
}
"""Our kinds of provider that `genai-prices` calls otherwise; an OpenAI-compatible server is none that it knows."""
_MOST_KEPT = 4096


class PriceBook:
    """Keeps what it found for a minute: prices may depend on the date and the time of day, and a look-up is slow."""

    def __init__(self, overrides: Overrides = NO_OVERRIDES) -> None:
        self._overrides = overrides
        self._found: dict[tuple[str, str], tuple[int, Price | None]] = {}

    def price(self, kind: str, model: str, now: float) -> Price | None:
        """The price in force at `now` of a model as the provider names it; None when it is unknown."""
        minute = int(now // 60)
        kept = self._found.get((kind, model))
        if kept is not None and kept[0] == minute:
            return kept[1]
        if len(self._found) >= _MOST_KEPT:
            self._found.clear()
        price = self._look_up(kind, model, datetime.fromtimestamp(now, UTC))
        self._found[kind, model] = (minute, price)
        return price

    def _look_up(self, kind: str, model: str, at: datetime) -> Price | None:
        if self._overrides.effective is None or at.date() >= self._overrides.effective:
            for glob, price in self._overrides.models:
                if fnmatchcase(model, glob):
                    return price
        return published_price(kind, model, at)


def published_price(kind: str, model: str, at: datetime) -> Price | None:
    """What `genai-prices` says. Providers are found by their exact id: a guess could price a local model."""
    snapshot = get_snapshot()
    provider = _provider(snapshot.providers, _PUBLISHED_AS.get(kind, kind))
    found = provider and provider.find_model(model, all_providers=snapshot.providers)
    return _price(*_in_force(found, at)) if found else None


def _provider(providers: list[Provider], name: str) -> Provider | None:
    return next((provider for provider in providers if provider.id == name), None)


def _in_force(model: ModelInfo, at: datetime) -> tuple[ModelPrice, str]:
    """The last price whose condition is met, else the first, and since when it holds."""
    if isinstance(model.prices, ModelPrice):
        return model.prices, ""
    active = [price for price in model.prices if price.constraint is None or price.constraint.active(at)]
    chosen: ConditionalPrice = active[-1] if active else model.prices[0]
    condition = chosen.constraint
    return chosen.prices, f" (since {condition.start_date})" if isinstance(condition, StartDateConstraint) else ""


def _price(published: ModelPrice, since: str) -> Price | None:
    """None for models that are not billed by the token."""
    if published.input_mtok is None:
        return None
    starts = {
        tier.start for value in vars(published).values() if isinstance(value, TieredPrices) for tier in value.tiers
    }
    requests = _at(published.requests_kcount, 0)
    return Price(
        rates=_rates(published, 0),
        source=f"genai-prices {genai_prices.__version__}{since}",
        tiers=tuple(Tier(start, _rates(published, start + 1)) for start in sorted(starts)),
        per_request=Decimal(0) if requests is None else requests / 1000,
    )


def _rates(published: ModelPrice, input_tokens: int) -> Rates:
    """A model without an output price, as for embeddings, has no output."""
    names = ("input_mtok", "output_mtok", "cache_read_mtok", "cache_write_mtok", "output_reasoning_mtok")
    standard, output, *others = (_at(getattr(published, name), input_tokens) for name in names)
    return Rates(standard or Decimal(0), output or Decimal(0), *others)


def _at(value: Decimal | TieredPrices | None, input_tokens: int) -> Decimal | None:
    if not isinstance(value, TieredPrices):
        return value
    reached = [tier.price for tier in value.tiers if input_tokens > tier.start]
    return reached[-1] if reached else value.base
