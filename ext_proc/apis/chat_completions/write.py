"""Chat Completions requests, written.

Left out by rule, as the format has no word for it: `top_k`, cache points (its providers cache unasked), that documents
be cited, `is_error` of a tool result, and signed thinking (only who signed it can read it). Unsigned thinking goes back
as `reasoning_content` to the providers that reported it.
Spec: https://platform.openai.com/docs/api-reference/chat/create
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ext_proc.apis.chat_completions.files import text_of, write_audio, write_file
from ext_proc.apis.data_url import write_data_url
from ext_proc.apis.effort import effort_of_budget
from ext_proc.apis.json_value import dump
from ext_proc.apis.unread import refuse_meaningful
from ext_proc.chat import (
    Audio,
    Block,
    Document,
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

BESIDE_RESULT = "The {kind} that tool call {id} returned:"
DEFAULT_FORMAT_NAME = "answer"


def write_request(request: Request) -> bytes:
    """The body. Raises `Unsupported` for what would change the meaning if it were left out."""
    refuse_meaningful(request, knows_logprobs=True)
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
        "presence_penalty": request.presence_penalty,
        "frequency_penalty": request.frequency_penalty,
        "service_tier": request.service_tier,
        "logprobs": request.logprobs or None,
        "top_logprobs": request.top_logprobs if request.logprobs else None,
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
    pictured: list[Block] = [block for result in results for block in _beside_text(result)]
    written = [_write_result(result) for result in results]
    if pictured or others or not results:
        written.append({"role": "user", "content": _write_content([*pictured, *others], path)})
    return written


def _write_assistant(message: Message, path: str) -> dict[str, Any]:
    texts = [block for block in message.content if isinstance(block, Text)]
    calls = [_write_call(block) for block in message.content if isinstance(block, ToolUse)]
    thoughts = [block.text for block in message.content if isinstance(block, Thinking) and not block.signature]
    refusals = [block.text for block in message.content if isinstance(block, Refusal)]
    if any(isinstance(block, Image | Document | Audio | ToolResult) for block in message.content):
        raise Unsupported(
            "Messages of the assistant can hold no images, documents, sound or tool results.", param=f"{path}.content"
        )
    content = _write_content(texts) if texts or not (calls or refusals) else None
    extras = {
        "refusal": "".join(refusals) or None,
        "reasoning_content": "".join(thoughts) or None,
        "tool_calls": calls or None,
    }
    return {"role": "assistant", "content": content, **_given(extras)}


def _write_result(result: ToolResult) -> dict[str, Any]:
    """The format allows only text in it; its images and documents follow in a user message."""
    texts = [block for block in result.content if _is_text(block)]
    return {"role": "tool", "tool_call_id": result.tool_use_id, "content": _write_content(texts)}


def _beside_text(result: ToolResult) -> list[Block]:
    others = [block for block in result.content if not _is_text(block)]
    kind = "image" if all(isinstance(block, Image) for block in others) else "file"
    return [Text(BESIDE_RESULT.format(kind=kind, id=result.tool_use_id)), *others] if others else []


def _is_text(block: Block) -> bool:
    return isinstance(block, Text) or (isinstance(block, Document) and text_of(block) is not None)


def _write_call(use: ToolUse) -> dict[str, Any]:
    return {"id": use.id, "type": "function", "function": {"name": use.name, "arguments": use.arguments}}


# Content


def _write_content(blocks: Sequence[Block], path: str = "") -> str | list[dict[str, Any]]:
    match blocks:
        case []:
            return ""
        case [Text(text)]:
            return text
    return [part for at, block in enumerate(blocks) for part in _write_block(block, f"{path}.content[{at}]")]


def _write_block(block: Block, path: str) -> list[dict[str, Any]]:
    match block:
        case Text(text):
            return [_text(text)]
        case Image(detail=detail):
            return [{"type": "image_url", "image_url": _given({"url": _write_url(block), "detail": detail})}]
        case Document():
            return _write_document(block, path)
        case Audio():
            return [write_audio(block)]
    raise Unsupported("Messages of the user can hold only text, images, documents and sound.", param=path)


def _write_document(document: Document, path: str) -> list[dict[str, Any]]:
    """OpenAI reads PDFs here and nothing else, and has clients send what is text as text."""
    about = [_text(document.context)] if document.context else []
    if document.url is not None:
        raise Unsupported("Chat Completions takes documents as data, not by a URL.", param=path)
    plain = text_of(document)
    if plain is not None:
        return [*about, _text(f"{document.name}:\n\n{plain}" if document.name else plain)]
    return [*about, {"type": "file", "file": write_file(document)}]


def _text(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


def _write_url(image: Image) -> str:
    return image.url if image.url is not None else write_data_url(image.media_type, image.data)


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
