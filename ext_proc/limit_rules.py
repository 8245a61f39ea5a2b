"""Limits, compiled: which calls each matches, and for which scopes it counts them.

A call may reach several providers, and offers any number of tools: those are told apart only where a limit names them.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from ext_proc.limits import Outage, Unit, account_key
from ext_proc.policy.conditions import Condition, Seen, compiled
from ext_proc.settings_limits import Clamp, Limit

Pattern = Callable[[str], object]
"""Truthy for a value that a glob matches."""


@dataclass(slots=True)
class Facts:
    """What limits see of one call. `see` makes the facts of conditions, once, and `name_tools` its tools' names."""

    values: Mapping[str, str]
    providers: tuple[str, ...]
    name_tools: Callable[[], tuple[str, ...]]
    see: Callable[[tuple[str, ...]], Seen]
    _tools: tuple[str, ...] | None = field(default=None, init=False)
    _seen: Seen | None = field(default=None, init=False)

    @property
    def tools(self) -> tuple[str, ...]:
        if self._tools is None:
            self._tools = self.name_tools()
        return self._tools

    @property
    def seen(self) -> Seen:
        if self._seen is None:
            self._seen = self.see(self.tools)
        return self._seen


@dataclass(frozen=True, slots=True)
class Selector:
    """Which calls: `match` holds patterns of attributes with one value, those with several stand apart."""

    match: tuple[tuple[str, Pattern], ...]
    provider: Pattern | None
    tool: Pattern | None
    when: Condition | None

    @property
    def is_open(self) -> bool:
        """It selects every call."""
        return not self.match and self.provider is None and self.tool is None and self.when is None

    def selects(self, facts: Facts, *, by_provider: bool = False, by_tool: bool = False) -> Selected | None:
        """None for another call. Raises ConditionError where `when` has no value."""
        if not all(matches(facts.values.get(name, "")) for name, matches in self.match):
            return None
        by_provider, by_tool = by_provider or self.provider is not None, by_tool or self.tool is not None
        providers = _matching(self.provider, facts.providers) if by_provider else facts.providers
        tools = _matching(self.tool, facts.tools) if by_tool else ()
        if (by_provider and not providers) or (by_tool and not tools):
            return None
        if self.when is not None and not self.when.holds(facts.seen):
            return None
        return Selected(tuple(providers), tuple(tools))


@dataclass(frozen=True, slots=True)
class Selected:
    """What of a call was meant."""

    providers: tuple[str, ...]
    tools: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LimitRule:
    """`per` is in the order of the file."""

    name: str
    unit: Unit
    maximum: int
    window: str
    selector: Selector
    per: tuple[str, ...]
    enforce: bool
    unpriced: str
    warns: bool = False
    route: str | None = None
    thresholds: tuple[int, ...] = ()
    outage: Outage = "deny"

    def shares(self, facts: Facts) -> list[Share]:
        """Where the call counts, most often once or not at all. Raises ConditionError where `when` has no value."""
        by_provider, by_tool = "provider" in self.per, "tool" in self.per
        selected = self.selector.selects(facts, by_provider=by_provider, by_tool=by_tool)
        return [] if selected is None else list(self._apart(facts, selected.providers, selected.tools))

    def _apart(self, facts: Facts, providers: tuple[str, ...], tools: tuple[str, ...]) -> Iterable[Share]:
        """One share for each provider and tool that `per` tells apart."""
        groups = [(name,) for name in providers] if "provider" in self.per else [providers]
        for group in groups:
            for tool in tools if "tool" in self.per else ("",):
                scope = self._scope({**facts.values, "provider": group[0] if group else "", "tool": tool})
                yield Share(self, scope, frozenset(group), everywhere=len(group) == len(facts.providers))

    def _scope(self, values: Mapping[str, str]) -> str:
        return ",".join(f"{name}={_written(values.get(name, ''))}" for name in self.per)


@dataclass(frozen=True, slots=True)
class Share:
    """One scope of a limit that a call falls into, when one of `providers` serves it; `everywhere` when any does."""

    rule: LimitRule
    scope: str
    providers: frozenset[str]
    everywhere: bool

    @property
    def account(self) -> str:
        return account_key(self.rule.name, self.rule.unit, self.scope)


@dataclass(frozen=True, slots=True)
class ClampRule:
    """How large a call may be that the selector selects."""

    selector: Selector
    max_input_tokens: int | None
    max_output_tokens: int | None


def limit_rules(limits: Sequence[Limit], attributes: Iterable[str] = ()) -> tuple[LimitRule, ...]:
    """`attributes` are those that the settings take from headers."""
    return tuple(map(partial(_limit_rule, attributes=tuple(attributes)), limits))


def clamp_rules(clamps: Sequence[Clamp], attributes: Iterable[str] = ()) -> tuple[ClampRule, ...]:
    """The same for clamps."""
    names = tuple(attributes)
    return tuple(
        ClampRule(_selector(clamp.match, clamp.when, names), clamp.max_input_tokens, clamp.max_output_tokens)
        for clamp in clamps
    )


def _selector(match: Mapping[str, str], when: str | None, attributes: tuple[str, ...]) -> Selector:
    patterns = {name: _pattern(glob) for name, glob in match.items()}
    provider, tool = patterns.pop("provider", None), patterns.pop("tool", None)
    return Selector(tuple(patterns.items()), provider, tool, None if when is None else compiled(when, attributes))


def _limit_rule(limit: Limit, attributes: tuple[str, ...]) -> LimitRule:
    window = limit.window or ""
    return LimitRule(
        name=limit.name,
        unit=limit.unit,
        maximum=limit.maximum,
        window=f"{window}@{limit.tz}" if limit.tz else window,
        selector=_selector(limit.match, limit.when, attributes),
        per=tuple(limit.per),
        enforce=limit.mode == "enforce" and limit.on_exceed != "warn",
        unpriced=limit.unpriced,
        warns=limit.on_exceed == "warn",
        route=limit.route,
        thresholds=_thresholds(limit),
        outage=limit.outage,
    )


def _thresholds(limit: Limit) -> tuple[int, ...]:
    """One that only warns tells when it is exceeded, too."""
    exceeded = [100] if limit.on_exceed == "warn" and limit.unit != "concurrent" else []
    return tuple(sorted({*limit.thresholds, *exceeded}))


def _pattern(glob: str) -> Pattern:
    return re.compile(fnmatch.translate(glob)).match


def _matching(pattern: Pattern | None, values: Iterable[str]) -> list[str]:
    return [value for value in dict.fromkeys(values) if pattern is None or pattern(value)]


def _written(value: str) -> str:
    """A comma parts the attributes of a scope, so no value may have one."""
    return value.replace("%", "%25").replace(",", "%2C") if "," in value or "%" in value else value
