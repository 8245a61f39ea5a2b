"""Responses requests, read.

The format is read without its state: what refers to something that OpenAI stored, or asks OpenAI to run a tool of its
own, is refused, as no other provider could do it. Not kept are `store`, `reasoning.summary` and `text.verbosity`.
Spec: https://platform.openai.com/docs/api-reference/responses/create
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ext_proc.apis.chat_completions.service_tier import read_service_tier
from ext_proc.apis.json_value import array, boolean, given, integer, name, number, object_, one_of, text, wrong
from ext_proc.apis.responses.items import read_input
from ext_proc.apis.responses.outline import STATE, max_output_tokens
from ext_proc.apis.responses.reasoning import EFFORTS
from ext_proc.chat import OutputFormat, Request, Text, ThinkingConfig, Tool, ToolChoice
from ext_proc.errors import Unsupported

_KNOWN = frozenset(
    (
        "model",
        "input",
        "instructions",
        "tools",
        "tool_choice",
        "parallel_tool_calls",
        "text",
        "reasoning",
        "max_output_tokens",
        "top_logprobs",
        "service_tier",
        "temperature",
        "top_p",
        "stream",
        "user",
        "safety_identifier",
        "background",
        "include",
        "store",
        *STATE,
    )
)
LOGPROBS = "message.output_text.logprobs"


def read_request(members: Mapping[str, Any]) -> Request:
    """Raises `Malformed` for a wrong type and `Unsupported` for content that the vocabulary does not know."""
    _refuse_state(members)
    get = members.get
    system, messages = read_input(get("input"))
    return Request(
        model=name(get("model"), "model"),
        messages=messages,
        system=_read_instructions(get("instructions")) + system,
        tools=_read_tools(get("tools")),
        tool_choice=_read_tool_choice(get("tool_choice"), get("parallel_tool_calls")),
        output_format=_read_output_format(get("text")),
        thinking=_read_thinking(get("reasoning")),
        max_output_tokens=max_output_tokens(members),
        temperature=given(number, get("temperature"), "temperature"),
        top_p=given(number, get("top_p"), "top_p"),
        service_tier=read_service_tier(get("service_tier")),
        logprobs=LOGPROBS in (given(array, get("include"), "include") or []),
        top_logprobs=given(integer, get("top_logprobs"), "top_logprobs"),
        stream=given(boolean, get("stream"), "stream") or False,
        include_usage=True,
        user=_read_user(members),
        unread={key: value for key, value in members.items() if key not in _KNOWN and value is not None},
    )


def _refuse_state(members: Mapping[str, Any]) -> None:
    for member, stored in STATE.items():
        if members.get(member) is not None:
            message = f"`{member}` names {stored} that the provider of this model does not know; send it in `input`."
            raise Unsupported(message, param=member)
    if given(boolean, members.get("background"), "background"):
        raise Unsupported("`background` is not supported by the provider of this model.", param="background")


def _read_instructions(value: Any) -> tuple[Text, ...]:
    instructions = given(text, value, "instructions")
    return (Text(instructions),) if instructions else ()


# Settings


def _read_tools(value: Any) -> tuple[Tool, ...]:
    tools = given(array, value, "tools") or []
    return tuple(_read_tool_definition(tool, f"tools[{at}]") for at, tool in enumerate(tools))


def _read_tool_definition(value: Any, path: str) -> Tool:
    tool = object_(value, path)
    if name(tool.get("type"), f"{path}.type") != "function":
        message = (
            "Only tools of the type `function` can be translated; others are run by the provider that offers them."
        )
        raise Unsupported(message, param=f"{path}.type")
    return Tool(
        name(tool.get("name"), f"{path}.name"),
        given(text, tool.get("description"), f"{path}.description"),
        given(object_, tool.get("parameters"), f"{path}.parameters") or {},
        given(boolean, tool.get("strict"), f"{path}.strict"),
    )


def _read_tool_choice(value: Any, parallel_tool_calls: Any) -> ToolChoice | None:
    parallel = given(boolean, parallel_tool_calls, "parallel_tool_calls")
    match value:
        case None:
            return None if parallel is None else ToolChoice(parallel=parallel)
        case "auto" | "none" | "required":
            return ToolChoice(value, parallel=parallel)
        case {"type": "function"}:
            return ToolChoice("tool", name(value.get("name"), "tool_choice.name"), parallel)
        case {"type": str()}:
            raise Unsupported("Only the type `function` is supported.", param="tool_choice.type")
    raise wrong(value, "tool_choice", "`auto`, `none`, `required` or an object with a `type`")


def _read_output_format(value: Any) -> OutputFormat | None:
    config = given(object_, value, "text") or {}
    format_ = given(object_, config.get("format"), "text.format") or {"type": "text"}
    kind = one_of(format_.get("type"), "text.format.type", ("text", "json_object", "json_schema"))
    if kind == "text":
        return None
    if kind == "json_object":
        return OutputFormat()
    return OutputFormat(
        object_(format_.get("schema"), "text.format.schema"),
        name(format_.get("name"), "text.format.name"),
        given(text, format_.get("description"), "text.format.description"),
        given(boolean, format_.get("strict"), "text.format.strict"),
    )


def _read_thinking(value: Any) -> ThinkingConfig | None:
    config = given(object_, value, "reasoning") or {}
    if config.get("effort") is None:
        return None
    word = one_of(config["effort"], "reasoning.effort", ("none", *EFFORTS))
    return ThinkingConfig(enabled=False) if word == "none" else ThinkingConfig(effort=EFFORTS[word])


def _read_user(members: Mapping[str, Any]) -> str | None:
    """`user` is the name that `safety_identifier` had before."""
    user = given(text, members.get("user"), "user")
    return given(text, members.get("safety_identifier"), "safety_identifier") or user
