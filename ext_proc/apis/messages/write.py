"""Messages requests, written.

Left out by rule, as the format has no word for it: `seed`, penalties, the tier `flex`, an image's `detail`, thinking
that Anthropic did not sign and text of white space alone (both would be refused), and `strict`, `name` and
`description` of an output format. JSON without a schema is asked for in words.
Spec: https://platform.claude.com/docs/en/api/messages/create
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import orjson

from ext_proc.apis.json_value import dump
from ext_proc.apis.messages.documents import write_document
from ext_proc.apis.messages.schema import bounded, parameters
from ext_proc.apis.messages.thinking import max_tokens, write_effort, write_thinking
from ext_proc.apis.seals import is_anthropics
from ext_proc.apis.unread import refuse_meaningful
from ext_proc.chat import (
    Audio,
    Block,
    Cache,
    Document,
    Image,
    Message,
    Refusal,
    Request,
    ServiceTier,
    Text,
    Thinking,
    Tool,
    ToolChoice,
    ToolResult,
    ToolUse,
)
from ext_proc.errors import Unsupported

JSON_IN_WORDS = "Answer with one valid JSON object and nothing else."
HOTTEST = 1.0

_ID_TROUBLE = re.compile(r"[^a-zA-Z0-9_-]")
_CACHE = {"type": "ephemeral"}
_TIERS: Mapping[ServiceTier, str] = {"auto": "auto", "priority": "auto", "default": "standard_only"}


def write_request(request: Request) -> bytes:
    """The body. Raises `Unsupported` for what would change the meaning if it were left out."""
    refuse_meaningful(request)
    if request.n > 1:
        raise Unsupported("Messages gives one answer; `n` must be 1.", param="n")
    thinking = write_thinking(request)
    members = {
        "model": request.model,
        "messages": _write_messages(request.messages),
        "system": _write_system(request),
        "tools": [_write_tool(tool) for tool in request.tools] or None,
        "tool_choice": _write_tool_choice(request.tool_choice if request.tools else None),
        "output_config": _write_output_config(request),
        "thinking": thinking,
        "max_tokens": max_tokens(request),
        "stop_sequences": list(request.stop) or None,
        **_write_sampling(request, thinking),
        "stream": request.stream or None,
        "metadata": {"user_id": request.user} if request.user is not None else None,
        "service_tier": _TIERS.get(request.service_tier) if request.service_tier else None,
    }
    return dump(_given(members))


# Messages


def _write_messages(messages: tuple[Message, ...]) -> list[dict[str, Any]]:
    """Turns must alternate, and the results of parallel calls must stand in one message: what is in a row is merged."""
    turns: list[dict[str, Any]] = []
    for message in messages:
        content = [written for block in _results_first(message) if (written := write_block(block)) is not None]
        if content and turns and turns[-1]["role"] == message.role:
            turns[-1]["content"] += content
        elif content:
            turns.append({"role": message.role, "content": content})
    if not turns:
        raise Unsupported("Messages demands at least one message that is not empty.", param="messages")
    return turns


def _results_first(message: Message) -> list[Block]:
    return sorted(message.content, key=lambda block: not isinstance(block, ToolResult))


def _write_system(request: Request) -> str | list[dict[str, Any]] | None:
    texts = [text for text in request.system if text.text.strip()]
    if request.output_format is not None and request.output_format.schema is None:
        texts.append(Text(JSON_IN_WORDS))
    match texts:
        case []:
            return None
        case [Text(text, cache=False)]:
            return text
    return [_write_text(text) for text in texts]


# Content


def write_block(block: Block) -> dict[str, Any] | None:
    match block:
        case Text(text):
            return _write_text(block) if text.strip() else None
        case Image():
            return _cached({"type": "image", "source": _write_source(block)}, cache=block.cache)
        case ToolUse(id=id_, name=name, arguments=arguments, cache=cache):
            use = {"type": "tool_use", "id": _id(id_), "name": name, "input": write_input(arguments)}
            return _cached(use, cache=cache)
        case ToolResult():
            return _write_result(block)
        case Thinking():
            return _write_thought(block)
        case Refusal(text):
            return {"type": "text", "text": text} if text.strip() else None
        case Document():
            return _cached(write_document(block), cache=block.cache)
        case Audio():
            raise Unsupported("Messages takes no audio.", param="messages")


def write_input(arguments: str) -> dict[str, Any]:
    """`input` must be an object. A model may have written what is none: nothing of it is lost."""
    try:
        value = orjson.loads(arguments or "{}")
    except ValueError:
        return {"invalid_json": arguments}
    return value if isinstance(value, dict) else {"invalid_json": arguments}


def _write_text(text: Text) -> dict[str, Any]:
    return _cached({"type": "text", "text": text.text}, cache=text.cache)


def _write_source(image: Image) -> dict[str, Any]:
    if image.url is not None:
        return {"type": "url", "url": image.url}
    return {"type": "base64", "media_type": image.media_type, "data": image.data}


def _write_result(result: ToolResult) -> dict[str, Any]:
    content = [written for block in result.content if (written := write_block(block)) is not None]
    plain = len(result.content) == 1 and isinstance(text := result.content[0], Text) and not text.cache
    members = {
        "type": "tool_result",
        "tool_use_id": _id(result.tool_use_id),
        "content": text.text if plain and isinstance(text, Text) else content or None,
        "is_error": result.is_error or None,
    }
    return _cached(_given(members), cache=result.cache)


def _write_thought(thought: Thinking) -> dict[str, Any] | None:
    if not is_anthropics(thought):
        return None
    if thought.redacted is not None:
        return {"type": "redacted_thinking", "data": thought.redacted}
    return {"type": "thinking", "thinking": thought.text, "signature": thought.signature}


def _id(id_: str) -> str:
    """Messages allows few characters; a use and its result change alike."""
    return _ID_TROUBLE.sub("_", id_)


# Settings


def _write_tool(tool: Tool) -> dict[str, Any]:
    members = {
        "name": tool.name,
        "description": tool.description,
        "input_schema": parameters(tool),
        "strict": tool.strict,
    }
    return _cached(_given(members), cache=tool.cache)


def _write_tool_choice(choice: ToolChoice | None) -> dict[str, Any] | None:
    if choice is None:
        return None
    serial = None if choice.parallel is None or choice.mode == "none" else not choice.parallel
    kind = "any" if choice.mode == "required" else choice.mode
    return _given({"type": kind, "name": choice.name, "disable_parallel_tool_use": serial})


def _write_output_config(request: Request) -> dict[str, Any] | None:
    format_ = request.output_format
    schema = None if format_ is None else format_.schema
    members = {
        "effort": write_effort(request),
        "format": None if schema is None else {"type": "json_schema", "schema": bounded(schema, "response_format")},
    }
    return _given(members) or None


def _write_sampling(request: Request, thinking: dict[str, Any] | None) -> dict[str, Any]:
    """While it thinks, a model's `temperature` and `top_k` may not be set."""
    if thinking is not None and thinking["type"] != "disabled":
        return {"top_p": request.top_p}
    temperature = None if request.temperature is None else min(request.temperature, HOTTEST)
    return {"temperature": temperature, "top_p": request.top_p, "top_k": request.top_k}


def _cached(members: dict[str, Any], *, cache: Cache) -> dict[str, Any]:
    control = {**_CACHE, "ttl": cache} if isinstance(cache, str) else _CACHE
    return {**members, "cache_control": control} if cache else members


def _given(members: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in members.items() if value is not None}
