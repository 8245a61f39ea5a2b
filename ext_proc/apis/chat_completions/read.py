"""Chat Completions requests, read.

System and developer messages become `Request.system` wherever they stand; tool messages in a row become one user
message. A message's `name` is not kept. Spec: https://platform.openai.com/docs/api-reference/chat/create
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ext_proc.apis.chat_completions.content import (
    ASSISTANT_PARTS,
    TEXT_PARTS,
    TOOL_PARTS,
    USER_PARTS,
    read_cache,
    read_content,
)
from ext_proc.apis.chat_completions.outline import choices, include_usage, max_output_tokens
from ext_proc.apis.chat_completions.service_tier import read_service_tier
from ext_proc.apis.json_value import array, boolean, given, integer, name, number, object_, one_of, text, wrong
from ext_proc.chat import (
    Effort,
    Message,
    OutputFormat,
    Refusal,
    Request,
    Text,
    Thinking,
    ThinkingConfig,
    Tool,
    ToolChoice,
    ToolResult,
    ToolUse,
)
from ext_proc.errors import Unsupported

_KNOWN = frozenset(
    (
        "model",
        "messages",
        "tools",
        "tool_choice",
        "parallel_tool_calls",
        "response_format",
        "reasoning_effort",
        "max_completion_tokens",
        "max_tokens",
        "stop",
        "temperature",
        "top_p",
        "top_k",
        "seed",
        "random_seed",
        "presence_penalty",
        "frequency_penalty",
        "service_tier",
        "logprobs",
        "top_logprobs",
        "n",
        "stream",
        "stream_options",
        "user",
    )
)
_EFFORTS: Mapping[str, Effort] = {
    "minimal": "minimal",
    "low": "low",
    "medium": "medium",
    "high": "high",
    "xhigh": "xhigh",
    "max": "max",
}
_SYSTEM = ("system", "developer")


def read_request(members: Mapping[str, Any]) -> Request:
    """Raises `Malformed` for a wrong type and `Unsupported` for content that the vocabulary does not know."""
    get = members.get
    system, messages = _read_messages(get("messages"))
    return Request(
        model=name(get("model"), "model"),
        messages=messages,
        system=system,
        tools=_read_tools(get("tools")),
        tool_choice=_read_tool_choice(get("tool_choice"), get("parallel_tool_calls")),
        output_format=_read_output_format(get("response_format")),
        thinking=_read_thinking(get("reasoning_effort")),
        max_output_tokens=max_output_tokens(members),
        stop=read_stop(get("stop")),
        temperature=given(number, get("temperature"), "temperature"),
        top_p=given(number, get("top_p"), "top_p"),
        top_k=given(integer, get("top_k"), "top_k"),
        seed=_read_seed(members),
        presence_penalty=given(number, get("presence_penalty"), "presence_penalty"),
        frequency_penalty=given(number, get("frequency_penalty"), "frequency_penalty"),
        service_tier=read_service_tier(get("service_tier")),
        logprobs=given(boolean, get("logprobs"), "logprobs") or False,
        top_logprobs=given(integer, get("top_logprobs"), "top_logprobs"),
        n=choices(get("n")),
        stream=given(boolean, get("stream"), "stream") or False,
        include_usage=include_usage(get("stream_options")),
        user=given(text, get("user"), "user"),
        unread={key: value for key, value in members.items() if key not in _KNOWN and value is not None},
    )


# Messages


def _read_messages(value: Any) -> tuple[tuple[Text, ...], tuple[Message, ...]]:
    system: list[Text] = []
    messages: list[Message] = []
    after_tool = False
    for at, item in enumerate(array(value, "messages")):
        path = f"messages[{at}]"
        message = object_(item, path)
        role = one_of(message.get("role"), f"{path}.role", (*_SYSTEM, *_ROLES))
        if role in _SYSTEM:
            system += read_content(message.get("content"), f"{path}.content", TEXT_PARTS)
            continue
        turn = _ROLES[role](message, path)
        if role == "tool" and after_tool:
            messages[-1] = Message("user", messages[-1].content + turn.content)
        else:
            messages.append(turn)
        after_tool = role == "tool"
    return tuple(system), tuple(messages)


def _read_user(message: Mapping[str, Any], path: str) -> Message:
    return Message("user", read_content(message.get("content"), f"{path}.content", USER_PARTS))


def _read_assistant(message: Mapping[str, Any], path: str) -> Message:
    for member in ("function_call", "audio"):
        if message.get(member) is not None:
            raise Unsupported(f"`{path}.{member}` is not supported.", param=f"{path}.{member}")
    content = message.get("content")
    refusal = given(text, message.get("refusal"), f"{path}.refusal")
    return Message(
        "assistant",
        (
            *_read_thoughts(message, path),
            *(() if content is None else read_content(content, f"{path}.content", ASSISTANT_PARTS)),
            *((Refusal(refusal),) if refusal else ()),
            *_read_tool_calls(message.get("tool_calls"), f"{path}.tool_calls"),
        ),
    )


def _read_tool(message: Mapping[str, Any], path: str) -> Message:
    id_ = name(message.get("tool_call_id"), f"{path}.tool_call_id")
    content = read_content(message.get("content"), f"{path}.content", TOOL_PARTS)
    return Message("user", (ToolResult(id_, content, cache=read_cache(message)),))


def _read_function(_message: Mapping[str, Any], path: str) -> Message:
    raise Unsupported("Messages of the role `function` are not supported; use `tool`.", param=f"{path}.role")


_ROLES: Mapping[str, Callable[[Mapping[str, Any], str], Message]] = {
    "user": _read_user,
    "assistant": _read_assistant,
    "tool": _read_tool,
    "function": _read_function,
}


def _read_thoughts(message: Mapping[str, Any], path: str) -> list[Thinking]:
    """What our answers carry beside the standard: `thinking_blocks` with signatures, else `reasoning_content`."""
    blocks = given(array, message.get("thinking_blocks"), f"{path}.thinking_blocks")
    if blocks:
        return [_read_thought(block, f"{path}.thinking_blocks[{at}]") for at, block in enumerate(blocks)]
    shown = given(text, message.get("reasoning_content"), f"{path}.reasoning_content")
    return [Thinking(shown)] if shown else []


def _read_thought(value: Any, path: str) -> Thinking:
    block = object_(value, path)
    if block.get("type") == "redacted_thinking":
        return Thinking(redacted=text(block.get("data"), f"{path}.data"))
    shown = given(text, block.get("thinking"), f"{path}.thinking")
    return Thinking(shown or "", given(text, block.get("signature"), f"{path}.signature") or None)


def _read_tool_calls(value: Any, path: str) -> list[ToolUse]:
    calls = given(array, value, path) or []
    return [_read_tool_call(call, f"{path}[{at}]") for at, call in enumerate(calls)]


def _read_tool_call(value: Any, path: str) -> ToolUse:
    call = object_(value, path)
    if call.get("type", "function") != "function":
        raise Unsupported("Only calls of functions are supported.", param=f"{path}.type")
    function = object_(call.get("function"), f"{path}.function")
    return ToolUse(
        name(call.get("id"), f"{path}.id"),
        name(function.get("name"), f"{path}.function.name"),
        text(function.get("arguments"), f"{path}.function.arguments"),
        read_cache(call),
    )


# Settings


def _read_tools(value: Any) -> tuple[Tool, ...]:
    tools = given(array, value, "tools") or []
    return tuple(_read_tool_definition(tool, f"tools[{at}]") for at, tool in enumerate(tools))


def _read_tool_definition(value: Any, path: str) -> Tool:
    tool = object_(value, path)
    if name(tool.get("type"), f"{path}.type") != "function":
        raise Unsupported("Only tools of the type `function` are supported.", param=f"{path}.type")
    function = object_(tool.get("function"), f"{path}.function")
    return Tool(
        name(function.get("name"), f"{path}.function.name"),
        given(text, function.get("description"), f"{path}.function.description"),
        given(object_, function.get("parameters"), f"{path}.function.parameters") or {},
        given(boolean, function.get("strict"), f"{path}.function.strict"),
        read_cache(tool),
    )


def _read_tool_choice(value: Any, parallel_tool_calls: Any) -> ToolChoice | None:
    parallel = given(boolean, parallel_tool_calls, "parallel_tool_calls")
    match value:
        case None:
            return None if parallel is None else ToolChoice(parallel=parallel)
        case "auto" | "none" | "required":
            return ToolChoice(value, parallel=parallel)
        case "any":  # Mistral's word
            return ToolChoice("required", parallel=parallel)
        case {"type": "function"}:
            function = object_(value.get("function"), "tool_choice.function")
            return ToolChoice("tool", name(function.get("name"), "tool_choice.function.name"), parallel)
        case {"type": str()}:
            raise Unsupported("Only the type `function` is supported.", param="tool_choice.type")
    raise wrong(value, "tool_choice", "`auto`, `none`, `required` or an object with a `type`")


def _read_seed(members: Mapping[str, Any]) -> int | None:
    """Clients of Mistral have a name of their own for it."""
    called = "seed" if members.get("seed") is not None else "random_seed"
    return given(integer, members.get(called), called)


def _read_output_format(value: Any) -> OutputFormat | None:
    format_ = given(object_, value, "response_format") or {"type": "text"}
    kind = one_of(format_.get("type"), "response_format.type", ("text", "json_object", "json_schema"))
    if kind == "text":
        return None
    if kind == "json_object":
        return OutputFormat()
    path = "response_format.json_schema"
    schema = object_(format_.get("json_schema"), path)
    return OutputFormat(
        given(object_, schema.get("schema"), f"{path}.schema") or {},
        name(schema.get("name"), f"{path}.name"),
        given(text, schema.get("description"), f"{path}.description"),
        given(boolean, schema.get("strict"), f"{path}.strict"),
    )


def _read_thinking(effort: Any) -> ThinkingConfig | None:
    if effort is None:
        return None
    word = one_of(effort, "reasoning_effort", ("none", *_EFFORTS))
    return ThinkingConfig(enabled=False) if word == "none" else ThinkingConfig(effort=_EFFORTS[word])


def read_stop(value: Any) -> tuple[str, ...]:
    if value is None or isinstance(value, str):
        return () if value is None else (value,)
    return tuple(text(stop, f"stop[{at}]") for at, stop in enumerate(array(value, "stop")))
