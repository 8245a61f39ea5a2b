"""How Gemini is told how much to think: by a budget before Gemini 3, by a level since; the oldest do not think.

Spec: https://ai.google.dev/gemini-api/docs/thinking
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ext_proc.apis.effort import BUDGETS, effort_of_budget
from ext_proc.apis.generate_content.spelling import member
from ext_proc.apis.json_value import boolean, given, integer, object_, one_of
from ext_proc.chat import Effort, ThinkingConfig

DYNAMIC = -1
MOST_BUDGET = 10_000_000

_PATH = "generationConfig.thinkingConfig"
_EFFORTS: Mapping[str, Effort] = {
    "MINIMAL": "minimal",
    "LOW": "low",
    "MEDIUM": "medium",
    "HIGH": "high",
    "XHIGH": "xhigh",
}
_LEVELS: Mapping[Effort, str] = {
    "minimal": "MINIMAL",
    "low": "LOW",
    "medium": "MEDIUM",
    "high": "HIGH",
    "xhigh": "HIGH",
    "max": "HIGH",
}

BEFORE_3 = re.compile(r"gemini-(?:pro|1|2)|gemma|learnlm")
_THOUGHTLESS = re.compile(r"gemini-(?:pro|1|2\.0)|gemma|learnlm")
# By any part of the model's name, the budgets that it takes; the least is what "off" becomes.
_BUDGETS: tuple[tuple[str, int, int], ...] = (("pro", 128, 32768), ("", 0, 24576))


def read_thinking(config: Mapping[str, Any]) -> ThinkingConfig | None:
    members = given(object_, member(config, "thinkingConfig", "generationConfig"), _PATH)
    if members is None:
        return None
    budget, level = member(members, "thinkingBudget", _PATH), member(members, "thinkingLevel", _PATH)
    shown = given(boolean, member(members, "includeThoughts", _PATH), f"{_PATH}.includeThoughts")
    if budget is not None:
        tokens = integer(budget, f"{_PATH}.thinkingBudget", DYNAMIC, MOST_BUDGET)
        return ThinkingConfig(enabled=tokens != 0, budget_tokens=tokens if tokens > 0 else None)
    if level not in (None, "THINKING_LEVEL_UNSPECIFIED"):
        return ThinkingConfig(effort=_EFFORTS[one_of(level, f"{_PATH}.thinkingLevel", _EFFORTS)])
    return ThinkingConfig() if shown else None


def write_thinking(config: ThinkingConfig | None, model: str) -> dict[str, Any] | None:
    """Clients of other APIs are shown thinking without asking, so thoughts are included."""
    if config is None or _THOUGHTLESS.search(model):
        return None
    amount = _budget(config, model) if BEFORE_3.search(model) else _level(config, model)
    return {"includeThoughts": True, **amount} if config.enabled else amount


def _budget(config: ThinkingConfig, model: str) -> dict[str, Any]:
    least, most = next((least, most) for part, least, most in _BUDGETS if part in model)
    if not config.enabled:
        return {"thinkingBudget": least}
    budget = config.budget_tokens or (BUDGETS[config.effort] if config.effort else DYNAMIC)
    return {"thinkingBudget": budget if budget == DYNAMIC else min(max(budget, least), most)}


def _level(config: ThinkingConfig, model: str) -> dict[str, Any]:
    """These models always think: the least that they can is what "off" becomes."""
    effort = config.effort or (effort_of_budget(config.budget_tokens) if config.budget_tokens else None)
    level = _LEVELS[effort] if effort else None
    if not config.enabled or level == "MINIMAL":
        level = "LOW" if "pro" in model else "MINIMAL"
    return {"thinkingLevel": level} if level else {}
