"""The operator's price file: what models cost by name or glob, instead of what is published.

    version: "2026-11"
    effective: 2026-11-01
    models:
      gpt-4o-mini: {input: 0.15, output: 0.6, cache_read: 0.075}
      "local-*": {input: 0, output: 0, per_request: 0.001, tiers: [{above: 200000, input: 1, output: 2}]}

Of several globs that match the first one holds. What a price may say is told in `price_entry`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import yaml

from ext_proc.price_entry import Wrong, check_keys, read_price
from ext_proc.prices import Price

if TYPE_CHECKING:
    from pathlib import Path

_TOP = ("version", "effective", "models")


class PriceFileError(ValueError):
    """Says in which line which key is wrong, and what is allowed."""


@dataclass(frozen=True, slots=True)
class Overrides:
    """Prices by glob, in the order of the file; in force from `effective` on."""

    models: tuple[tuple[str, Price], ...] = ()
    effective: date | None = None


NO_OVERRIDES = Overrides()


def read_price_file(path: Path) -> Overrides:
    """Raises PriceFileError, and OSError when the file cannot be read."""
    try:
        text = path.read_text("utf-8")
        content = yaml.load(text, _Loader)  # noqa: S506  a SafeLoader
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise PriceFileError(f"{path.name}: not YAML: {error}") from error
    try:
        return _overrides(content, path.name)
    except Wrong as wrong:
        raise PriceFileError(f"{path.name}:{_line(text, wrong.at)}: {wrong}") from wrong


class _Loader(yaml.SafeLoader):
    """Refuses a key that is there twice, where YAML would let the last one win."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002  PyYAML's
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        twice = next((key for key in keys if keys.count(key) > 1), None)
        if twice is not None:
            raise yaml.constructor.ConstructorError(None, None, f"the key {twice!r} is there twice", node.start_mark)
        return super().construct_mapping(node, deep)


def _line(text: str, at: str) -> int:
    """The line of what stands at a dotted path, or of the nearest around it that does."""
    lines = dict(_lines(yaml.compose(text, Loader=yaml.SafeLoader), ""))
    while at and at not in lines:
        at = at.rpartition(".")[0]
    return lines.get(at, 1)


def _lines(node: yaml.Node | None, at: str) -> Iterator[tuple[str, int]]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            path = f"{at}.{key.value}".lstrip(".")
            yield path, key.start_mark.line + 1
            yield from _lines(value, path)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield f"{at}.{index}", value.start_mark.line + 1
            yield from _lines(value, f"{at}.{index}")


def _overrides(content: Any, name: str) -> Overrides:
    check_keys(content, "", _TOP, needed=("models",))
    effective = content.get("effective")
    if effective is not None and type(effective) is not date:
        raise Wrong("effective", f"{effective!r} is no date; allowed: as in 2026-11-01")
    version = content.get("version")
    if version is not None and not isinstance(version, str | int | float | date):
        raise Wrong("version", "allowed: a word or a number")
    source = name + (f" {version}" if version is not None else "") + (f" (since {effective})" if effective else "")
    models = content["models"]
    if not isinstance(models, dict):
        raise Wrong("models", "allowed: a mapping from a model's name or glob to its price")
    return Overrides(
        tuple((str(glob), read_price(price, f"models.{glob}", source)) for glob, price in models.items()), effective
    )
