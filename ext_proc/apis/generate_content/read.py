"""generateContent requests, read.

Which parts a client wants to see of the thinking is not kept. Spec: https://ai.google.dev/api/generate-content
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ext_proc.apis.generate_content.content import read_contents, read_texts
from ext_proc.apis.generate_content.outline import choices, contents, generation_config, max_output_tokens
from ext_proc.apis.generate_content.schema import read_schema
from ext_proc.apis.generate_content.spelling import camel, listed, member
from ext_proc.apis.generate_content.thinking import read_thinking
from ext_proc.apis.json_value import array, boolean, given, integer, name, number, object_, one_of, text, wrong
from ext_proc.chat import OutputFormat, Request, ServiceTier, Text, Tool, ToolChoice
from ext_proc.errors import Unsupported

_KNOWN = frozenset(
    ("model", "stream", "contents", "systemInstruction", "tools", "toolConfig", "generationConfig", "serviceTier")
)
_KNOWN_SETTINGS = frozenset(
    (
        "maxOutputTokens",
        "temperature",
        "topP",
        "topK",
        "stopSequences",
        "seed",
        "candidateCount",
        "presencePenalty",
        "frequencyPenalty",
        "responseLogprobs",
        "logprobs",
        "responseMimeType",
        "responseSchema",
        "responseJsonSchema",
        "thinkingConfig",
    )
)
_CONFIG = "generationConfig"
_CHOICE = "toolConfig.functionCallingConfig"
_TIERS: Mapping[str, ServiceTier | None] = {
    "unspecified": None,
    "standard": "default",
    "flex": "flex",
    "priority": "priority",
}
_MODES = ("MODE_UNSPECIFIED", "AUTO", "ANY", "NONE", "VALIDATED")


def read_request(members: Mapping[str, Any]) -> Request:
    """Raises `Malformed` for a wrong type and `Unsupported` for content that the vocabulary does not know."""
    config = generation_config(members)
    tools = _read_tools(members.get("tools"))
    return Request(
        model=name(members.get("model"), "model"),
        messages=read_contents(contents(members)),
        system=_read_system(member(members, "systemInstruction")),
        tools=tools,
        tool_choice=_read_tool_choice(member(members, "toolConfig"), tools),
        output_format=_read_output_format(config),
        thinking=read_thinking(config),
        max_output_tokens=max_output_tokens(config),
        stop=_read_stop(_setting(config, "stopSequences")),
        temperature=given(number, config.get("temperature"), f"{_CONFIG}.temperature"),
        top_p=given(number, _setting(config, "topP"), f"{_CONFIG}.topP"),
        top_k=given(_whole, _setting(config, "topK"), f"{_CONFIG}.topK"),
        seed=given(integer, config.get("seed"), f"{_CONFIG}.seed"),
        presence_penalty=given(number, _setting(config, "presencePenalty"), f"{_CONFIG}.presencePenalty"),
        frequency_penalty=given(number, _setting(config, "frequencyPenalty"), f"{_CONFIG}.frequencyPenalty"),
        logprobs=given(boolean, _setting(config, "responseLogprobs"), f"{_CONFIG}.responseLogprobs") or False,
        top_logprobs=given(integer, config.get("logprobs"), f"{_CONFIG}.logprobs"),
        service_tier=_read_tier(member(members, "serviceTier")),
        n=choices(config),
        stream=given(boolean, members.get("stream"), "stream") or False,
        include_usage=True,
        unread=_unread(members, config),
    )


def _unread(members: Mapping[str, Any], config: Mapping[str, Any]) -> dict[str, Any]:
    """Settings by the path at which they stand."""
    others = {camel(key): value for key, value in members.items() if value is not None}
    settings = {camel(key): value for key, value in config.items() if value is not None}
    return {key: value for key, value in others.items() if key not in _KNOWN} | {
        f"{_CONFIG}.{key}": value for key, value in settings.items() if key not in _KNOWN_SETTINGS
    }


def _setting(config: Mapping[str, Any], name_: str) -> Any:
    return member(config, name_, _CONFIG)


def _read_system(value: Any) -> tuple[Text, ...]:
    return () if value is None else read_texts(value, "systemInstruction")


# Tools


def _read_tools(value: Any) -> tuple[Tool, ...]:
    tools = given(listed, value, "tools") or []
    return tuple(tool for at, item in enumerate(tools) for tool in _read_functions(item, f"tools[{at}]"))


def _read_functions(value: Any, path: str) -> list[Tool]:
    tool = object_(value, path)
    other = next((key for key, inner in tool.items() if camel(key) != "functionDeclarations" and inner is not None), "")
    if other:
        raise Unsupported("Only `functionDeclarations` can be translated.", param=f"{path}.{camel(other)[:64]}")
    path = f"{path}.functionDeclarations"
    functions = given(listed, member(tool, "functionDeclarations", path), path) or []
    return [_read_function(function, f"{path}[{at}]") for at, function in enumerate(functions)]


def _read_function(value: Any, path: str) -> Tool:
    function = object_(value, path)
    standard = given(object_, member(function, "parametersJsonSchema", path), f"{path}.parametersJsonSchema")
    own = function.get("parameters")
    return Tool(
        name(function.get("name"), f"{path}.name"),
        given(text, function.get("description"), f"{path}.description"),
        standard or ({} if own is None else read_schema(own, f"{path}.parameters")),
    )


def _read_tool_choice(value: Any, tools: tuple[Tool, ...]) -> ToolChoice | None:
    config = given(object_, value, "toolConfig") or {}
    choice = given(object_, member(config, "functionCallingConfig", "toolConfig"), _CHOICE)
    if choice is None:
        return None
    mode = one_of(choice.get("mode") or "MODE_UNSPECIFIED", f"{_CHOICE}.mode", _MODES)
    allowed = given(array, member(choice, "allowedFunctionNames", _CHOICE), f"{_CHOICE}.allowedFunctionNames") or []
    path = f"{_CHOICE}.allowedFunctionNames"
    names = {name(item, f"{path}[{at}]") for at, item in enumerate(allowed)}
    if mode == "NONE":
        return ToolChoice("none")
    if mode == "ANY" and len(names) == 1:
        return ToolChoice("tool", names.pop())
    if names and names < {tool.name for tool in tools}:
        raise Unsupported("A choice among some of the functions cannot be translated.", param=path)
    return ToolChoice("required" if mode == "ANY" else "auto")


# Settings


def _read_output_format(config: Mapping[str, Any]) -> OutputFormat | None:
    path = f"{_CONFIG}.responseMimeType"
    kind = given(text, _setting(config, "responseMimeType"), path) or "text/plain"
    if kind == "text/plain":
        return None
    if kind != "application/json":
        raise Unsupported(f"`{path}` must be one of: text/plain, application/json.", param=path)
    standard = given(object_, _setting(config, "responseJsonSchema"), f"{_CONFIG}.responseJsonSchema")
    own = _setting(config, "responseSchema")
    if standard is not None or own is None:
        return OutputFormat(standard)
    return OutputFormat(read_schema(own, f"{_CONFIG}.responseSchema"))


def _read_stop(value: Any) -> tuple[str, ...]:
    path = f"{_CONFIG}.stopSequences"
    return tuple(text(stop, f"{path}[{at}]") for at, stop in enumerate(given(array, value, path) or []))


def _read_tier(value: Any) -> ServiceTier | None:
    """Google has written its words in two ways: `priority`, and before `SERVICE_TIER_PRIORITY`."""
    word = (given(text, value, "serviceTier") or "unspecified").lower().removeprefix("service_tier_")
    return _TIERS[one_of(word, "serviceTier", _TIERS)]


def _whole(value: Any, path: str) -> int:
    """Google's SDKs write this integer as a float."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, float):
        raise wrong(value, path, "an integer")
    return integer(value, path)
