"""Whole Responses answers, and what they share with streamed ones: ids, items, how an answer ended, usage.

An item's id is made of the answer's and its place, so that both ways of answering give the same.
Spec: https://platform.openai.com/docs/api-reference/responses/object
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from ext_proc.apis.answer_id import shaped
from ext_proc.apis.chat_completions.annotations import read_annotation, write_annotation
from ext_proc.apis.chat_completions.logprobs import read_tokens, write_tokens
from ext_proc.apis.chat_completions.service_tier import write_served_tier
from ext_proc.apis.citations import clamped, one_text
from ext_proc.apis.error_body import load_answer
from ext_proc.apis.joined import join, take_apart
from ext_proc.apis.json_value import as_array, as_count, as_object, as_text, dump
from ext_proc.apis.responses.errors import read_failure
from ext_proc.apis.responses.reasoning import any_seal, read_thought, write_thought
from ext_proc.chat import Block, Refusal, Text, Thinking, ToolUse
from ext_proc.errors import ProviderError
from ext_proc.parts import Finish, FinishReason, Part, Start, UsageReport
from ext_proc.usage import Usage

ID_PREFIX = "resp_"

_INCOMPLETE: Mapping[FinishReason, str] = {"length": "max_output_tokens", "content_filter": "content_filter"}
_ITEM_PREFIXES = {"message": "msg", "reasoning": "rs", "function_call": "fc"}


def read_answer(body: bytes) -> list[Part]:
    """Raises `ProviderError` when the body is no answer."""
    members = load_answer(body, read_failure)
    if members.get("status") in ("failed", "cancelled"):
        raise ProviderError("The provider's answer failed.")
    blocks = [block for item in as_array(members.get("output")) for block in read_item(as_object(item))]
    used_tools = any(isinstance(block, ToolUse) for block in blocks)
    return [
        read_start(members),
        *take_apart(blocks),
        *read_finish(members, used_tools=used_tools),
        *read_usage(members.get("usage"), members.get("service_tier")),
    ]


def write_answer(parts: Sequence[Part]) -> bytes:
    """Responses gives one answer: the first choice is taken."""
    whole = join(parts)
    choice = whole.choices[0]
    items = _items(choice.blocks)
    statuses = ["completed"] * (len(items) - 1) + [write_status(choice.finish)]
    output = [
        write_item(item, whole.start.id, index, status)
        for index, (item, status) in enumerate(zip(items, statuses, strict=False))
    ]
    return dump(write_response(whole.start, output, choice.finish, whole.usage))


# Shared with the stream


def read_start(members: Mapping[str, Any]) -> Start:
    created = as_count(members.get("created_at"))
    return Start(as_text(members.get("id")), as_text(members.get("model")), created or None)


def read_item(item: Mapping[str, Any]) -> list[Block]:
    """The blocks of one item; what a tool of the provider's own did is not among them."""
    match item.get("type"):
        case "message":
            return [read_part(as_object(part)) for part in as_array(item.get("content"))]
        case "function_call":
            id_ = as_text(item.get("call_id")) or as_text(item.get("id"))
            return [ToolUse(id_, as_text(item.get("name")), as_text(item.get("arguments")))]
        case "reasoning":
            thought = read_thought(item)
            return [] if thought is None else [thought]
    return []


def read_finish(members: Mapping[str, Any], *, used_tools: bool) -> list[Part]:
    """Not every provider says that an answer is completed."""
    match members.get("status"):
        case "completed" | None:
            return [Finish("tool_calls" if used_tools else "stop")]
        case "incomplete":
            reason = as_object(members.get("incomplete_details")).get("reason")
            return [Finish("content_filter" if reason == "content_filter" else "length")]
    return []


def read_usage(value: Any, service_tier: Any) -> list[Part]:
    if not isinstance(value, dict):
        return []
    read = as_object(value.get("input_tokens_details"))
    written = as_object(value.get("output_tokens_details"))
    usage = Usage(
        input_tokens=as_count(value.get("input_tokens")),
        output_tokens=as_count(value.get("output_tokens")),
        cache_read_input_tokens=as_count(read.get("cached_tokens")),
        cache_creation_input_tokens=as_count(read.get("cache_write_tokens")),
        reasoning_output_tokens=as_count(written.get("reasoning_tokens")),
        service_tier=as_text(service_tier) or None,
    )
    return [UsageReport(usage)]


