"""One price of the operator's file, read: dollars per million tokens, and what is billed beside them.

input: 3                          # and output, cache_read, cache_write, cache_write_1h, reasoning,
output: 15                        # input_audio, output_audio, input_image, output_image
tiers: [{above: 200000, input: 6, output: 22.5}]
per_request: 0.001                # and per_search, per_image, per_hour or per_minute of a recording
per_million_characters: 15
images: {"hd 1024x1024": 0.08}    # by a glob of quality and size, before per_image
batch: 0.5                        # the share of it that a batch costs
service_tiers: {priority: {input: 6, output: 30}}
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from ext_proc.prices import BATCH_SHARE, Price, Rates, Tier, Units

_NEEDED = ("input", "output")
_CACHED = ("cache_read", "cache_write", "cache_write_1h")
_RATES = (*_NEEDED, *_CACHED, "reasoning", "input_audio", "output_audio", "input_image", "output_image")
_UNITS = {
    "per_request": "request",
    "per_search": "search",
    "per_image": "image",
    "per_million_characters": "characters",
    "per_hour": "hour",
}
_PER_MINUTE = "per_minute"
_MEASURES = (*_UNITS, _PER_MINUTE, "images")
KEYS = (*_RATES, *_MEASURES, "tiers")
_MOST_DOLLARS = 1_000_000_000


class Wrong(ValueError):
    """What stands at the dotted path `at` is wrong."""

    def __init__(self, at: str, problem: str) -> None:
        super().__init__(f"{at or 'the file'}: {problem}")
        self.at = at


def read_price(content: Any, at: str, source: str) -> Price:
    """Raises `Wrong`."""
    price = _read(content, at, source, more=("batch", "service_tiers"))
    share = _number(content.get("batch", float(BATCH_SHARE)), f"{at}.batch", "a share from 0 to 1, as in 0.5", most=1)
    tiers = content.get("service_tiers", {})
    if not isinstance(tiers, dict):
        raise Wrong(f"{at}.service_tiers", "allowed: a mapping, as in {priority: {input: 6, output: 30}}")
    words = {str(word).lower(): _read(each, f"{at}.service_tiers.{word}", source) for word, each in tiers.items()}
    return replace(price, batch=share, service_tiers=words)


def _read(content: Any, at: str, source: str, more: tuple[str, ...] = ()) -> Price:
    by_token = not isinstance(content, dict) or not content.keys() & _MEASURES or bool(content.keys() & _NEEDED)
    check_keys(content, at, (*KEYS, *more), needed=_NEEDED if by_token else ())
    tiers = content.get("tiers", [])
    if not isinstance(tiers, list):
        raise Wrong(f"{at}.tiers", "allowed: a list, as in [{above: 200000, input: 6, output: 22.5}]")
    return Price(
        rates=_rates(content, at) if by_token else Rates(Decimal(0), Decimal(0)),
        source=source,
        tiers=tuple(_tier(tier, f"{at}.tiers.{index}") for index, tier in enumerate(tiers)),
        units=_units(content, at),
        by_token=by_token,
    )


def _tier(content: Any, at: str) -> Tier:
    check_keys(content, at, ("above", *_RATES), needed=("above", *_NEEDED))
    above = content["above"]
    if type(above) is not int or above < 0:
        raise Wrong(f"{at}.above", f"{above!r} is wrong; allowed: a number of input tokens, as in 200000")
    return Tier(above, _rates(content, at))


def _rates(content: Mapping[str, Any], at: str) -> Rates:
    return Rates(**{name: _dollars(content[name], f"{at}.{name}") for name in _RATES if name in content})


def _units(content: Mapping[str, Any], at: str) -> Units:
    given = {ours: _dollars(content[key], f"{at}.{key}") for key, ours in _UNITS.items() if key in content}
    if _PER_MINUTE in content:
        if "hour" in given:
            raise Wrong(f"{at}.{_PER_MINUTE}", "there is per_hour, too; allowed: one of them")
        given["hour"] = _dollars(content[_PER_MINUTE], f"{at}.{_PER_MINUTE}") * 60
    images = content.get("images", {})
    if not isinstance(images, dict):
        raise Wrong(f"{at}.images", 'allowed: a mapping from quality and size, as in {"hd 1024x1024": 0.08}')
    pictures = tuple((str(glob), _dollars(price, f"{at}.images.{glob}")) for glob, price in images.items())
    return replace(Units(images=pictures), **given)  # type: ignore[arg-type]


def _dollars(value: Any, at: str) -> Decimal:
    return _number(value, at, "dollars from 0 on, as in 0.15", most=_MOST_DOLLARS)


def _number(value: Any, at: str, allowed: str, *, most: int) -> Decimal:
    """YAML's 0.15 is the decimal 0.15, not the float beside it."""
    if type(value) not in {int, float} or not 0 <= value <= most:
        raise Wrong(at, f"{value!r} is wrong; allowed: {allowed}")
    return Decimal(str(value))


def check_keys(content: Any, at: str, allowed: Iterable[str], needed: Iterable[str]) -> None:
    if not isinstance(content, dict):
        raise Wrong(at, f"allowed: a mapping with {', '.join(allowed)}")
    for key in content:
        if key not in allowed:
            raise Wrong(at and f"{at}.{key}", f"{key!r} is unknown; allowed: {', '.join(allowed)}")
    for key in needed:
        if key not in content:
            raise Wrong(at, f"{key!r} is missing")


def write_price(price: Price) -> dict[str, Any]:
    """The same keys again, with a value where one is known."""
    own = _write(price)
    tiers = {word: _write(each) for word, each in price.service_tiers.items()}
    return own | {"batch": price.batch} | ({"service_tiers": tiers} if tiers else {})


def _write(price: Price) -> dict[str, Any]:
    rates = _write_rates(price.rates) if price.by_token else {}
    units = {key: getattr(price.units, ours) for key, ours in _UNITS.items()}
    known = {
        key: dollars for key, dollars in units.items() if dollars is not None and (dollars or key != "per_request")
    }
    tiers = [{"above": tier.above, **_write_rates(tier.rates)} for tier in price.tiers]
    images = {"images": dict(price.units.images)} if price.units.images else {}
    return {**rates, **known, **images, **({"tiers": tiers} if tiers else {})}


def _write_rates(rates: Rates) -> dict[str, Decimal]:
    return {name: rate for name in _RATES if (rate := getattr(rates, name)) is not None}
