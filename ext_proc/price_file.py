"""The operator's price file: what models cost by name or glob, instead of what is published.

    version: "2026-11"
    effective: 2026-11-01
    models:
      gpt-4o-mini: {input: 0.15, output: 0.6, cache_read: 0.075}
      "local-*": {input: 0, output: 0, per_request: 0.001, tiers: [{above: 200000, input: 1, output: 2}]}

Dollars per million tokens, `per_request` in dollars. Of several globs that match the first one holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import yaml

from ext_proc.prices import Price, Rates, Tier

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_TOP = ("version", "effective", "models")
_RATES = ("input", "output", "cache_read", "cache_write", "reasoning")
_NEEDED = ("input", "output")


class PriceFileError(ValueError):
    """Says which key is wrong, and what is allowed."""


@dataclass(frozen=True, slots=True)
class Overrides:
    """Prices by glob, in the order of the file; in force from `effective` on."""

    models: tuple[tuple[str, Price], ...] = ()
    effective: date | None = None


NO_OVERRIDES = Overrides()


def read_price_file(path: Path) -> Overrides:
    """Raises PriceFileError, and OSError when the file cannot be read."""
    try:
        content = yaml.load(path.read_text("utf-8"), _Loader)  # noqa: S506  a SafeLoader
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise PriceFileError(f"{path.name}: not YAML: {error}") from error
    try:
        return _overrides(content, path.name)
    except PriceFileError as error:
        raise PriceFileError(f"{path.name}: {error}") from error


class _Loader(yaml.SafeLoader):
    """Refuses a key that is there twice, where YAML would let the last one win."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002  PyYAML's
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        twice = next((key for key in keys if keys.count(key) > 1), None)
        if twice is not None:
            raise yaml.constructor.ConstructorError(None, None, f"the key {twice!r} is there twice", node.start_mark)
        return super().construct_mapping(node, deep)


def _overrides(content: Any, name: str) -> Overrides:
    _check_keys(content, "the file", _TOP, needed=("models",))
    effective = content.get("effective")
    if effective is not None and type(effective) is not date:
        raise PriceFileError(f"effective: {effective!r} is no date; allowed: as in 2026-11-01")
    version = content.get("version")
    if version is not None and not isinstance(version, str | int | float | date):
        raise PriceFileError("version: allowed: a word or a number")
    source = name + (f" {version}" if version is not None else "") + (f" (since {effective})" if effective else "")
    models = content["models"]
    if not isinstance(models, dict):
        raise PriceFileError("models: allowed: a mapping from a model's name or glob to its price")
    return Overrides(
        tuple((str(glob), _price(price, f"models.{glob}", source)) for glob, price in models.items()), effective
    )


def _price(content: Any, at: str, source: str) -> Price:
    _check_keys(content, at, (*_RATES, "per_request", "tiers"), needed=_NEEDED)
    tiers = content.get("tiers", [])
    if not isinstance(tiers, list):
        raise PriceFileError(f"{at}.tiers: allowed: a list, as in [{{above: 200000, input: 6, output: 22.5}}]")
    return Price(
        rates=_rates(content, at),
        source=source,
        tiers=tuple(_tier(tier, f"{at}.tiers.{index}") for index, tier in enumerate(tiers)),
        per_request=_dollars(content.get("per_request", 0), f"{at}.per_request"),
    )


def _tier(content: Any, at: str) -> Tier:
    _check_keys(content, at, ("above", *_RATES), needed=("above", *_NEEDED))
    above = content["above"]
    if type(above) is not int or above < 0:
        raise PriceFileError(f"{at}.above: {above!r} is wrong; allowed: a number of input tokens, as in 200000")
    return Tier(above, _rates(content, at))


def _rates(content: dict[str, Any], at: str) -> Rates:
    return Rates(**{name: _dollars(content[name], f"{at}.{name}") for name in _RATES if name in content})


def _dollars(value: Any, at: str) -> Decimal:
    """YAML's 0.15 is the decimal 0.15, not the float beside it."""
    if type(value) not in {int, float} or not 0 <= value <= 1_000_000_000:
        raise PriceFileError(f"{at}: {value!r} is wrong; allowed: dollars from 0 on, as in 0.15")
    return Decimal(str(value))


def _check_keys(content: Any, at: str, allowed: Iterable[str], needed: Iterable[str]) -> None:
    if not isinstance(content, dict):
        raise PriceFileError(f"{at}: allowed: a mapping with {', '.join(allowed)}")
    for key in content:
        if key not in allowed:
            raise PriceFileError(f"{at}: {key!r} is unknown; allowed: {', '.join(allowed)}")
    for key in needed:
        if key not in content:
            raise PriceFileError(f"{at}: {key!r} is missing")
