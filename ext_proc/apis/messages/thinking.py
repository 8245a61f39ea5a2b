"""How Messages says how much to think: a budget in tokens for older models, adaptive with an effort for newer ones.

Spec: https://platform.claude.com/docs/en/build-with-claude/thinking
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ext_proc.apis.effort import BUDGETS
from ext_proc.apis.json_value import given, integer, object_, one_of
from ext_proc.apis.seals import is_anthropics
from ext_proc.chat import Effort, Message, Request, Thinking, ThinkingConfig, ToolUse

LEAST_BUDGET = 1024
MOST_BUDGET = 10_000_000
DEFAULT_MAX_TOKENS = 4096

_EFFORTS: Mapping[str, Effort] = {"low": "low", "medium": "medium", "high": "high", "xhigh": "xhigh", "max": "max"}
_KINDS = ("enabled", "adaptive", "disabled", "between_tools")

# Models that refuse `adaptive`, by any provider's name for them: all before Sonnet 4.6 and Opus 4.6.
_BUDGETED = re.compile(r"claude-(?:3|haiku-4|(?:sonnet|opus)-4(?![-.][6-9](?!\d)))")


def read_thinking(members: Mapping[str, Any]) -> ThinkingConfig | None:
    thinking, effort = members.get("thinking"), _read_effort(members.get("output_config"))
    if thinking is None:
        return ThinkingConfig(effort=effort) if effort else None
    kind = one_of(object_(thinking, "thinking").get("type"), "thinking.type", _KINDS)
    if kind == "enabled":
        budget = integer(thinking.get("budget_tokens"), "thinking.budget_tokens", 1, MOST_BUDGET)
        return ThinkingConfig(budget_tokens=budget, effort=effort)
    return ThinkingConfig(enabled=kind != "disabled", effort=effort)


def max_tokens(request: Request) -> int:
    """Messages demands a limit; where the client set none, there is room for an answer after the thinking."""
    if request.max_output_tokens is not None:
        return request.max_output_tokens
    config = request.thinking
    return DEFAULT_MAX_TOKENS + (_budget(config) if config and config.enabled else 0)


def write_thinking(request: Request) -> dict[str, Any] | None:
    config = request.thinking
    if config is None:
        return None
    if not config.enabled:
        return {"type": "disabled"}
    if config.budget_tokens is None and not _BUDGETED.search(request.model):
        return {"type": "adaptive"}
    fitting = min(max(_budget(config), LEAST_BUDGET), max_tokens(request) - 1)
    if fitting < LEAST_BUDGET or _lost_its_thinking(request.messages):
        return {"type": "disabled"}
    return {"type": "enabled", "budget_tokens": fitting}


def write_effort(request: Request) -> Effort | None:
    """For `output_config`, which the models that only know budgets refuse."""
    config = request.thinking
    if config is None or config.effort is None or _BUDGETED.search(request.model):
        return None
    return "low" if config.effort == "minimal" else config.effort


def _budget(config: ThinkingConfig) -> int:
    return config.budget_tokens or BUDGETS[config.effort or "medium"]


def _lost_its_thinking(messages: tuple[Message, ...]) -> bool:
    """In a tool loop, Messages refuses to go on thinking when the client did not send the thinking back."""
    last = next((message for message in reversed(messages) if message.role == "assistant"), None)
    if last is None or not any(isinstance(block, ToolUse) for block in last.content):
        return False
    return not any(isinstance(block, Thinking) and is_anthropics(block) for block in last.content)


def _read_effort(config: Any) -> Effort | None:
    members = given(object_, config, "output_config") or {}
    effort = members.get("effort")
    return None if effort is None else _EFFORTS[one_of(effort, "output_config.effort", _EFFORTS)]
