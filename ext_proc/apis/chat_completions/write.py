"""Chat Completions requests, written.

Left out by rule, as the format has no word for it: `top_k`, cache points (its providers cache unasked), `is_error` of a
tool result, and signed thinking (only who signed it can read it). Unsigned thinking goes back as `reasoning_content` to
the providers that reported it. Spec: https://platform.openai.com/docs/api-reference/chat/create
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ext_proc.apis.effort import effort_of_budget
from ext_proc.apis.json_value import dump
from ext_proc.apis.unread import refuse_meaningful
from ext_proc.chat import (
    Block,
    Image,
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

IMAGES_OF_RESULT = "The image that tool call {id} returned:"
DEFAULT_FORMAT_NAME = "answer"


def write_request(request: Request) -> bytes:
    """The body. Raises `Unsupported` for what would change the meaning if it were left out."""
    refuse_meaningful(request)
    members = {
        "model": request.model,
        "messages": _write_messages(request),
        "tools": [_write_tool(tool) for tool in request.tools] or None,
        **_write_tool_choice(request.tool_choice if request.tools else None),
        "response_format": _write_output_format(request.output_format),
        "reasoning_effort": _write_thinking(request.thinking),
        "max_completion_tokens": request.max_output_tokens,
        "stop": list(request.stop) or None,
        "temperature": request.temperature,
        "top_p": request.top_p,
        "seed": request.seed,
        "n": request.n if request.n > 1 else None,
        "stream": request.stream or None,
        "stream_options": {"include_usage": True} if request.stream and request.include_usage else None,
        "user": request.user,
    }
    return dump(_given(members))


# Messages


def _write_messages(request: Request) -> list[dict[str, Any]]:
    messages = [{"role": "system", "content": _write_content(request.system)}] if request.system else []
    for at, message in enumerate(request.messages):
        path = f"messages[{at}]"
        messages += [_write_assistant(message, path)] if message.role == "assistant" else _write_user(message, path)
    return messages


def _write_user(message: Message, path: str) -> list[dict[str, Any]]:
    """Tool results become messages of their own and come first, as they must follow the calls at once."""
    results = [block for block in message.content if isinstance(block, ToolResult)]
    others = [block for block in message.content if not isinstance(block, ToolResult)]
    pictured: list[Block] = [block for result in results for block in _images_of(result)]
    written = [_write_result(result) for result in results]
    if pictured or others or not results:
        written.append({"role": "user", "content": _write_content([*pictured, *others], path)})
    return written


def _write_assistant(message: Message, path: str) -> dict[str, Any]:
    texts = [block for block in message.content if isinstance(block, Text)]
    calls = [_write_call(block) for block in message.content if isinstance(block, ToolUse)]
    thoughts = [block.text for block in message.content if isinstance(block, Thinking) and not block.signature]
    refusals = [block.text for block in message.content if isinstance(block, Refusal)]
    if any(isinstance(block, Image | ToolResult) for block in message.content):
        raise Unsupported("Messages of the assistant can hold no images or tool results.", param=f"{path}.content")
    content = _write_content(texts) if texts or not (calls or refusals) else None
    extras = {
        "refusal": "".join(refusals) or None,
        "reasoning_content": "".join(thoughts) or None,
        "tool_calls": calls or None,
    }
    return {"role": "assistant", "content": content, **_given(extras)}


def _write_result(result: ToolResult) -> dict[str, Any]:
    """The format allows only text in it; its images follow in a user message."""
    texts = [block for block in result.content if isinstance(block, Text)]
    return {"role": "tool", "tool_call_id": result.tool_use_id, "content": _write_content(texts)}


def _images_of(result: ToolResult) -> list[Block]:
    images = [block for block in result.content if isinstance(block, Image)]
    return [Text(IMAGES_OF_RESULT.format(id=result.tool_use_id)), *images] if images else []


def _write_call(use: ToolUse) -> dict[str, Any]:
    return {"id": use.id, "type": "function", "function": {"name": use.name, "arguments": use.arguments}}


# Content


def _write_content(blocks: Sequence[Block], path: str = "") -> str | list[dict[str, Any]]:
    match blocks:
        case []:
            return ""
        case [Text(text)]:
            return text
    return [_write_part(block, f"{path}.content[{at}]") for at, block in enumerate(blocks)]


def _write_part(block: Block, path: str) -> dict[str, Any]:
    match block:
        case Text(text):
            return {"type": "text", "text": text}
        case Image(detail=detail):
            return {"type": "image_url", "image_url": _given({"url": _write_url(block), "detail": detail})}
    raise Unsupported("Messages of the user can hold only text, images and tool results.", param=path)


def _write_url(image: Image) -> str:
    return image.url if image.url is not None else f"data:{image.media_type};base64,{image.data}"


# Settings


def _write_tool(tool: Tool) -> dict[str, Any]:
    function = {
        "name": tool.name,
        "description": tool.description,
        "parameters": tool.parameters or None,
        "strict": tool.strict,
    }
    return {"type": "function", "function": _given(function)}


def _write_tool_choice(choice: ToolChoice | None) -> dict[str, Any]:
    if choice is None:
        return {}
    named = {"type": "function", "function": {"name": choice.name}}
    return {"tool_choice": named if choice.mode == "tool" else choice.mode, "parallel_tool_calls": choice.parallel}


def _write_output_format(format_: OutputFormat | None) -> dict[str, Any] | None:
    if format_ is None or format_.schema is None:
        return None if format_ is None else {"type": "json_object"}
    schema = {
        "name": format_.name or DEFAULT_FORMAT_NAME,
        "description": format_.description,
        "schema": format_.schema,
        "strict": format_.strict,
    }
    return {"type": "json_schema", "json_schema": _given(schema)}


def _write_thinking(config: ThinkingConfig | None) -> str | None:
    if config is None:
        return None
    if not config.enabled:
        return "none"
    return config.effort or (effort_of_budget(config.budget_tokens) if config.budget_tokens else None)


def _given(members: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in members.items() if value is not None}
