"""Whole Chat Completions answers, and what they share with streamed ones: ids, finish reasons, usage, thinking.

Thinking is no part of the standard. It is shown as `reasoning_content`, as many providers do; its signatures stand in
`thinking_blocks`, so that a client that sends the message back keeps them.
Spec: https://platform.openai.com/docs/api-reference/chat/object
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ext_proc.apis.answer_id import shaped
from ext_proc.apis.chat_completions.annotations import read_annotation, write_chat_annotation
from ext_proc.apis.chat_completions.errors import read_failure
from ext_proc.apis.chat_completions.logprobs import Tokens, read_tokens, write_tokens
from ext_proc.apis.chat_completions.outline import MOST_CHOICES
from ext_proc.apis.chat_completions.service_tier import write_served_tier
from ext_proc.apis.citations import TextPlace, one_text
from ext_proc.apis.error_body import load_answer
from ext_proc.apis.joined import Choice, join, take_apart
from ext_proc.apis.json_value import as_array, as_count, as_object, as_text, dump
from ext_proc.chat import Block, Refusal, Text, Thinking, ToolUse
from ext_proc.parts import Finish, FinishReason, Logprobs, Part, Start, UsageReport
from ext_proc.usage import Usage

ID_PREFIX = "chatcmpl-"

_FINISH_REASONS: Mapping[str, FinishReason] = {
    "length": "length",
    "model_length": "length",
    "insufficient_system_resource": "length",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "content_filter": "content_filter",
}


def read_answer(body: bytes) -> list[Part]:
    """Raises `ProviderError` when the body is no answer."""
    members = load_answer(body, read_failure)
    parts: list[Part] = [read_start(members)]
    for at, item in enumerate(as_array(members.get("choices"))):
        choice = as_object(item)
        index = read_index(choice.get("index"), at)
        parts += _read_message(as_object(choice.get("message")), as_object(choice.get("logprobs")), index)
        parts += read_finish(choice, index)
    return parts + read_usage(members.get("usage"), members.get("service_tier"))


def write_answer(parts: Sequence[Part]) -> bytes:
    whole = join(parts)
    members = {
        "id": write_id(whole.start.id),
        "object": "chat.completion",
        "created": whole.start.created or 0,
        "model": whole.start.model,
        "choices": [_write_choice(choice) for choice in whole.choices],
        **write_served_tier(whole.usage),
    }
    return dump(members if whole.usage is None else {**members, "usage": write_usage(whole.usage)})


# Shared with the stream


def read_start(members: Mapping[str, Any]) -> Start:
    created = as_count(members.get("created"))
    return Start(as_text(members.get("id")), as_text(members.get("model")), created or None)


def read_index(value: Any, default: int = 0) -> int:
    """The index of a choice or of a tool call. More than `MOST_CHOICES` were never asked for."""
    return value if isinstance(value, int) and 0 <= value < MOST_CHOICES else default % MOST_CHOICES


def read_finish(choice: Mapping[str, Any], index: int) -> list[Part]:
    reason = as_text(choice.get("finish_reason"))
    return [Finish(_FINISH_REASONS.get(reason, "stop"), choice=index)] if reason else []


def read_usage(value: Any, service_tier: Any = None) -> list[Part]:
    if not isinstance(value, dict):
        return []
    prompt = as_object(value.get("prompt_tokens_details"))
    completion = as_object(value.get("completion_tokens_details"))
    usage = Usage(
        input_tokens=as_count(value.get("prompt_tokens")),
        output_tokens=as_count(value.get("completion_tokens")),
        cache_read_input_tokens=as_count(prompt.get("cached_tokens")),
        cache_creation_input_tokens=as_count(prompt.get("cache_write_tokens")),
        reasoning_output_tokens=as_count(completion.get("reasoning_tokens")),
        input_audio_tokens=as_count(prompt.get("audio_tokens")),
        output_audio_tokens=as_count(completion.get("audio_tokens")),
        input_image_tokens=as_count(prompt.get("image_tokens")),
        service_tier=as_text(service_tier) or None,
    )
    return [UsageReport(usage)]


def write_id(id_: str) -> str:
    return shaped(id_, ID_PREFIX)


def write_usage(usage: Usage) -> dict[str, Any]:
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.total_tokens,
        "prompt_tokens_details": {
            "cached_tokens": usage.cache_read_input_tokens,
            "cache_write_tokens": usage.cache_creation_input_tokens,
            **_counted("audio_tokens", usage.input_audio_tokens),
            **_counted("image_tokens", usage.input_image_tokens),
        },
        "completion_tokens_details": {
            "reasoning_tokens": usage.reasoning_output_tokens,
            **_counted("audio_tokens", usage.output_audio_tokens),
        },
    }


def _counted(name: str, count: int) -> dict[str, int]:
    """What there was none of is not told, as it is asked of few models."""
    return {name: count} if count else {}


def read_content(value: Any) -> list[Block]:
    """Text; some providers send a list of parts, with thinking among them."""
    if isinstance(value, list):
        return [block for part in value for block in _read_part(as_object(part))]
    return [Text(value)] if isinstance(value, str) and value else []


def read_citations(value: Any, place: TextPlace, index: int) -> list[Part]:
    """Annotations of all the text so far, at whose end `place` stands; they come once it is said."""
    found = [citation for item in as_array(value) if (citation := read_annotation(item)) is not None]
    return [replace(one, span=one.span and place.in_block(*one.span), choice=index) for one in found]


def read_rated(value: Any, index: int) -> list[Part]:
    tokens = read_tokens(value)
    return [Logprobs(tokens, index)] if tokens else []


def write_logprobs(texts: Tokens, refusals: Tokens) -> dict[str, Any] | None:
    if not (texts or refusals):
        return None
    return {
        "content": write_tokens(texts) if texts else None,
        "refusal": write_tokens(refusals) if refusals else None,
    }


def read_thoughts(message: Mapping[str, Any]) -> list[Thinking]:
    blocks = [_read_thought(as_object(block)) for block in as_array(message.get("thinking_blocks"))]
    shown = as_text(message.get("reasoning_content")) or as_text(message.get("reasoning"))
    return blocks or ([Thinking(shown)] if shown else [])


def write_thought(thought: Thinking) -> dict[str, Any]:
    if thought.redacted is not None:
        return {"type": "redacted_thinking", "data": thought.redacted}
    return {"type": "thinking", "thinking": thought.text, "signature": thought.signature}


# The message


def _read_message(message: Mapping[str, Any], logprobs: Mapping[str, Any], index: int) -> list[Part]:
    place, content = TextPlace(), read_content(message.get("content"))
    refusal = Refusal(as_text(message.get("refusal")), read_tokens(logprobs.get("refusal")))
    return [
        *take_apart([*read_thoughts(message), *content], index, place),
        *(read_rated(logprobs.get("content"), index) if content else []),
        *read_citations(message.get("annotations"), place, index),
        *take_apart([refusal, *_read_calls(message)], index),
    ]


def _read_part(part: Mapping[str, Any]) -> list[Block]:
    if part.get("type") != "thinking":
        return [Text(as_text(part.get("text")))]
    thought = part.get("thinking")
    return [Thinking(as_text(as_object(piece).get("text"))) for piece in as_array(thought)]


def _read_calls(message: Mapping[str, Any]) -> list[ToolUse]:
    calls = [as_object(call) for call in as_array(message.get("tool_calls"))]
    if not calls and message.get("function_call"):
        calls = [{"function": message["function_call"]}]
    return [_read_call(call, at) for at, call in enumerate(calls)]


def _read_call(call: Mapping[str, Any], at: int) -> ToolUse:
    function = as_object(call.get("function"))
    id_ = as_text(call.get("id")) or f"call_{at}"
    return ToolUse(id_, as_text(function.get("name")), as_text(function.get("arguments")))


def _read_thought(block: Mapping[str, Any]) -> Thinking:
    if block.get("type") == "redacted_thinking":
        return Thinking(redacted=as_text(block.get("data")))
    return Thinking(as_text(block.get("thinking")), as_text(block.get("signature")) or None)


def _write_choice(choice: Choice) -> dict[str, Any]:
    text = one_text(block for block in choice.blocks if isinstance(block, Text))
    refusals = tuple(token for block in choice.blocks if isinstance(block, Refusal) for token in block.logprobs)
    return {
        "index": choice.finish.choice,
        "message": _write_message(choice.blocks, text),
        "logprobs": write_logprobs(text.logprobs, refusals),
        "finish_reason": choice.finish.reason,
    }


def _write_message(blocks: Iterable[Block], text: Text) -> dict[str, Any]:
    refusals = [block.text for block in blocks if isinstance(block, Refusal)]
    calls = [_write_call(block) for block in blocks if isinstance(block, ToolUse)]
    annotations = [written for one in text.citations if one.span for written in write_chat_annotation(one, one.span)]
    message: dict[str, Any] = {
        "role": "assistant",
        "content": text.text if text.text or not (calls or refusals) else None,
        "refusal": "".join(refusals) or None,
        **({"annotations": annotations} if annotations else {}),
    }
    return message | _write_thoughts(blocks) | ({"tool_calls": calls} if calls else {})


def _write_thoughts(blocks: Iterable[Block]) -> dict[str, Any]:
    thoughts = [block for block in blocks if isinstance(block, Thinking)]
    shown = "".join(thought.text for thought in thoughts)
    sealed = any(thought.signature is not None or thought.redacted is not None for thought in thoughts)
    members: dict[str, Any] = {"reasoning_content": shown} if shown else {}
    return members | ({"thinking_blocks": [write_thought(thought) for thought in thoughts]} if sealed else {})


def _write_call(use: ToolUse) -> dict[str, Any]:
    return {"id": use.id, "type": "function", "function": {"name": use.name, "arguments": use.arguments}}
