"""Responses requests, written. Nothing is stored at the provider.

Left out by rule, as the format has no word for it: `top_k`, `seed`, penalties, cache points (its providers cache
unasked), that documents be cited, `is_error` of a tool result, and thinking that no provider of Responses sealed (it
would be refused).
Spec: https://platform.openai.com/docs/api-reference/responses/create
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from ext_proc.apis.chat_completions.files import write_file
from ext_proc.apis.data_url import write_data_url
from ext_proc.apis.effort import effort_of_budget
from ext_proc.apis.json_value import dump
from ext_proc.apis.responses.read import LOGPROBS
from ext_proc.apis.responses.reasoning import own_seal, write_thought
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
    ToolChoice,
    ToolResult,
    ToolUse,
)
from ext_proc.errors import Unsupported

DEFAULT_FORMAT_NAME = "answer"
SEAL = "reasoning.encrypted_content"
LEAST_OUTPUT_TOKENS = 16
"""OpenAI refuses less."""


def write_request(request: Request) -> bytes:
    """The body. Raises `Unsupported` for what would change the meaning if it were left out."""
    refuse_meaningful(request, knows_logprobs=True)
    _refuse_inexpressible(request)
    alone = request.system[0].text if len(request.system) == 1 and request.messages else None
    members = {
        "model": request.model,
        "instructions": alone or None,
        "input": _write_input(request, with_system=not alone),
        "tools": [_write_tool(tool) for tool in request.tools] or None,
        **_write_tool_choice(request.tool_choice if request.tools else None),
        "text": _write_output_format(request.output_format),
        "reasoning": _write_thinking(request.thinking),
        "include": _write_include(request) or None,
        "max_output_tokens": request.max_output_tokens,
        "temperature": request.temperature,
        "top_p": request.top_p,
        "top_logprobs": request.top_logprobs if request.logprobs else None,
        "service_tier": request.service_tier,
        "stream": request.stream or None,
        "user": request.user,
        "store": False,
    }
    return dump(_given(members))


def _refuse_inexpressible(request: Request) -> None:
    if request.n > 1:
        raise Unsupported("Responses gives one answer; `n` must be 1.", param="n")
    if request.stop:
        raise Unsupported("Responses has no stop sequences.", param="stop")
    if request.max_output_tokens is not None and request.max_output_tokens < LEAST_OUTPUT_TOKENS:
        message = f"The provider of this model writes at least {LEAST_OUTPUT_TOKENS} tokens; allow as many."
        raise Unsupported(message, param="max_output_tokens")


# Input


def _write_input(request: Request, *, with_system: bool) -> list[dict[str, Any]]:
    system = request.system if with_system else ()
    items = [{"role": "system", "content": _write_content(system)}] if system else []
    for at, message in enumerate(request.messages):
        path = f"messages[{at}].content"
        items += _write_assistant(message, path) if message.role == "assistant" else _write_user(message, path)
    if not items:
        raise Unsupported("Responses demands at least one message that is not empty.", param="messages")
    return items


def _write_user(message: Message, path: str) -> list[dict[str, Any]]:
    """Outputs of tools are items of their own and come first, as they must follow the calls at once."""
    results = [block for block in message.content if isinstance(block, ToolResult)]
    others = [block for block in message.content if not isinstance(block, ToolResult)]
    written = [_write_result(result) for result in results]
    if others or not results:
        written.append({"role": "user", "content": _write_content(others, path)})
    return written


def _write_assistant(message: Message, path: str) -> list[dict[str, Any]]:
    """Text in a row is one message; what stands between is items of its own, in the order of the turn."""
    items: list[dict[str, Any]] = []
    for said, blocks in groupby(message.content, lambda block: isinstance(block, Text | Refusal)):
        if said:
            items.append({"role": "assistant", "content": [_write_said(block) for block in blocks]})
        else:
            items += [item for block in blocks for item in _write_item(block, path)]
    return items


def _write_item(block: Block, path: str) -> list[dict[str, Any]]:
    match block:
        case ToolUse(id=id_, name=name, arguments=arguments):
            return [{"type": "function_call", "call_id": id_, "name": name, "arguments": arguments}]
        case Thinking(text):
            seal = own_seal(block)
            return [write_thought(text, seal)] if seal else []
    raise Unsupported("Messages of the assistant can hold no images, documents, sound or tool results.", param=path)


def _write_said(block: Block) -> dict[str, Any]:
    if isinstance(block, Refusal):
        return {"type": "refusal", "refusal": block.text}
    assert isinstance(block, Text)
    return {"type": "output_text", "text": block.text}


def _write_result(result: ToolResult) -> dict[str, Any]:
    output = _write_content(result.content)
    return {"type": "function_call_output", "call_id": result.tool_use_id, "output": output}


# Content


def _write_content(blocks: Sequence[Block], path: str = "") -> str | list[dict[str, Any]]:
    match blocks:
        case []:
            return ""
        case [Text(text)]:
            return text
    return [part for at, block in enumerate(blocks) for part in _write_block(block, f"{path}[{at}]")]


def _write_block(block: Block, path: str) -> list[dict[str, Any]]:
    match block:
        case Text(text):
            return [_text(text)]
        case Image(detail=detail):
            return [_given({"type": "input_image", "image_url": _write_url(block), "detail": detail})]
        case Document(url=url, context=context):
            file = write_file(block) if url is None else _given({"file_url": url, "filename": block.name})
            return [*([_text(context)] if context else []), {"type": "input_file", **file}]
    raise Unsupported("Messages of the user can hold only text, images and documents.", param=path)


def _text(text: str) -> dict[str, Any]:
    return {"type": "input_text", "text": text}


def _write_url(image: Image) -> str:
    return image.url if image.url is not None else write_data_url(image.media_type, image.data)


# Settings


def _write_tool(tool: Tool) -> dict[str, Any]:
    """Where nothing is said, Responses is strict and other APIs are not."""
    described = {} if tool.description is None else {"description": tool.description}
    parameters, strict = tool.parameters or None, tool.strict or False
    return {"type": "function", "name": tool.name, **described, "parameters": parameters, "strict": strict}


def _write_tool_choice(choice: ToolChoice | None) -> dict[str, Any]:
    if choice is None:
        return {}
    named = {"type": "function", "name": choice.name}
    return {"tool_choice": named if choice.mode == "tool" else choice.mode, "parallel_tool_calls": choice.parallel}


def _write_output_format(format_: OutputFormat | None) -> dict[str, Any] | None:
    if format_ is None or format_.schema is None:
        return None if format_ is None else {"format": {"type": "json_object"}}
    schema = {
        "type": "json_schema",
        "name": format_.name or DEFAULT_FORMAT_NAME,
        "description": format_.description,
        "schema": format_.schema,
        "strict": format_.strict,
    }
    return {"format": _given(schema)}


def _write_thinking(config: ThinkingConfig | None) -> dict[str, Any] | None:
    if config is None:
        return None
    effort = config.effort or (effort_of_budget(config.budget_tokens) if config.budget_tokens else None)
    word = effort if config.enabled else "none"
    return {"effort": word} if word else None


def _write_include(request: Request) -> list[str]:
    """The seal is asked for with an effort only, as models that do not think refuse to be asked."""
    thinking = request.thinking
    thinks = thinking is not None and thinking.enabled and (thinking.effort or thinking.budget_tokens)
    return [*([SEAL] if thinks else []), *([LOGPROBS] if request.logprobs else [])]


def _given(members: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in members.items() if value is not None}
