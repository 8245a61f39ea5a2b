"""Limits, compiled: which calls each matches, and for which scopes it counts them.

A call may reach several providers, and offers any number of tools: those are told apart only where a limit names them.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from ext_proc.limits import Unit, account_key
from ext_proc.policy.conditions import Condition, Seen, compiled
from ext_proc.settings_limits import Limit

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
class LimitRule:
    """`match` holds patterns of attributes with one value; `per` is in the order of the file."""

    name: str
    unit: Unit
    maximum: int
    window: str
    match: tuple[tuple[str, Pattern], ...]
    provider: Pattern | None
    tool: Pattern | None
    per: tuple[str, ...]
    when: Condition | None
    enforce: bool
    unpriced: str
    warns: bool = False
    route: str | None = None
    thresholds: tuple[int, ...] = ()

    def shares(self, facts: Facts) -> list[Share]:
        """Where the call counts, most often once or not at all. Raises ConditionError where `when` has no value."""
        if not all(matches(facts.values.get(name, "")) for name, matches in self.match):
            return []
        providers = _matching(self.provider, facts.providers) if self._by_provider else facts.providers
        tools = _matching(self.tool, facts.tools) if self._by_tool else ()
        if (self._by_provider and not providers) or (self._by_tool and not tools):
            return []
        if self.when is not None and not self.when.holds(facts.seen):
            return []
        return list(self._apart(facts, providers, tools))

    @property
    def _by_provider(self) -> bool:
        return self.provider is not None or "provider" in self.per

    @property
    def _by_tool(self) -> bool:
        return self.tool is not None or "tool" in self.per

    def _apart(self, facts: Facts, providers: Sequence[str], tools: Sequence[str]) -> Iterable[Share]:
        """One share for each provider and tool that `per` tells apart."""
        groups = [(name,) for name in providers] if "provider" in self.per else [tuple(providers)]
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


def limit_rules(limits: Sequence[Limit], attributes: Iterable[str] = ()) -> tuple[LimitRule, ...]:
    """`attributes` are those that the settings take from headers."""
    return tuple(map(partial(_limit_rule, attributes=tuple(attributes)), limits))


def _limit_rule(limit: Limit, attributes: tuple[str, ...]) -> LimitRule:
    window = limit.window or ""
    patterns = {name: _pattern(glob) for name, glob in limit.match.items()}
    return LimitRule(
        name=limit.name,
        unit=limit.unit,
        maximum=limit.maximum,
        window=f"{window}@{limit.tz}" if limit.tz else window,
        provider=patterns.pop("provider", None),
        tool=patterns.pop("tool", None),
        match=tuple(patterns.items()),
        per=tuple(limit.per),
        when=None if limit.when is None else compiled(limit.when, attributes),
        enforce=limit.mode == "enforce" and limit.on_exceed != "warn",
        unpriced=limit.unpriced,
        warns=limit.on_exceed == "warn",
        route=limit.route,
        thresholds=_thresholds(limit),
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