def write_response(
    start: Start, output: list[dict[str, Any]], finish: Finish | None, usage: Usage | None
) -> dict[str, Any]:
    """Without a finish it is in progress. The settings that clients demand stand at their defaults."""
    reason = None if finish is None else _INCOMPLETE.get(finish.reason)
    return {
        "id": shaped(start.id, ID_PREFIX),
        "object": "response",
        "created_at": start.created or 0,
        "status": "in_progress" if finish is None else write_status(finish),
        "error": None,
        "incomplete_details": {"reason": reason} if reason else None,
        "instructions": None,
        "metadata": {},
        "model": start.model,
        "output": output,
        "parallel_tool_calls": True,
        "previous_response_id": None,
        **write_served_tier(usage),
        "store": False,
        "temperature": None,
        "tool_choice": "auto",
        "tools": [],
        "top_p": None,
        "usage": None if usage is None else write_usage(usage),
    }


def write_status(finish: Finish) -> str:
    """Of the answer and of its last item, which is the one that was cut."""
    return "incomplete" if finish.reason in _INCOMPLETE else "completed"


def write_item(blocks: Sequence[Block], answer_id: str, index: int, status: str) -> dict[str, Any]:
    """One item of these blocks: texts and refusals, or thinking alone, or a tool use alone."""
    match blocks:
        case [Thinking() as thought]:
            item = write_thought(thought.text, any_seal(thought))
            # A seal comes last.
            status = status if item["encrypted_content"] is None else "completed"
        case [ToolUse(id=id_, name=name, arguments=arguments)]:
            # Clients parse what is complete.
            whole = arguments or ("{}" if status == "completed" else "")
            item = {"type": "function_call", "call_id": id_, "name": name, "arguments": whole}
        case _:
            item = {"type": "message", "role": "assistant", "content": [write_part(block) for block in blocks]}
    return {"id": f"{_ITEM_PREFIXES[item['type']]}_{shaped(answer_id, '')}_{index}", **item, "status": status}


def write_part(block: Block) -> dict[str, Any]:
    if isinstance(block, Refusal):
        return {"type": "refusal", "refusal": block.text}
    assert isinstance(block, Text)
    annotations = [write_annotation(one, one.span or (0, len(block.text))) for one in block.citations]
    logprobs = write_tokens(block.logprobs)
    return {"type": "output_text", "text": block.text, "annotations": annotations, "logprobs": logprobs}


def write_usage(usage: Usage) -> dict[str, Any]:
    return {
        "input_tokens": usage.input_tokens,
        "input_tokens_details": {
            "cached_tokens": usage.cache_read_input_tokens,
            "cache_write_tokens": usage.cache_creation_input_tokens,
        },
        "output_tokens": usage.output_tokens,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning_output_tokens},
        "total_tokens": usage.total_tokens,
    }


def _items(blocks: Sequence[Block]) -> list[list[Block]]:
    """The blocks of each item: what is said in a row is one message, and text in a row one part of it."""
    items: list[list[Block]] = []
    for kind, group in groupby(blocks, lambda block: type(block) if isinstance(block, Text | Refusal) else None):
        row = list(group)
        if kind is None:
            items += [[block] for block in row]
            continue
        said = [one_text(block for block in row if isinstance(block, Text))] if kind is Text else row
        if items and isinstance(items[-1][0], Text | Refusal):
            items[-1] += said
        else:
            items.append([*said])
    return items


def read_part(part: Mapping[str, Any]) -> Text | Refusal:
    if part.get("type") == "refusal":
        return Refusal(as_text(part.get("refusal")))
    text = as_text(part.get("text"))
    citations = [citation for item in as_array(part.get("annotations")) if (citation := read_annotation(item))]
    within = tuple(replace(one, span=one.span and clamped(one.span, len(text))) for one in citations)
    return Text(text, citations=within, logprobs=read_tokens(part.get("logprobs")))
