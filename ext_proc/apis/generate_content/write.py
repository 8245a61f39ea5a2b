"""generateContent requests, written.

Model and stream stand in the path. Left out by rule, as the format has no word for it: cache points (Gemini caches
unasked), an image's `detail`, `user`, that tools be called one at a time, `strict`, and `name` and `description` of an
output format. Thinking goes only to who signed it. Spec: https://ai.google.dev/api/generate-content
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any

import orjson

from ext_proc.apis.generate_content.content import write_output
from ext_proc.apis.generate_content.media import write_media
from ext_proc.apis.generate_content.signature import SKIP, any_signature, own_signature
from ext_proc.apis.generate_content.thinking import BEFORE_3, write_thinking
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
    Tool,
    ToolChoice,
    ToolResult,
    ToolUse,
)
from ext_proc.errors import Unsupported

FILES_OF_RESULT = "What function call {id} returned as a file:"

TIERS: Mapping[str, str] = {"default": "standard", "flex": "flex", "priority": "priority"}
"""By our words; without one a call is served in the standard tier."""
_MODES = {"auto": "AUTO", "none": "NONE", "required": "ANY", "tool": "ANY"}


def write_request(request: Request) -> bytes:
    """The body. Raises `Unsupported` for what would change the meaning if it were left out."""
    refuse_meaningful(request, knows_logprobs=True)
    members = {
        "contents": _write_messages(request),
        "systemInstruction": _write_system(request.system),
        "tools": [{"functionDeclarations": [_write_tool(tool) for tool in request.tools]}] if request.tools else None,
        "toolConfig": _write_tool_choice(request.tool_choice if request.tools else None),
        "generationConfig": _write_config(request) or None,
        "serviceTier": TIERS.get(request.service_tier or "auto"),
    }
    return dump(_given(members))


# Messages


def _write_messages(request: Request) -> list[dict[str, Any]]:
    """What is in a row of one role is merged, as all responses to parallel calls must stand in one turn."""
    turns: list[dict[str, Any]] = []
    names: dict[str, str] = {}
    for at, message in enumerate(request.messages):
        user = message.role == "user"
        write = _write_user if user else _write_model
        parts = write(message, names, request.model, f"messages[{at}].content")
        role = "user" if user else "model"
        if parts and turns and turns[-1]["role"] == role:
            turns[-1]["parts"] += parts
        elif parts:
            turns.append({"role": role, "parts": parts})
    if not turns:
        raise Unsupported("generateContent demands at least one message that is not empty.", param="messages")
    return turns


def _write_user(message: Message, names: Mapping[str, str], model: str, path: str) -> list[dict[str, Any]]:
    """Responses come first, as they must follow the calls at once."""
    results = [block for block in message.content if isinstance(block, ToolResult)]
    others = [block for block in message.content if not isinstance(block, ToolResult)]
    if any(isinstance(block, ToolUse | Thinking | Refusal) for block in others):
        raise Unsupported("Messages of the user can hold no calls, thinking or refusals.", param=path)
    responses = [_write_result(result, names, model, path) for result in results]
    apart = [block for result in results for block in _files_apart(result, model)]
    return [*responses, *write_parts([*apart, *others])]


def _write_model(message: Message, names: dict[str, str], model: str, path: str) -> list[dict[str, Any]]:
    if any(isinstance(block, ToolResult) for block in message.content):
        raise Unsupported("Messages of the assistant can hold no tool results.", param=path)
    names |= {block.id: block.name for block in message.content if isinstance(block, ToolUse)}
    parts = write_parts([block for block in message.content if not _is_foreign(block)])
    first = next((part for part in parts if "functionCall" in part), None)
    if first is not None and not BEFORE_3.search(model):
        first.setdefault("thoughtSignature", SKIP)
    return parts


def _is_foreign(block: Block) -> bool:
    return isinstance(block, Thinking) and own_signature(block) is None


def _write_result(result: ToolResult, names: Mapping[str, str], model: str, path: str) -> dict[str, Any]:
    """A response names the function, which other APIs leave to the call."""
    called = names.get(result.tool_use_id)
    if called is None:
        raise Unsupported("A tool result must follow the call that it answers.", param=path)
    texts = [block.text for block in result.content if isinstance(block, Text)]
    files = [] if BEFORE_3.search(model) else _files(result)
    response = {
        "id": result.tool_use_id,
        "name": called,
        "response": write_output(texts, is_error=result.is_error),
        "parts": [part for file in files for part in write_media(file)] or None,
    }
    return {"functionResponse": _given(response)}


def _files(result: ToolResult) -> list[Image | Document]:
    return [block for block in result.content if not isinstance(block, Text)]


def _files_apart(result: ToolResult, model: str) -> list[Block]:
    """Models before Gemini 3 take no files within a response."""
    files = _files(result) if BEFORE_3.search(model) else []
    return [Text(FILES_OF_RESULT.format(id=result.tool_use_id)), *files] if files else []


# Content


def write_parts(blocks: Sequence[Block]) -> list[dict[str, Any]]:
    """The seal of thinking that led to a call stands at the call."""
    parts: list[dict[str, Any]] = []
    held: str | None = None
    for block, following in zip_longest(blocks, blocks[1:]):
        match block:
            case Thinking(text, redacted=redacted):
                seal = any_signature(block)
                held = seal if isinstance(following, ToolUse) and redacted is None else None
                parts += write_thought(text, None if held else seal)
            case ToolUse():
                parts.append(write_call(block, held))
                held = None
            case Text(text) | Refusal(text):
                parts += [{"text": text}] if text else []
            case Image() | Document() | Audio():
                parts += write_media(block)
    return parts


def write_thought(text: str, seal: str | None) -> list[dict[str, Any]]:
    """A seal alone stands in a part without text."""
    thought = {"thought": True, "text": text} if text else {"text": ""}
    return [_given({**thought, "thoughtSignature": seal})] if text or seal else []


def write_call(use: ToolUse, seal: str | None) -> dict[str, Any]:
    call = {"id": use.id or None, "name": use.name, "args": _write_arguments(use.arguments)}
    return _given({"functionCall": _given(call), "thoughtSignature": seal})


def _write_arguments(arguments: str) -> dict[str, Any]:
    """`args` must be an object. A model may have written what is none: nothing of it is lost."""
    try:
        value = orjson.loads(arguments or "{}")
    except ValueError:
        return {"invalid_json": arguments}
    return value if isinstance(value, dict) else {"invalid_json": arguments}


# Settings


def _write_system(system: tuple[Text, ...]) -> dict[str, Any] | None:
    parts = [{"text": text.text} for text in system if text.text]
    return {"parts": parts} if parts else None


def _write_tool(tool: Tool) -> dict[str, Any]:
    function = {
        "name": tool.name,
        "description": tool.description,
        "parametersJsonSchema": tool.parameters or None,
    }
    return _given(function)


def _write_tool_choice(choice: ToolChoice | None) -> dict[str, Any] | None:
    if choice is None:
        return None
    members = {
        "mode": _MODES[choice.mode],
        "allowedFunctionNames": [choice.name] if choice.mode == "tool" else None,
    }
    return {"functionCallingConfig": _given(members)}


def _write_config(request: Request) -> dict[str, Any]:
    members = {
        "maxOutputTokens": request.max_output_tokens,
        "temperature": request.temperature,
        "topP": request.top_p,
        "topK": request.top_k,
        "stopSequences": list(request.stop) or None,
        "seed": request.seed,
        "candidateCount": request.n if request.n > 1 else None,
        "presencePenalty": request.presence_penalty,
        "frequencyPenalty": request.frequency_penalty,
        "responseLogprobs": request.logprobs or None,
        "logprobs": request.top_logprobs if request.logprobs else None,
        **_write_output_format(request.output_format),
        "thinkingConfig": write_thinking(request.thinking, request.model) or None,
    }
    return _given(members)


def _write_output_format(format_: OutputFormat | None) -> dict[str, Any]:
    if format_ is None:
        return {}
    return {"responseMimeType": "application/json", "responseJsonSchema": format_.schema}


def _given(members: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in members.items() if value is not None}
