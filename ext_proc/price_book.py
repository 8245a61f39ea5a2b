"""Where prices are looked up: the operator's file first, then the dated data in `genai-prices`, without the network.

A model that neither knows has no price.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import genai_prices
from genai_prices.data_snapshot import get_snapshot
from genai_prices.types import ModelInfo, ModelPrice, StartDateConstraint, TieredPrices

from ext_proc.price_file import NO_OVERRIDES, Overrides
from ext_proc.prices import Price, Rates, Tier, Units

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
_RATES = {
    "input": "input_mtok",
    "output": "output_mtok",
    "cache_read": "cache_read_mtok",
    "cache_write": "cache_write_mtok",
    "cache_write_1h": "cache_write_1h_mtok",
    "reasoning": "output_reasoning_mtok",
    "input_audio": "input_audio_mtok",
    "output_audio": "output_audio_mtok",
    "input_image": "input_image_mtok",
    "output_image": "output_image_mtok",
}
_TIER_KEYS = ("service_tier", "speed", "processing")
_PRIORITY_BY_CONTRACT = frozenset({"anthropic"})
"""Who serve with priority what was paid for beforehand, at no higher price for a token."""
_SOUND_AS_TEXT = frozenset({"google"})
"""Who bill sound as text where their list has no price for it; elsewhere it is dearer, and not known."""
_SPEECH = "tts"
"""In the name of a model whose output is sound, so that the price of its output is that of sound."""
_LEAST_MILLISECONDS = {"groq": 10_000}
_ZERO = Decimal(0)
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
    if not provider or not found:
        return None
    since = _since(found, at)
    source = _Source(provider.id, found, f"genai-prices {genai_prices.__version__}{since}")
    plain = _price(found.get_prices(at), source)
    if plain is None:
        return None
    own = any(found is model for model in provider.models)
    return replace(plain, service_tiers=_service_tiers(source, at) if own else {})


class _Source(NamedTuple):
    provider: str
    model: ModelInfo
    words: str
    """What an entry tells of it."""

    @property
    def sound_is_text(self) -> bool:
        return self.provider in _SOUND_AS_TEXT or _SPEECH in self.model.id


@lru_cache(maxsize=_MOST_KEPT)
def published_window(kind: str, model: str) -> int | None:
    """How many tokens `genai-prices` says that the model can see at once."""
    snapshot = get_snapshot()
    provider = _provider(snapshot.providers, _PUBLISHED_AS.get(kind, kind))
    found = provider and provider.find_model(model, all_providers=snapshot.providers)
    return found.context_window if found else None


def _provider(providers: list[Provider], name: str) -> Provider | None:
    return next((provider for provider in providers if provider.id == name), None)


def _since(model: ModelInfo, at: datetime) -> str:
    """Since when the price in force holds, where it says so."""
    if isinstance(model.prices, ModelPrice):
        return ""
    active = [price for price in model.prices if price.constraint is None or price.constraint.active(at)]
    condition = active[-1].constraint if active else None
    return f" (since {condition.start_date})" if isinstance(condition, StartDateConstraint) else ""


def _service_tiers(source: _Source, at: datetime) -> dict[str, Price]:
    """By the word of each; a tier may reprice some units only, and leave the others as they are."""
    found: dict[str, Price] = {}
    model = source.model
    for variant in model.price_variants or ():
        word = next((word for key, word in variant.when.items() if key in _TIER_KEYS), None)
        if word in {None, "default"} or (variant.constraint is not None and not variant.constraint.active(at)):
            continue
        price = _price(model.get_prices(at, variant.when), source)
        if price is not None:
            found[str(word)] = price
    plain = _price(model.get_prices(at), source) if source.provider in _PRIORITY_BY_CONTRACT else None
    return {"priority": plain, **found} if plain else found


def _price(published: ModelPrice, source: _Source) -> Price | None:
    """None for models that are billed by nothing that is counted here."""
    by_token = published.input_mtok is not None
    units = _units(published, source.provider)
    if not by_token and not units.measured:
        return None
    starts = {
        tier.start for value in vars(published).values() if isinstance(value, TieredPrices) for tier in value.tiers
    }
    return Price(
        rates=_rates(published, source, 0),
        source=source.words,
        tiers=tuple(Tier(start, _rates(published, source, start + 1)) for start in sorted(starts)),
        units=units,
        by_token=by_token,
    )


def _rates(published: ModelPrice, source: _Source, input_tokens: int) -> Rates:
    """A model without an output price, as for embeddings, has no output."""
    given = {ours: _at(getattr(published, theirs), input_tokens) for ours, theirs in _RATES.items()}
    rates = Rates(
        **{"input": _ZERO, "output": _ZERO} | {name: rate for name, rate in given.items() if rate is not None}
    )
    if not source.sound_is_text:
        return rates
    heard = rates.input if rates.input_audio is None else rates.input_audio
    return replace(
        rates, input_audio=heard, output_audio=rates.output if rates.output_audio is None else rates.output_audio
    )


def _units(published: ModelPrice, provider: str) -> Units:
    request, search = _at(published.requests_kcount, 0), _at(published.web_searches_kcount, 0)
    rerank, hour = _at(published.rerank_searches_kcount, 0), _at(published.audio_hours, 0)
    found = rerank if search is None else search
    return Units(
        request=_ZERO if request is None else request / 1000,
        search=None if found is None else found / 1000,
        characters=_at(published.input_mchars, 0),
        hour=_at(published.input_audio_hours, 0) if hour is None else hour,
        least_milliseconds=_LEAST_MILLISECONDS.get(provider, 0),
    )


def _at(value: Decimal | TieredPrices | None, input_tokens: int) -> Decimal | None:
    if not isinstance(value, TieredPrices):
        return value
    reached = [tier.price for tier in value.tiers if input_tokens > tier.start]
    return reached[-1] if reached else value.base
