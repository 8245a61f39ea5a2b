"""The part of the operator's file about what calls may use: limits, clamps, and attributes that headers say."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, StrictInt, model_validator

from ext_proc.limits import NANO, UNITS, Unit
from ext_proc.settings_mistakes import Mistake
from ext_proc.settings_providers import Secret
from ext_proc.settings_section import Section
from ext_proc.settings_values import Counted, HeaderName, Name, OnExceed, Percent, Route, Text, TimeZone, Usd, Window
from ext_proc.windows import CALENDAR

BY_TOOL: tuple[Unit, ...] = ("requests", "concurrent")
"""The units in which calls can be counted per tool: no token belongs to one of the tools that a call offers."""


class Attribute(Section):
    """An attribute that a header names. With `secret` it counts only when signed, as `VALUE.HMAC`."""

    header: HeaderName
    secret: Secret | None = None


class Clamp(Section):
    """How large a single call may be: of those that it matches."""

    match: dict[str, Text] = Field(default={})
    when: Text | None = None
    max_output_tokens: StrictInt | None = Field(default=None, ge=1, le=10_000_000)
    max_input_tokens: StrictInt | None = Field(default=None, ge=1, le=1_000_000_000)

    @model_validator(mode="after")
    def _clamps(self) -> Clamp:
        if self.max_output_tokens is None and self.max_input_tokens is None:
            self._refuse([Mistake((), "the clamp has no maximum", "max_output_tokens, max_input_tokens")])
        return self


class Limit(Section):
    """One limit: exactly one unit, a window, whom it is counted per and which calls it matches."""

    name: Name
    match: dict[str, Text] = Field(default={})
    when: Text | None = None
    per: list[str] = Field(default=[])
    requests: Counted | None = None
    tokens: Counted | None = None
    input_tokens: Counted | None = None
    output_tokens: Counted | None = None
    usd: Usd | None = None
    concurrent: Counted | None = None
    window: Window | None = None
    tz: TimeZone | None = None
    mode: Literal["enforce", "shadow"] = "enforce"
    on_exceed: OnExceed = "deny"
    thresholds: list[Percent] = Field(default=[], max_length=10)
    unpriced: Literal["deny", "allow"] = "deny"
    outage: Literal["deny", "allow", "local"] = "deny"

    @property
    def scope_form(self) -> str:
        """How a scope of this limit is written; empty where all calls are counted together."""
        return ",".join(f"{name}=…" for name in self.per)

    def is_scope(self, scope: str) -> bool:
        names = [part.partition("=")[0] for part in scope.split(",")] if scope else []
        return names == self.per and scope.count("=") >= len(names)

    @property
    def route(self) -> str | None:
        """The request model that a call is sent to in place of a refusal."""
        return self.on_exceed.model if isinstance(self.on_exceed, Route) else None

    @property
    def unit(self) -> Unit:
        return next(unit for unit in UNITS if getattr(self, unit) is not None)

    @property
    def maximum(self) -> int:
        """What the limit allows, in its unit's integers: dollars are nano-dollars here."""
        return int(self.usd * NANO) if self.usd is not None else int(getattr(self, self.unit))

    @model_validator(mode="after")
    def _makes_sense(self) -> Limit:
        units = [unit for unit in UNITS if getattr(self, unit) is not None]
        if len(units) != 1:
            got = f"{' and '.join(units)} together" if units else "no unit"
            self._refuse([Mistake((), f"a limit counts in one unit; this has {got}", ", ".join(UNITS))])
        self._refuse([*self._window_mistakes(units[0]), *self._per_mistakes(units[0]), *self._exceeded(units[0])])
        return self

    def _window_mistakes(self, unit: Unit) -> list[Mistake]:
        if unit == "concurrent" and self.window is not None:
            return [Mistake(("window",), "a concurrent limit has no window", "no window", self.window)]
        if unit != "concurrent" and self.window is None:
            return [Mistake((), "the limit has no window", "window: 1m, 24h, day, month or forever")]
        if self.tz is not None and self.window not in CALENDAR:
            return [Mistake(("tz",), "only a calendar window has a time zone", ", ".join(CALENDAR), self.tz)]
        return []

    def _per_mistakes(self, unit: Unit) -> list[Mistake]:
        twice = [
            Mistake(("per", at), "the attribute is there twice", "each once", name)
            for at, name in enumerate(self.per)
            if name in self.per[:at]
        ]
        if "tool" in self.per and unit not in BY_TOOL:
            at = ("per", self.per.index("tool"))
            twice.append(Mistake(at, f"{unit} cannot be told apart by tool", " or ".join(BY_TOOL), "tool"))
        return twice

    def _exceeded(self, unit: Unit) -> list[Mistake]:
        if self.mode == "shadow" and self.on_exceed != "deny":
            return [Mistake(("on_exceed",), "a shadow limit does nothing when it is exceeded", "mode: enforce")]
        if unit == "concurrent" and self.thresholds:
            return [Mistake(("thresholds",), "a concurrent limit has none: nothing is ever settled", "no thresholds")]
        return []
