"""What Converse itself has no word for and passes on to the model, in `additionalModelRequestFields`.

Each family of models takes there what its own API takes: how much to think, `top_k`, one tool at a time.
Spec: https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ext_proc.apis.effort import effort_of_budget
from ext_proc.apis.json_value import as_object, as_text, boolean, given, object_, one_of
from ext_proc.apis.messages.thinking import read_thinking, write_effort, write_thinking
from ext_proc.chat import Effort, Request, ThinkingConfig
from ext_proc.errors import Malformed

FIELDS = "additionalModelRequestFields"

_KNOWN = frozenset(
    ("thinking", "output_config", "top_k", "tool_choice", "reasoning_effort", "reasoning", "reasoningConfig")
)
_EFFORTS: Mapping[str, Effort] = {
    "minimal": "minimal",
    "low": "low",
    "medium": "medium",
    "high": "high",
    "xhigh": "xhigh",
    "max": "max",
}

# --- read -----------------------------------------------------------------------------------------------------------


def read_thinking_config(fields: Mapping[str, Any]) -> ThinkingConfig | None:
    """How much to think, in the words of whichever family the client means."""
    path, effort = _effort_said(fields)
    if effort is not None:
        word = one_of(effort, f"{FIELDS}.{path}", ("none", *_EFFORTS))
        return ThinkingConfig(enabled=False) if word == "none" else ThinkingConfig(effort=_EFFORTS[word])
    try:
        return read_thinking(fields)
    except Malformed as error:
        raise Malformed(error.message.replace("`", f"`{FIELDS}.", 1), param=f"{FIELDS}.{error.param}") from None


def read_parallel(fields: Mapping[str, Any]) -> bool | None:
    path = f"{FIELDS}.tool_choice"
    choice = given(object_, fields.get("tool_choice"), path) or {}
    serial = given(boolean, choice.get("disable_parallel_tool_use"), f"{path}.disable_parallel_tool_use")
    return None if serial is None else not serial


def read_unread(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Each by its own name, as most are hints and some are not."""
    unread = {key: value for key, value in fields.items() if key not in _KNOWN}
    choice = as_object(fields.get("tool_choice"))
    format_ = as_object(fields.get("output_config")).get("format")
    unread |= {"tool_choice": choice} if choice.get("type", "auto") != "auto" else {}
    unread |= {} if format_ is None else {"output_config.format": format_}
    return {f"{FIELDS}.{key}": value for key, value in unread.items()}


def _effort_said(fields: Mapping[str, Any]) -> tuple[str, Any]:
    match fields:
        case {"reasoning_effort": effort}:
            return "reasoning_effort", effort
        case {"reasoning": {"effort": effort}}:
            return "reasoning.effort", effort
        case {"reasoningConfig": {"type": "disabled"}}:
            return "reasoningConfig.type", "none"
        case {"reasoningConfig": {"maxReasoningEffort": effort}}:
            return "reasoningConfig.maxReasoningEffort", effort
    return "", None


# --- write ----------------------------------------------------------------------------------------------------------


def write_fields(request: Request) -> dict[str, Any]:
    """Models of families that are not known here think as they like."""
    write = next((write for mark, write in _FAMILIES if mark in request.model), None)
    return {} if write is None else {key: value for key, value in write(request).items() if value is not None}


def thinks(fields: Mapping[str, Any]) -> bool:
    """Claude is told to think, and so may be sent no `temperature`."""
    return as_text(as_object(fields.get("thinking")).get("type")) not in ("", "disabled")


def _write_claude(request: Request) -> dict[str, Any]:
    """While Claude thinks, its `top_k` may not be set."""
    thinking, effort = write_thinking(request), write_effort(request)
    return {
        "thinking": thinking,
        "output_config": {"effort": effort} if effort else None,
        "top_k": None if thinks({"thinking": thinking}) else request.top_k,
        "tool_choice": {"type": "auto", "disable_parallel_tool_use": True} if _is_serial(request) else None,
    }


def _is_serial(request: Request) -> bool:
    """Beside a choice that Converse has words for, Claude refuses a second one."""
    choice = request.tool_choice
    return bool(request.tools) and choice is not None and choice.mode == "auto" and choice.parallel is False


def _write_nova(request: Request) -> dict[str, Any]:
    """Nova refuses the highest effort where the client says anything of sampling or length."""
    effort = _effort(request.thinking)
    if effort is None or effort == "none":
        return {"reasoningConfig": effort and {"type": "disabled"}}
    free = request.max_output_tokens is None and request.temperature is None and request.top_p is None
    word = _LOW_TO_HIGH.get(effort, "high" if free else "medium")
    return {"reasoningConfig": {"type": "enabled", "maxReasoningEffort": word}}


def _write_flat(request: Request) -> dict[str, Any]:
    """Models that know three efforts, and do not stop thinking."""
    effort = _effort(request.thinking)
    return {"reasoning_effort": effort and _LOW_TO_HIGH.get(effort, "high")}


def _write_openai(request: Request) -> dict[str, Any]:
    effort = _effort(request.thinking)
    return {"reasoning": effort and {"effort": "low" if effort == "minimal" else effort}}


_LOW_TO_HIGH: Mapping[str, str] = {"none": "low", "minimal": "low", "low": "low", "medium": "medium"}

_FAMILIES: tuple[tuple[str, Callable[[Request], dict[str, Any]]], ...] = (
    ("claude", _write_claude),
    ("anthropic", _write_claude),
    ("nova-2", _write_nova),
    ("gpt-oss", _write_flat),
    ("kimi-k2", _write_flat),
    ("openai.", _write_openai),
)
"""By a piece of the model's name; the first that fits."""


def _effort(config: ThinkingConfig | None) -> str | None:
    if config is None or not config.enabled:
        return None if config is None else "none"
    return config.effort or (effort_of_budget(config.budget_tokens) if config.budget_tokens else None)
