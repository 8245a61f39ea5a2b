"""Requests to Cohere's Chat, written.

Left out by rule, as the format has no word for it: cache points, `is_error` of a tool result, `user`, a service tier,
calls one at a time, `name`, `description` and `strict` of an output format, and signed thinking (only who signed it can
read it). A tool of choice is the only one that is sent. Settings of sampling keep within what Cohere takes.
Spec: https://docs.cohere.com/reference/chat
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ext_proc.apis.cohere_chat.documents import write_document
from ext_proc.apis.data_url import write_data_url
from ext_proc.apis.effort import BUDGETS
from ext_proc.apis.json_value import dump
from ext_proc.apis.unread import refuse_meaningful
from ext_proc.chat import (
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
    ToolResult,
    ToolUse,
)
from ext_proc.errors import Unsupported

IMAGES_OF_RESULT = "The image that tool call {id} returned:"
LEAST_P, MOST_P = 0.01, 0.99
MOST_K = 500
MOST_PENALTY = 1.0


def write_request(request: Request) -> bytes:
    """The body. Raises `Unsupported` for what would change the meaning if it were left out."""
    _refuse(request)
    documents = _Documents()
    messages = _write_messages(request, documents)
    members = {
        "model": request.model,
        "messages": messages,
        **documents.members(),
        **_write_tools(request),
        "response_format": _write_output_format(request.output_format),
        "thinking": _write_thinking(request.thinking),
        "max_tokens": request.max_output_tokens,
        "stop_sequences": list(request.stop) or None,
        "temperature": request.temperature,
        "p": None if request.top_p is None else min(max(request.top_p, LEAST_P), MOST_P),
        "k": None if request.top_k is None else min(request.top_k, MOST_K),
        "seed": request.seed,
        "presence_penalty": _write_penalty(request.presence_penalty),
        "frequency_penalty": _write_penalty(request.frequency_penalty),
        "logprobs": request.logprobs or None,
        "stream": request.stream or None,
    }
    return dump(_given(members))


def _refuse(request: Request) -> None:
    refuse_meaningful(request, knows_logprobs=True)
    if request.n > 1:
        raise Unsupported("Cohere gives one answer; `n` must be 1.", param="n")
    if request.top_logprobs:
        raise Unsupported("Cohere tells no log probabilities of other tokens.", param="top_logprobs")


# Messages


class _Documents:
    """The documents that the conversation brings, numbered over the whole of it; those of the user stand apart."""

    def __init__(self) -> None:
        self._number = 0
        self._apart: list[dict[str, Any]] = []
        self._cited = False

    def written(self, document: Document, path: str) -> dict[str, Any]:
        self._number += 1
        return write_document(document, self._number - 1, path)

    def put_apart(self, document: Document, path: str) -> None:
        self._apart.append(self.written(document, path))
        self._cited = self._cited or document.citations

    def members(self) -> dict[str, Any]:
        """Cohere cites unless it is told not to."""
        if not self._apart:
            return {}
        return {"documents": self._apart} | ({} if self._cited else {"citation_options": {"mode": "OFF"}})


def _write_messages(request: Request, documents: _Documents) -> list[dict[str, Any]]:
    messages = [{"role": "system", "content": _write_content(request.system)}] if request.system else []
    for at, message in enumerate(request.messages):
        path = f"messages[{at}].content"
        if message.role == "assistant":
            messages.append(_write_assistant(message, path))
        else:
            messages += _write_user(message, documents, path)
    return messages


def _write_user(message: Message, documents: _Documents, path: str) -> list[dict[str, Any]]:
    """Tool results become messages of their own and come first, as they must follow the calls at once."""
    results: list[dict[str, Any]] = []
    pictured: list[Block] = []
    others: list[Block] = []
    for at, block in enumerate(message.content):
        match block:
            case ToolResult():
                results.append(_write_result(block, documents, f"{path}[{at}]"))
                pictured += _images_of(block)
            case Document():
                documents.put_apart(block, f"{path}[{at}]")
            case _:
                others.append(block)
    if pictured or others or not results:
        results.append({"role": "user", "content": _write_content([*pictured, *others], path)})
    return results


def _write_assistant(message: Message, path: str) -> dict[str, Any]:
    """Text before calls is what Cohere names the plan."""
    if any(not isinstance(block, Text | Refusal | Thinking | ToolUse) for block in message.content):
        raise Unsupported("Messages of the assistant can hold only text, thinking and calls of tools.", param=path)
    calls = [_write_call(block) for block in message.content if isinstance(block, ToolUse)]
    text = "".join(block.text for block in message.content if isinstance(block, Text | Refusal))
    content = [_write_thought(block) for block in message.content if isinstance(block, Thinking) and is_open(block)]
    if calls:
        extras = {"content": content or None, "tool_plan": text or None, "tool_calls": calls}
        return {"role": "assistant", **_given(extras)}
    written = [*content, {"type": "text", "text": text}] if content else text
    return {"role": "assistant", "content": written}


def is_open(thought: Thinking) -> bool:
    """No other provider sealed it."""
    return thought.redacted is None and not thought.signature


def _write_result(result: ToolResult, documents: _Documents, path: str) -> dict[str, Any]:
    """Its images follow in a user message, as the format allows none in it."""
    content = [
        {"type": "document", "document": documents.written(block, f"{path}.content[{at}]")}
        if isinstance(block, Document)
        else {"type": "text", "text": block.text}
        for at, block in enumerate(result.content)
        if not isinstance(block, Image)
    ]
    plain = content[0]["text"] if len(content) == 1 and content[0]["type"] == "text" else content or ""
    return {"role": "tool", "tool_call_id": result.tool_use_id, "content": plain}


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
    return [_write_part(block, path) for block in blocks]


def _write_part(block: Block, path: str) -> dict[str, Any]:
    match block:
        case Text(text):
            return {"type": "text", "text": text}
        case Image(url=url, detail=detail):
            image = {"url": url or write_data_url(block.media_type, block.data), "detail": detail}
            return {"type": "image_url", "image_url": _given(image)}
    raise Unsupported("Messages of the user can hold only text, images, documents and tool results.", param=path)


def _write_thought(thought: Thinking) -> dict[str, Any]:
    return {"type": "thinking", "thinking": thought.text}


# Settings


def _write_tools(request: Request) -> dict[str, Any]:
    choice = request.tool_choice
    named = choice is not None and choice.mode == "tool"
    tools = [tool for tool in request.tools if not named or (choice is not None and tool.name == choice.name)]
    if request.tools and not tools:
        raise Unsupported("`tool_choice` names a tool that is not among `tools`.", param="tool_choice")
    if not tools:
        return {}
    words = {"none": "NONE", "required": "REQUIRED", "tool": "REQUIRED"}
    return {
        "tools": [_write_tool(tool) for tool in tools],
        "strict_tools": _write_strict(tools),
        "tool_choice": None if choice is None else words.get(choice.mode),
    }


def _write_tool(tool: Tool) -> dict[str, Any]:
    function = {"name": tool.name, "description": tool.description, "parameters": tool.parameters}
    return {"type": "function", "function": _given(function)}


def _write_strict(tools: Iterable[Tool]) -> bool | None:
    """One word for all tools: who asked it of one gets it of all."""
    said = [tool.strict for tool in tools if tool.strict is not None]
    return any(said) if said else None


def _write_output_format(format_: OutputFormat | None) -> dict[str, Any] | None:
    return None if format_ is None else _given({"type": "json_object", "json_schema": format_.schema})


def _write_thinking(config: ThinkingConfig | None) -> dict[str, Any] | None:
    if config is None:
        return None
    if not config.enabled:
        return {"type": "disabled"}
    budget = config.budget_tokens or (BUDGETS[config.effort] if config.effort else None)
    return _given({"type": "enabled", "token_budget": budget})


def _write_penalty(penalty: float | None) -> float | None:
    return None if penalty is None else min(max(penalty, 0.0), MOST_PENALTY)


def _given(members: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in members.items() if value is not None}
