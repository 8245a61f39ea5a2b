"""Converse requests, read.

A cache point becomes the mark of the block before it. Citations in text are not kept.
Spec: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import orjson

from ext_proc.apis.converse.fields import FIELDS, read_parallel, read_thinking_config, read_unread
from ext_proc.apis.converse.media import only_member, read_audio, read_document, read_image
from ext_proc.apis.converse.outline import max_output_tokens
from ext_proc.apis.converse.reasoning import read_redacted
from ext_proc.apis.json_value import (
    array,
    as_object,
    as_text,
    boolean,
    dump_text,
    given,
    integer,
    name,
    number,
    object_,
    one_of,
    text,
)
from ext_proc.chat import (
    Document,
    Image,
    Message,
    OutputFormat,
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
    ("model", "stream", "messages", "system", "inferenceConfig", "toolConfig", "outputConfig", FIELDS),
)
_ROLES: Mapping[str, Role] = {"user": "user", "assistant": "assistant"}
_TIERS: Mapping[str, ServiceTier] = {"default": "default", "flex": "flex", "priority": "priority"}


def read_request(members: Mapping[str, Any]) -> Request:
    """Raises `Malformed` for a wrong type and `Unsupported` for content that the vocabulary does not know."""
    get = members.get
    inference = given(object_, get("inferenceConfig"), "inferenceConfig") or {}
    tools = given(object_, get("toolConfig"), "toolConfig") or {}
    fields = given(object_, get(FIELDS), FIELDS) or {}
    return Request(
        model=name(get("model"), "model"),
        messages=_read_messages(get("messages")),
        system=() if get("system") is None else _read_blocks(get("system"), "system", _SYSTEM_BLOCKS),
        tools=() if not tools else _read_blocks(tools.get("tools"), "toolConfig.tools", _TOOLS),
        tool_choice=_read_tool_choice(tools.get("toolChoice"), fields),
        output_format=_read_output_format(get("outputConfig")),
        thinking=read_thinking_config(fields),
        max_output_tokens=max_output_tokens(members),
        stop=_read_stop(inference.get("stopSequences")),
        temperature=given(number, inference.get("temperature"), "inferenceConfig.temperature"),
        top_p=given(number, inference.get("topP"), "inferenceConfig.topP"),
        top_k=given(integer, fields.get("top_k"), f"{FIELDS}.top_k"),
        service_tier=_TIERS.get(as_text(as_object(get("serviceTier")).get("type"))),
        stream=given(boolean, get("stream"), "stream") or False,
        include_usage=True,
        unread=_unread(members, fields),
    )


def _unread(members: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    known = _KNOWN if as_object(members.get("serviceTier")).get("type") == "reserved" else {*_KNOWN, "serviceTier"}
    unread = {key: value for key, value in members.items() if key not in known and value is not None}
    return unread | read_unread(fields)


# Messages


def _read_messages(value: Any) -> tuple[Message, ...]:
    return tuple(_read_message(message, f"messages[{at}]") for at, message in enumerate(array(value, "messages")))


def _read_message(value: Any, path: str) -> Message:
    message = object_(value, path)
    role = one_of(message.get("role"), f"{path}.role", _ROLES)
    return Message(_ROLES[role], _read_blocks(message.get("content"), f"{path}.content", _BLOCKS))


# Content


def _read_blocks(value: Any, path: str, kinds: Mapping[str, Any]) -> tuple[Any, ...]:
    """Content blocks, or tools: objects with one member each, which says what it is."""
    blocks: list[Any] = []
    for at, item in enumerate(array(value, path)):
        kind, member = only_member(item, f"{path}[{at}]")
        if kind == "cachePoint":
            blocks[-1:] = [_marked(block, member) for block in blocks[-1:]]
        elif kind in kinds:
            blocks.append(kinds[kind](member, f"{path}[{at}].{kind}"))
        else:
            raise Unsupported(f"`{path}[{at}]` must be one of: {', '.join(kinds)}.", param=f"{path}[{at}].{kind[:64]}")
    return tuple(blocks)


def _marked(block: Any, point: Any) -> Any:
    marks = isinstance(block, Text | Image | Document | ToolUse | ToolResult | Tool)
    return replace(block, cache="1h" if as_object(point).get("ttl") == "1h" else True) if marks else block


def _read_text(value: Any, path: str) -> Text:
    return Text(text(value, path))


def _read_tool_use(value: Any, path: str) -> ToolUse:
    use = object_(value, path)
    if use.get("type") is not None:
        raise Unsupported("Tools that the provider runs are not supported.", param=f"{path}.type")
    return ToolUse(
        name(use.get("toolUseId"), f"{path}.toolUseId"),
        name(use.get("name"), f"{path}.name"),
        dump_text(object_(use.get("input"), f"{path}.input")),
    )


def _read_tool_result(value: Any, path: str) -> ToolResult:
    result = object_(value, path)
    status = result.get("status")
    return ToolResult(
        name(result.get("toolUseId"), f"{path}.toolUseId"),
        _read_blocks(result.get("content"), f"{path}.content", _RESULT_BLOCKS),
        status is not None and one_of(status, f"{path}.status", ("success", "error")) == "error",
    )


def _read_json(value: Any, _path: str) -> Text:
    return Text(dump_text(value))


def _read_reasoning(value: Any, path: str) -> Thinking:
    match only_member(value, path):
        case "reasoningText", member:
            thought, path = object_(member, f"{path}.reasoningText"), f"{path}.reasoningText"
            shown = text(thought.get("text"), f"{path}.text")
            return Thinking(shown, given(text, thought.get("signature"), f"{path}.signature") or None)
        case "redactedContent", data:
            return Thinking(redacted=read_redacted(text(data, f"{path}.redactedContent")))
    raise Unsupported(f"`{path}` must be one of: reasoningText, redactedContent.", param=path)


def _read_cited(value: Any, path: str) -> Text:
    content = array(object_(value, path).get("content"), f"{path}.content")
    texts = [object_(part, f"{path}.content[{at}]").get("text") for at, part in enumerate(content)]
    return Text("".join(text(part, f"{path}.content[{at}].text") for at, part in enumerate(texts)))


_SYSTEM_BLOCKS = {"text": _read_text}
_RESULT_BLOCKS = {"text": _read_text, "json": _read_json, "image": read_image, "document": read_document}
_BLOCKS = {
    "text": _read_text,
    "image": read_image,
    "document": read_document,
    "audio": read_audio,
    "toolUse": _read_tool_use,
    "toolResult": _read_tool_result,
    "reasoningContent": _read_reasoning,
    "citationsContent": _read_cited,
}


# Settings


def _read_tool(value: Any, path: str) -> Tool:
    tool = object_(value, path)
    schema = object_(tool.get("inputSchema"), f"{path}.inputSchema")
    return Tool(
        name(tool.get("name"), f"{path}.name"),
        given(text, tool.get("description"), f"{path}.description"),
        object_(schema.get("json"), f"{path}.inputSchema.json"),
        given(boolean, tool.get("strict"), f"{path}.strict"),
    )


_TOOLS = {"toolSpec": _read_tool}


def _read_tool_choice(value: Any, fields: Mapping[str, Any]) -> ToolChoice | None:
    parallel = read_parallel(fields)
    if value is None:
        return None if parallel is None else ToolChoice(parallel=parallel)
    path = "toolConfig.toolChoice"
    match only_member(value, path):
        case "auto", _:
            return ToolChoice(parallel=parallel)
        case "any", _:
            return ToolChoice("required", parallel=parallel)
        case "tool", member:
            return ToolChoice("tool", name(object_(member, f"{path}.tool").get("name"), f"{path}.tool.name"), parallel)
    raise Malformed(f"`{path}` must be one of: auto, any, tool.", param=path)


def _read_output_format(value: Any) -> OutputFormat | None:
    path = "outputConfig.textFormat"
    format_ = given(object_, (given(object_, value, "outputConfig") or {}).get("textFormat"), path)
    if format_ is None:
        return None
    one_of(format_.get("type"), f"{path}.type", ("json_schema",))
    structure = object_(format_.get("structure"), f"{path}.structure")
    path = f"{path}.structure.jsonSchema"
    schema = object_(structure.get("jsonSchema"), path)
    return OutputFormat(
        _read_schema(text(schema.get("schema"), f"{path}.schema"), f"{path}.schema"),
        given(text, schema.get("name"), f"{path}.name"),
        given(text, schema.get("description"), f"{path}.description"),
    )


def _read_schema(written: str, path: str) -> Mapping[str, Any]:
    try:
        return object_(orjson.loads(written), path)
    except ValueError:
        raise Malformed(f"`{path}` must be the text of a JSON object.", param=path) from None


def _read_stop(value: Any) -> tuple[str, ...]:
    path = "inferenceConfig.stopSequences"
    stops = given(array, value, path) or []
    return tuple(text(stop, f"{path}[{at}]") for at, stop in enumerate(stops))
