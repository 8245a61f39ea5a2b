"""Usage entries summed by group: calls by outcome, tokens, and money in exact nano-dollars."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import partial
from typing import TYPE_CHECKING, Any

from ext_proc.dollars import usd
from ext_proc.instants import day

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

Entry = dict[str, Any]

_MEMBERS = ("tenant", "team", "app", "user", "key", "api", "operation", "provider", "response_model")
_REASONS = ("outcome", "reason", "status", "finish_reason", "metering", "stream", "price")


def _member(name: str, entry: Entry) -> Any:
    return entry.get(name)


GROUPS: dict[str, Callable[[Entry], Any]] = {
    "model": lambda entry: entry.get("request_model"),
    "day": lambda entry: day(entry["at"]),
    **{name: partial(_member, name) for name in (*_MEMBERS, *_REASONS)},
}


@dataclass(slots=True)
class Totals:
    """`calls` counts all outcomes. `unpriced` calls used what has no known price: they are not in `cost_nano`."""

    calls: int = 0
    served: int = 0
    aborted: int = 0
    failed: int = 0
    refused: int = 0
    expired: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_input_tokens: int = 0
    cache_creation_input_tokens: int = 0
    reasoning_output_tokens: int = 0
    cost_nano: int = 0
    unpriced: int = 0
    estimated: int = 0

    def add(self, entry: Entry) -> None:
        self.calls += 1
        self.count(entry.get("outcome"))
        for name in _TOKENS:
            setattr(self, name, getattr(self, name) + entry.get(name, 0))
        self.cost_nano += entry.get("cost_nano") or 0
        self.unpriced += entry.get("cost_nano") is None and any(entry.get(name) for name in _USED)
        self.estimated += bool(entry.get("estimated"))

    def count(self, outcome: object) -> None:
        if outcome in _OUTCOMES:
            setattr(self, str(outcome), getattr(self, str(outcome)) + 1)

    @property
    def estimated_share(self) -> float:
        """Of the calls that reached a provider, how many were counted here and not reported."""
        reached = self.calls - self.refused
        return self.estimated / reached if reached else 0.0

    def row(self) -> dict[str, Any]:
        return {field.name: getattr(self, field.name) for field in fields(self)} | {
            "cost_usd": usd(self.cost_nano),
            "estimated_share": round(self.estimated_share, 4),
        }


_OUTCOMES = ("served", "aborted", "failed", "refused", "expired")
_TOKENS = tuple(field.name for field in fields(Totals) if field.name.endswith("_tokens"))
_USED = (*_TOKENS, "images", "searches", "characters", "audio_milliseconds")


def summed(entries: Iterable[Entry], by: Sequence[str]) -> tuple[Mapping[tuple[Any, ...], Totals], Totals]:
    """The totals of each group, dearest first, and of all."""
    groups: dict[tuple[Any, ...], Totals] = {}
    total = Totals()
    for entry in entries:
        group = tuple(GROUPS[name](entry) for name in by)
        groups.setdefault(group, Totals()).add(entry)
        total.add(entry)
    order = sorted(groups, key=lambda group: (-groups[group].cost_nano, -groups[group].calls, tuple(map(str, group))))
    return {group: groups[group] for group in order}, total
