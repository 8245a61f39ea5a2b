"""Whole Messages answers, and what they share with streamed ones: ids, finish reasons, usage.

Spec: https://platform.claude.com/docs/en/api/messages/create
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ext_proc.apis.answer_id import shaped
from ext_proc.apis.citations import cited_pieces
from ext_proc.apis.error_body import load_answer
from ext_proc.apis.joined import join, take_apart
from ext_proc.apis.json_value import as_array, as_count, as_object, as_text, dump, dump_text
from ext_proc.apis.messages.citations import read_citations, write_citation
from ext_proc.apis.messages.errors import read_failure
from ext_proc.apis.messages.write import write_block, write_input
from ext_proc.chat import Block, Text, Thinking, ToolUse
from ext_proc.parts import Finish, FinishReason, Part, Start, UsageReport
from ext_proc.usage import Usage

ID_PREFIX = "msg_"

_FINISH_REASONS: Mapping[str, FinishReason] = {
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}
_TIERS: Mapping[str, str] = {"standard": "standard", "default": "standard", "priority": "priority", "batch": "batch"}
_STOP_REASONS: Mapping[FinishReason, str] = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "content_filter": "refusal",
}


def read_answer(body: bytes) -> list[Part]:
    """Raises `ProviderError` when the body is no answer."""
    members = load_answer(body, read_failure)
    blocks = [block for item in as_array(members.get("content")) if (block := _read_block(as_object(item))) is not None]
    return [
        read_start(members),
        *take_apart(blocks),
        *read_finish(members),
        *read_usage(members.get("usage")),
    ]


def write_answer(parts: Sequence[Part]) -> bytes:
    """Messages gives one answer: the first choice is taken."""
    whole = join(parts)
    choice = whole.choices[0]
    members = {
        "id": write_id(whole.start.id),
        "type": "message",
        "role": "assistant",
        "model": whole.start.model,
        "content": _write_blocks(choice.blocks),
        **write_finish(choice.finish, used_tools=any(isinstance(block, ToolUse) for block in choice.blocks)),
        "usage": write_usage(whole.usage or Usage()),
    }
    return dump(members)


# Shared with the stream


def read_start(members: Mapping[str, Any]) -> Start:
    return Start(as_text(members.get("id")), as_text(members.get("model")))


def read_finish(members: Mapping[str, Any]) -> list[Part]:
    reason = as_text(members.get("stop_reason"))
    sequence = as_text(members.get("stop_sequence")) or None
    return [Finish(_FINISH_REASONS.get(reason, "stop"), sequence)] if reason else []


def read_usage(value: Any) -> list[Part]:
    """Messages counts what was read from and written to a cache apart; our input includes it."""
    if not isinstance(value, dict) or not value:
        return []
    read = as_count(value.get("cache_read_input_tokens"))
    created = as_count(value.get("cache_creation_input_tokens"))
    usage = Usage(
        input_tokens=as_count(value.get("input_tokens")) + read + created,
        output_tokens=as_count(value.get("output_tokens")),
        cache_read_input_tokens=read,
        cache_creation_input_tokens=created,
        reasoning_output_tokens=as_count(as_object(value.get("output_tokens_details")).get("thinking_tokens")),
        cache_creation_1h_input_tokens=as_count(
            as_object(value.get("cache_creation")).get("ephemeral_1h_input_tokens")
        ),
        searches=as_count(as_object(value.get("server_tool_use")).get("web_search_requests")),
        service_tier="fast" if value.get("speed") == "fast" else as_text(value.get("service_tier")) or None,
    )
    return [UsageReport(usage)]


def write_id(id_: str) -> str:
    return shaped(id_, ID_PREFIX)


def write_finish(finish: Finish, *, used_tools: bool) -> dict[str, Any]:
    """Some providers say `stop` after tool uses; a client of Messages would not run the tools then."""
    if finish.reason == "stop" and finish.stop_sequence is not None:
        return {"stop_reason": "stop_sequence", "stop_sequence": finish.stop_sequence}
    reason: FinishReason = "tool_calls" if used_tools and finish.reason == "stop" else finish.reason
    return {"stop_reason": _STOP_REASONS[reason], "stop_sequence": None}


def write_usage(usage: Usage) -> dict[str, Any]:
    cached = usage.cache_read_input_tokens + usage.cache_creation_input_tokens
    members = {
        "input_tokens": max(0, usage.input_tokens - cached),
        "cache_creation_input_tokens": usage.cache_creation_input_tokens,
        "cache_read_input_tokens": usage.cache_read_input_tokens,
        "output_tokens": usage.output_tokens,
    }
    hour, searches = usage.cache_creation_1h_input_tokens, usage.searches
    minutes = max(0, usage.cache_creation_input_tokens - hour)
    details = {
        "output_tokens_details": {"thinking_tokens": usage.reasoning_output_tokens},
        "cache_creation": {"ephemeral_5m_input_tokens": minutes, "ephemeral_1h_input_tokens": hour},
        "server_tool_use": {"web_search_requests": searches, "web_fetch_requests": 0},
        "service_tier": _TIERS.get(usage.service_tier or ""),
    }
    counted = (usage.reasoning_output_tokens, hour, searches, _TIERS.get(usage.service_tier or ""))
    return members | {name: said for (name, said), told in zip(details.items(), counted, strict=True) if told}


# The message


def _read_block(block: Mapping[str, Any]) -> Block | None:
    match block.get("type"):
        case "text":
            return Text(as_text(block.get("text")), citations=read_citations(block.get("citations")))
        case "thinking":
            return Thinking(as_text(block.get("thinking")), as_text(block.get("signature")) or None)
        case "redacted_thinking":
            return Thinking(redacted=as_text(block.get("data")))
        case "tool_use":
            return ToolUse(as_text(block.get("id")), as_text(block.get("name")), dump_text(block.get("input", {})))
    return None


def _write_blocks(blocks: Iterable[Block]) -> list[dict[str, Any]]:
    cut = (piece for block in blocks for piece in (cited_pieces(block) if isinstance(block, Text) else (block,)))
    return [written for block in cut if (written := _write_block(block)) is not None]


def _write_block(block: Block) -> dict[str, Any] | None:
    """As in a request, but ids stay as they are, thinking may be unsigned, and text is cited."""
    match block:
        case Text(text, citations=cited) if cited:
            citations = [written for one in cited if (written := write_citation(one)) is not None]
            return {"type": "text", "text": text, "citations": citations or None}
        case ToolUse(id=id_, name=name, arguments=arguments):
            return {"type": "tool_use", "id": id_, "name": name, "input": write_input(arguments)}
        case Thinking(text, signature, None):
            return {"type": "thinking", "thinking": text, "signature": signature or ""}
    return write_block(block)
