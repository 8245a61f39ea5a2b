"""Messages requests, read.

System messages become `Request.system` wherever they stand. Citations in text are not kept. A cache point of the whole
request stands after its last block. Spec: https://platform.claude.com/docs/en/api/messages/create
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ext_proc.apis.json_value import (
    array,
    boolean,
    dump_text,
    given,
    integer,
    name,
    number,
    object_,
    one_of,
    text,
    wrong,
)
from ext_proc.apis.messages.documents import read_document
from ext_proc.apis.messages.outline import max_output_tokens
from ext_proc.apis.messages.thinking import read_thinking
from ext_proc.apis.messages.thread import refuse_thread
from ext_proc.chat import (
    Audio,
    Block,
    Cache,
    Document,
    Image,
    Message,
    OutputFormat,
    Refusal,
    Request,
    Role,
    ServiceTier,
    Text,
    Thinking,
    Tool,
    ToolChoice,
    ToolResult,
    ToolUse,
)
from ext_proc.errors import Malformed, Unsupported

_KNOWN = frozenset(
    (
        "model",
        "messages",
        "system",
        "tools",
        "tool_choice",
        "output_config",
        "output_format",
        "thinking",
        "max_tokens",
        "stop_sequences",
        "temperature",
        "top_p",
        "top_k",
        "stream",
        "metadata",
        "service_tier",
        "cache_control",
    )
)
_ROLES: Mapping[str, Role] = {"user": "user", "assistant": "assistant"}
_TIERS: Mapping[str, ServiceTier] = {"auto": "auto", "standard_only": "default"}


def read_request(members: Mapping[str, Any]) -> Request:
    """Raises `Malformed` for a wrong type and `Unsupported` for content that the vocabulary does not know."""
    refuse_thread(members)
    get = members.get
    system, messages = _read_messages(get("messages"))
    return Request(
        model=name(get("model"), "model"),
        messages=_cached(messages, _read_cache(members)),
        system=_read_system(get("system")) + system,
        tools=_read_tools(get("tools")),
        tool_choice=_read_tool_choice(get("tool_choice")),
        output_format=_read_output_format(members),
        thinking=read_thinking(members),
        max_output_tokens=max_output_tokens(members),
        stop=_read_stop(get("stop_sequences")),
        temperature=given(number, get("temperature"), "temperature"),
        top_p=given(number, get("top_p"), "top_p"),
        top_k=given(integer, get("top_k"), "top_k"),
        service_tier=_read_tier(get("service_tier")),
        stream=given(boolean, get("stream"), "stream") or False,
        include_usage=True,
        user=_read_user_id(get("metadata")),
        unread={key: value for key, value in members.items() if key not in _KNOWN and value is not None},
    )


# Messages


def _read_messages(value: Any) -> tuple[tuple[Text, ...], tuple[Message, ...]]:
    system: list[Text] = []
    messages: list[Message] = []
    for at, item in enumerate(array(value, "messages")):
        path = f"messages[{at}]"
        message = object_(item, path)
        role = one_of(message.get("role"), f"{path}.role", ("system", *_ROLES))
        if role == "system":
            system += _read_content(message.get("content"), f"{path}.content", _TEXT_BLOCKS)
        else:
            content = _read_content(message.get("content"), f"{path}.content", _BLOCKS)
            messages.append(Message(_ROLES[role], content))
    return tuple(system), tuple(messages)


def _cached(messages: tuple[Message, ...], cache: Cache) -> tuple[Message, ...]:
    """With the cache point that is asked for the whole request."""
    if not cache or not messages or not messages[-1].content:
        return messages
    *before, last = messages[-1].content
    if isinstance(last, Thinking | Refusal | Audio) or last.cache:
        return messages
    return (*messages[:-1], Message(messages[-1].role, (*before, replace(last, cache=cache))))


def _read_system(value: Any) -> tuple[Text, ...]:
    return () if value is None else _read_content(value, "system", _TEXT_BLOCKS)


# Content


def _read_content(value: Any, path: str, blocks: Mapping[str, Any]) -> tuple[Any, ...]:
    if isinstance(value, str):
        return (Text(value),) if value else ()
    if not isinstance(value, list):
        raise wrong(value, path, "a string or an array")
    return tuple(_read_block(block, f"{path}[{at}]", blocks) for at, block in enumerate(value))


def _read_block(value: Any, path: str, blocks: Mapping[str, Any]) -> Block:
    block = object_(value, path)
    kind = name(block.get("type"), f"{path}.type")
    if kind not in blocks:
        raise Unsupported(f"`{path}` must be one of: {', '.join(blocks)}.", param=f"{path}.type")
    known: Block = blocks[kind](block, path)
    return known


def _read_text(block: Mapping[str, Any], path: str) -> Text:
    return Text(text(block.get("text"), f"{path}.text"), _read_cache(block))


def _read_image(block: Mapping[str, Any], path: str) -> Image:
    source = object_(block.get("source"), f"{path}.source")
    path = f"{path}.source"
    match name(source.get("type"), f"{path}.type"):
        case "base64":
            media_type = name(source.get("media_type"), f"{path}.media_type")
            return Image(data=text(source.get("data"), f"{path}.data"), media_type=media_type, cache=_read_cache(block))
        case "url":
            return Image(url=name(source.get("url"), f"{path}.url"), cache=_read_cache(block))
    raise Unsupported(f"`{path}.type` must be one of: base64, url.", param=f"{path}.type")


def _read_tool_use(block: Mapping[str, Any], path: str) -> ToolUse:
    return ToolUse(
        name(block.get("id"), f"{path}.id"),
        name(block.get("name"), f"{path}.name"),
        dump_text(object_(block.get("input"), f"{path}.input")),
        _read_cache(block),
    )


def _read_tool_result(block: Mapping[str, Any], path: str) -> ToolResult:
    content = block.get("content")
    return ToolResult(
        name(block.get("tool_use_id"), f"{path}.tool_use_id"),
        () if content is None else _read_content(content, f"{path}.content", _RESULT_BLOCKS),
        given(boolean, block.get("is_error"), f"{path}.is_error") or False,
        _read_cache(block),
    )


def _read_thought(block: Mapping[str, Any], path: str) -> Thinking:
    shown = text(block.get("thinking"), f"{path}.thinking")
    return Thinking(shown, given(text, block.get("signature"), f"{path}.signature") or None)


def _read_redacted(block: Mapping[str, Any], path: str) -> Thinking:
    return Thinking(redacted=text(block.get("data"), f"{path}.data"))


def _read_document(block: Mapping[str, Any], path: str) -> Document:
    return read_document(block, path, _read_cache(block))


_TEXT_BLOCKS = {"text": _read_text}
_RESULT_BLOCKS = {"text": _read_text, "image": _read_image, "document": _read_document}
_BLOCKS = {
    "text": _read_text,
    "image": _read_image,
    "document": _read_document,
    "tool_use": _read_tool_use,
    "tool_result": _read_tool_result,
    "thinking": _read_thought,
    "redacted_thinking": _read_redacted,
}


def _read_cache(block: Mapping[str, Any]) -> Cache:
    match block.get("cache_control"):
        case None:
            return False
        case {"ttl": "1h"}:
            return "1h"
    return True


# Settings


def _read_tools(value: Any) -> tuple[Tool, ...]:
    tools = given(array, value, "tools") or []
    return tuple(_read_tool_definition(tool, f"tools[{at}]") for at, tool in enumerate(tools))


def _read_tool_definition(value: Any, path: str) -> Tool:
    tool = object_(value, path)
    if (given(text, tool.get("type"), f"{path}.type") or "custom") != "custom":
        raise Unsupported("Only tools of the type `custom` are supported.", param=f"{path}.type")
    return Tool(
        name(tool.get("name"), f"{path}.name"),
        given(text, tool.get("description"), f"{path}.description"),
        object_(tool.get("input_schema"), f"{path}.input_schema"),
        given(boolean, tool.get("strict"), f"{path}.strict"),
        _read_cache(tool),
    )


def _read_tool_choice(value: Any) -> ToolChoice | None:
    if value is None:
        return None
    choice = object_(value, "tool_choice")
    serial = given(boolean, choice.get("disable_parallel_tool_use"), "tool_choice.disable_parallel_tool_use")
    parallel = None if serial is None else not serial
    match choice.get("type"):
        case "auto" | "none" as mode:
            return ToolChoice(mode, parallel=parallel)
        case "any":
            return ToolChoice("required", parallel=parallel)
        case "tool":
            return ToolChoice("tool", name(choice.get("name"), "tool_choice.name"), parallel)
    raise Malformed("`tool_choice.type` must be one of: auto, any, tool, none.", param="tool_choice.type")


def _read_output_format(members: Mapping[str, Any]) -> OutputFormat | None:
    """In `output_config.format`; `output_format` is the name that it had while in beta."""
    config = given(object_, members.get("output_config"), "output_config") or {}
    path = "output_format" if config.get("format") is None else "output_config.format"
    format_ = given(object_, config.get("format") or members.get("output_format"), path)
    if format_ is None:
        return None
    one_of(format_.get("type"), f"{path}.type", ("json_schema",))
    return OutputFormat(object_(format_.get("schema"), f"{path}.schema"))


def _read_stop(value: Any) -> tuple[str, ...]:
    stops = given(array, value, "stop_sequences") or []
    return tuple(text(stop, f"stop_sequences[{at}]") for at, stop in enumerate(stops))


def _read_tier(value: Any) -> ServiceTier | None:
    return None if value is None else _TIERS[one_of(value, "service_tier", _TIERS)]


def _read_user_id(metadata: Any) -> str | None:
    members = given(object_, metadata, "metadata") or {}
    return given(text, members.get("user_id"), "metadata.user_id")
