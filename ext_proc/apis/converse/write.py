"""Converse requests, written. The model and whether to stream stand in the path.

Left out by rule, as the format has no word for it: `seed`, `user`, penalties, an image's `detail`, the choice and the
tier `auto` (the defaults, which some models refuse), thinking without a signature and text of white space alone (both
would be refused); for models other than Claude `top_k` and `parallel` too. JSON without a schema is asked for in words.
Spec: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ext_proc.apis.converse.fields import thinks, write_fields
from ext_proc.apis.converse.media import named, write_audio, write_document, write_image
from ext_proc.apis.converse.reasoning import write_thought
from ext_proc.apis.json_value import dump, dump_text
from ext_proc.apis.messages.schema import bounded, parameters
from ext_proc.apis.messages.write import HOTTEST, JSON_IN_WORDS, write_input
from ext_proc.apis.seals import is_anthropics
from ext_proc.apis.unread import refuse_meaningful
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
    Text,
    Thinking,
    Tool,
    ToolChoice,
    ToolResult,
    ToolUse,
)
from ext_proc.errors import Unsupported

_ID_TROUBLE = re.compile(r"[^a-zA-Z0-9_.:-]")
_LONGEST_ID = 64
_CACHE_POINT = {"type": "default"}


def write_request(request: Request) -> bytes:
    """The body. Raises `Unsupported` for what would change the meaning if it were left out."""
    refuse_meaningful(request)
    if request.n > 1:
        raise Unsupported("Converse gives one answer; `n` must be 1.", param="n")
    fields = write_fields(request)
    members = {
        "messages": _write_messages(request.messages),
        "system": _write_system(request) or None,
        "inferenceConfig": _write_inference(request, fields) or None,
        "toolConfig": _write_tools(request),
        "outputConfig": _write_output_format(request.output_format),
        "additionalModelRequestFields": fields or None,
        "serviceTier": {"type": request.service_tier} if request.service_tier not in (None, "auto") else None,
    }
    return dump(_given(members))


# Messages


def _write_messages(messages: tuple[Message, ...]) -> list[dict[str, Any]]:
    """Turns must alternate, and the results of parallel calls must stand in one message: what is in a row is merged."""
    turns: list[dict[str, Any]] = []
    for at, message in enumerate(named(messages)):
        content = _write_content(message, f"messages[{at}].content")
        if content and turns and turns[-1]["role"] == message.role:
            turns[-1]["content"] += content
        elif content:
            turns.append({"role": message.role, "content": content})
    if not turns:
        raise Unsupported("Converse demands at least one message that is not empty.", param="messages")
    return turns


def _write_content(message: Message, path: str) -> list[dict[str, Any]]:
    """Tool results come first. Text must stand beside a document: where there is none, that is the document's name."""
    blocks = list(enumerate(message.content))
    blocks.sort(key=lambda placed: not isinstance(placed[1], ToolResult))
    written = [written for at, block in blocks for written in write_block(block, f"{path}[{at}]")]
    nameless = [one["document"]["name"] for one in written if "document" in one]
    return written if not nameless or any("text" in one for one in written) else [*written, {"text": nameless[0]}]


def _write_system(request: Request) -> list[dict[str, Any]]:
    texts = [written for text in request.system for written in write_block(text)]
    if request.output_format is not None and request.output_format.schema is None:
        texts.append({"text": JSON_IN_WORDS})
    return texts


# Content


def write_block(block: Block, path: str = "") -> list[dict[str, Any]]:
    """The block and its cache point, or nothing where it would be refused."""
    match block:
        case Text(text, cache):
            return _cached({"text": text}, cache=cache) if text.strip() else []
        case Image(cache=cache):
            return _cached({"image": write_image(block, path)}, cache=cache)
        case Document(cache=cache):
            return _cached({"document": write_document(block, path)}, cache=cache)
        case Audio():
            return [{"audio": write_audio(block, path)}]
        case ToolUse(id=id_, name=name, arguments=arguments, cache=cache):
            use = {"toolUseId": _id(id_), "name": name, "input": write_input(arguments)}
            return _cached({"toolUse": use}, cache=cache)
        case ToolResult():
            return _write_result(block, path)
        case Thinking():
            return [write_thought(block)] if is_anthropics(block) else []
        case Refusal(text):
            return [{"text": text}] if text.strip() else []


def _write_result(result: ToolResult, path: str) -> list[dict[str, Any]]:
    """Cache points can stand only after the result as a whole."""
    content: list[dict[str, Any]] = []
    for at, block in enumerate(result.content):
        content += write_block(block, f"{path}.content[{at}]")[:1]
    members = {
        "toolUseId": _id(result.tool_use_id),
        "content": content,
        "status": "error" if result.is_error else None,
    }
    cache = result.cache or next((block.cache for block in reversed(result.content) if block.cache), False)
    return _cached({"toolResult": _given(members)}, cache=cache)


def _id(id_: str) -> str:
    """Bedrock allows few characters, and few of them; a use and its result change alike."""
    return _ID_TROUBLE.sub("_", id_)[-_LONGEST_ID:]


# Settings


def _write_inference(request: Request, fields: Mapping[str, Any]) -> dict[str, Any]:
    """While Claude thinks, its `temperature` may not be set."""
    cooled = request.temperature is None or thinks(fields)
    members = {
        "maxTokens": request.max_output_tokens,
        "temperature": None if cooled else min(request.temperature or 0.0, HOTTEST),
        "topP": request.top_p,
        "stopSequences": [stop for stop in request.stop if stop] or None,
    }
    return _given(members)


def _write_tools(request: Request) -> dict[str, Any] | None:
    """No tool may be called where none is sent; but past calls demand that tools are sent, and then they may."""
    used = any(isinstance(block, ToolUse | ToolResult) for message in request.messages for block in message.content)
    choice = request.tool_choice
    if used and choice is not None and choice.mode == "none":
        raise Unsupported("Converse cannot forbid tools after they were used.", param="tool_choice")
    if used and not request.tools:
        raise Unsupported("Converse demands the tools that the conversation used.", param="tools")
    if not request.tools or (choice is not None and choice.mode == "none"):
        return None
    tools = [written for tool in request.tools for written in _write_tool(tool)]
    return _given({"tools": tools, "toolChoice": _write_tool_choice(choice)})


def _write_tool(tool: Tool) -> list[dict[str, Any]]:
    members = {
        "name": tool.name,
        "description": tool.description or None,
        "inputSchema": {"json": parameters(tool)},
        "strict": tool.strict,
    }
    return _cached({"toolSpec": _given(members)}, cache=tool.cache)


def _write_tool_choice(choice: ToolChoice | None) -> dict[str, Any] | None:
    if choice is None or choice.mode == "auto":
        return None
    return {"tool": {"name": choice.name}} if choice.mode == "tool" else {"any": {}}


def _write_output_format(format_: OutputFormat | None) -> dict[str, Any] | None:
    if format_ is None or format_.schema is None:
        return None
    bound = dump_text(bounded(format_.schema, "response_format"))
    schema = {"schema": bound, "name": format_.name, "description": format_.description}
    return {"textFormat": {"type": "json_schema", "structure": {"jsonSchema": _given(schema)}}}


def _cached(members: dict[str, Any], *, cache: Cache) -> list[dict[str, Any]]:
    point = {**_CACHE_POINT, "ttl": cache} if isinstance(cache, str) else _CACHE_POINT
    return [members, {"cachePoint": point}] if cache else [members]


def _given(members: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in members.items() if value is not None}
