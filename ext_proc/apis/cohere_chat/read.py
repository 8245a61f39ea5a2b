"""Requests to Cohere's Chat, read.

System messages become `Request.system` wherever they stand; tool messages in a row become one user message, and a
`tool_plan` the text before the calls. Documents stand before the last thing that the user said. What an earlier answer
cited is not kept. Spec: https://docs.cohere.com/reference/chat
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from ext_proc.apis.chat_completions.content import TEXT_PARTS, USER_PARTS, Parts, read_content
from ext_proc.apis.cohere_chat.documents import read_document
from ext_proc.apis.cohere_chat.outline import max_output_tokens
from ext_proc.apis.json_value import array, boolean, given, integer, name, number, object_, one_of, text
from ext_proc.chat import (
    Document,
    Message,
    OutputFormat,
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
        "documents",
        "citation_options",
        "tools",
        "strict_tools",
        "tool_choice",
        "response_format",
        "thinking",
        "max_tokens",
        "stop_sequences",
        "temperature",
        "p",
        "k",
        "seed",
        "presence_penalty",
        "frequency_penalty",
        "logprobs",
        "stream",
    )
)
_MODES = ("ENABLED", "DISABLED", "FAST", "ACCURATE", "OFF")


def read_request(members: Mapping[str, Any]) -> Request:
    """Raises `Malformed` for a wrong type and `Unsupported` for content that the vocabulary does not know."""
    get = members.get
    system, messages = _read_messages(get("messages"))
    return Request(
        model=name(get("model"), "model"),
        messages=_with_documents(messages, _read_documents(members)),
        system=system,
        tools=_read_tools(get("tools"), get("strict_tools")),
        tool_choice=_read_tool_choice(get("tool_choice")),
        output_format=_read_output_format(get("response_format")),
        thinking=_read_thinking(get("thinking")),
        max_output_tokens=max_output_tokens(members),
        stop=_read_stop(get("stop_sequences")),
        temperature=given(number, get("temperature"), "temperature"),
        top_p=given(number, get("p"), "p"),
        top_k=given(integer, get("k"), "k") or None,
        seed=given(integer, get("seed"), "seed"),
        presence_penalty=given(number, get("presence_penalty"), "presence_penalty"),
        frequency_penalty=given(number, get("frequency_penalty"), "frequency_penalty"),
        logprobs=given(boolean, get("logprobs"), "logprobs") or False,
        stream=given(boolean, get("stream"), "stream") or False,
        include_usage=True,
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
        role = one_of(message.get("role"), f"{path}.role", ("system", *_ROLES))
        if role == "system":
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
    return Message("user", read_content(message.get("content"), f"{path}.content", _USER))


def _read_assistant(message: Mapping[str, Any], path: str) -> Message:
    content = message.get("content")
    plan = given(text, message.get("tool_plan"), f"{path}.tool_plan")
    calls = given(array, message.get("tool_calls"), f"{path}.tool_calls") or []
    return Message(
        "assistant",
        (
            *(() if content is None else read_content(content, f"{path}.content", _ASSISTANT)),
            *((Text(plan),) if plan else ()),
            *(_read_tool_call(call, f"{path}.tool_calls[{at}]") for at, call in enumerate(calls)),
        ),
    )


def _read_tool(message: Mapping[str, Any], path: str) -> Message:
    id_ = name(message.get("tool_call_id"), f"{path}.tool_call_id")
    return Message("user", (ToolResult(id_, read_content(message.get("content"), f"{path}.content", _TOOL)),))


_ROLES: Mapping[str, Callable[[Mapping[str, Any], str], Message]] = {
    "user": _read_user,
    "assistant": _read_assistant,
    "tool": _read_tool,
}


def _read_tool_call(value: Any, path: str) -> ToolUse:
    call = object_(value, path)
    function = object_(call.get("function"), f"{path}.function")
    return ToolUse(
        name(call.get("id"), f"{path}.id"),
        name(function.get("name"), f"{path}.function.name"),
        given(text, function.get("arguments"), f"{path}.function.arguments") or "{}",
    )


# Content


def _read_thought(block: Mapping[str, Any], path: str) -> Thinking:
    """Seals are no part of the standard; our answers carry those of other providers."""
    redacted = given(text, block.get("redacted"), f"{path}.redacted")
    if redacted:
        return Thinking(redacted=redacted)
    shown = text(block.get("thinking"), f"{path}.thinking")
    return Thinking(shown, given(text, block.get("signature"), f"{path}.signature") or None)


def _read_tool_document(block: Mapping[str, Any], path: str) -> Document:
    return read_document(block.get("document"), f"{path}.document", cited=False)


_USER: Parts = {kind: USER_PARTS[kind] for kind in ("text", "image_url")}
_ASSISTANT: Parts = {**TEXT_PARTS, "thinking": _read_thought}
_TOOL: Parts = {**TEXT_PARTS, "document": _read_tool_document}


def _read_documents(members: Mapping[str, Any]) -> tuple[Document, ...]:
    options = given(object_, members.get("citation_options"), "citation_options") or {}
    mode = options.get("mode")
    if mode is not None:
        one_of(mode.upper() if isinstance(mode, str) else mode, "citation_options.mode", _MODES)
    cited = mode is None or mode.upper() not in ("DISABLED", "OFF")
    documents = given(array, members.get("documents"), "documents") or []
    return tuple(read_document(one, f"documents[{at}]", cited=cited) for at, one in enumerate(documents))


def _with_documents(messages: tuple[Message, ...], documents: tuple[Document, ...]) -> tuple[Message, ...]:
    if not documents:
        return messages
    asking = [at for at, message in enumerate(messages) if message.role == "user" and not _is_results(message)]
    if not asking:
        return (*messages, Message("user", documents))
    message = messages[asking[-1]]
    said = replace(message, content=documents + message.content)
    return (*messages[: asking[-1]], said, *messages[asking[-1] + 1 :])


def _is_results(message: Message) -> bool:
    return any(isinstance(block, ToolResult) for block in message.content)


# Settings


def _read_tools(value: Any, strict_tools: Any) -> tuple[Tool, ...]:
    strict = given(boolean, strict_tools, "strict_tools")
    tools = given(array, value, "tools") or []
    return tuple(_read_tool_definition(tool, f"tools[{at}]", strict=strict) for at, tool in enumerate(tools))


def _read_tool_definition(value: Any, path: str, *, strict: bool | None) -> Tool:
    tool = object_(value, path)
    if tool.get("type", "function") != "function":
        raise Unsupported("Only tools of the type `function` are supported.", param=f"{path}.type")
    function = object_(tool.get("function"), f"{path}.function")
    return Tool(
        name(function.get("name"), f"{path}.function.name"),
        given(text, function.get("description"), f"{path}.function.description"),
        given(object_, function.get("parameters"), f"{path}.function.parameters") or {},
        strict,
    )


def _read_tool_choice(value: Any) -> ToolChoice | None:
    if value is None:
        return None
    return ToolChoice("required" if one_of(value, "tool_choice", ("REQUIRED", "NONE")) == "REQUIRED" else "none")


def _read_output_format(value: Any) -> OutputFormat | None:
    format_ = given(object_, value, "response_format") or {"type": "text"}
    if one_of(format_.get("type"), "response_format.type", ("text", "json_object")) == "text":
        return None
    schema = format_.get("json_schema") or format_.get("schema")
    return OutputFormat(given(object_, schema, "response_format.json_schema"))


def _read_thinking(value: Any) -> ThinkingConfig | None:
    if value is None:
        return None
    thinking = object_(value, "thinking")
    kind = one_of(thinking.get("type"), "thinking.type", ("enabled", "disabled"))
    budget = given(integer, thinking.get("token_budget"), "thinking.token_budget")
    return ThinkingConfig(budget_tokens=budget) if kind == "enabled" else ThinkingConfig(enabled=False)


def _read_stop(value: Any) -> tuple[str, ...]:
    stops = given(array, value, "stop_sequences") or []
    return tuple(text(stop, f"stop_sequences[{at}]") for at, stop in enumerate(stops))
