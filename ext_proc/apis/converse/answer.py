"""Whole Converse answers, and what they share with streamed ones: finish reasons, usage.

They name neither themselves nor their model.
Spec: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html#API_runtime_Converse_ResponseSyntax
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ext_proc.apis.citations import cited_pieces
from ext_proc.apis.converse.citations import read_citations, write_citation
from ext_proc.apis.converse.errors import read_failure
from ext_proc.apis.converse.reasoning import read_redacted, write_thought
from ext_proc.apis.error_body import load_answer, message_of
from ext_proc.apis.joined import join, take_apart
from ext_proc.apis.json_value import as_array, as_count, as_object, as_text, dump, dump_text
from ext_proc.apis.messages.write import write_input
from ext_proc.chat import Block, Refusal, Text, Thinking, ToolUse
from ext_proc.errors import ProviderError
from ext_proc.parts import Finish, FinishReason, Part, Start, UsageReport
from ext_proc.usage import Usage

_TIERS = ("default", "flex", "priority", "reserved")
METRICS = {"latencyMs": 0}
"""The format demands it; how long the provider took is not ours to tell."""

_FINISH_REASONS: Mapping[str, FinishReason] = {
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "guardrail_intervened": "content_filter",
    "content_filtered": "content_filter",
}
_STOP_REASONS: Mapping[FinishReason, str] = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "content_filter": "content_filtered",
}


def read_answer(body: bytes) -> list[Part]:
    """Raises `ProviderError` when the body is no answer."""
    members = load_answer(body, read_failure)
    if "output" not in members:
        raise ProviderError(message_of(members) or "The provider's answer is empty.", kind=read_failure(members).kind)
    message = as_object(as_object(members["output"]).get("message"))
    blocks = [_read_block(as_object(block)) for block in as_array(message.get("content"))]
    return [
        Start("", ""),
        *take_apart(block for block in blocks if block is not None),
        *read_finish(members),
        *read_usage(members),
    ]


def write_answer(parts: Sequence[Part]) -> bytes:
    """Converse gives one answer: the first choice is taken."""
    whole = join(parts)
    choice = whole.choices[0]
    members = {
        "output": {"message": {"role": "assistant", "content": _write_blocks(choice.blocks)}},
        **write_finish(choice.finish, used_tools=any(isinstance(block, ToolUse) for block in choice.blocks)),
        "usage": write_usage(whole.usage or Usage()),
        "metrics": METRICS,
        **write_tier(whole.usage or Usage()),
    }
    return dump(members)


# Shared with the stream


def read_finish(members: Mapping[str, Any]) -> list[Part]:
    """Which sequence stopped it is told only to a client that asked for that field of the model."""
    reason = as_text(members.get("stopReason"))
    sequence = as_text(as_object(members.get("additionalModelResponseFields")).get("stop_sequence")) or None
    return [Finish(_FINISH_REASONS.get(reason, "stop"), sequence)] if reason else []


def read_usage(members: Mapping[str, Any]) -> list[Part]:
    """Converse counts what was read from and written to a cache apart; our input includes it."""
    value = as_object(members.get("usage"))
    if not value:
        return []
    hours = [as_object(one) for one in as_array(value.get("cacheDetails")) if as_object(one).get("ttl") == "1h"]
    read, created = as_count(value.get("cacheReadInputTokens")), as_count(value.get("cacheWriteInputTokens"))
    usage = Usage(
        input_tokens=as_count(value.get("inputTokens")) + read + created,
        output_tokens=as_count(value.get("outputTokens")),
        cache_read_input_tokens=read,
        cache_creation_input_tokens=created,
        cache_creation_1h_input_tokens=sum(as_count(one.get("inputTokens")) for one in hours),
        service_tier=as_text(as_object(members.get("serviceTier")).get("type")) or None,
    )
    return [UsageReport(usage)]


def write_finish(finish: Finish, *, used_tools: bool) -> dict[str, Any]:
    """Some providers say `stop` after tool uses; a client of Converse would not run the tools then."""
    if finish.reason == "stop" and finish.stop_sequence is not None:
        fields = {"stop_sequence": finish.stop_sequence}
        return {"stopReason": "stop_sequence", "additionalModelResponseFields": fields}
    reason: FinishReason = "tool_calls" if used_tools and finish.reason == "stop" else finish.reason
    return {"stopReason": _STOP_REASONS[reason]}


def write_usage(usage: Usage) -> dict[str, Any]:
    cached = usage.cache_read_input_tokens + usage.cache_creation_input_tokens
    members = {
        "inputTokens": max(0, usage.input_tokens - cached),
        "outputTokens": usage.output_tokens,
        "totalTokens": usage.total_tokens,
        "cacheReadInputTokens": usage.cache_read_input_tokens,
        "cacheWriteInputTokens": usage.cache_creation_input_tokens,
    }
    hour = usage.cache_creation_1h_input_tokens
    minutes = max(0, usage.cache_creation_input_tokens - hour)
    details = [{"ttl": "1h", "inputTokens": hour}, {"ttl": "5m", "inputTokens": minutes}]
    return {**members, "cacheDetails": [one for one in details if one["inputTokens"]]} if hour else members


def write_tier(usage: Usage) -> dict[str, Any]:
    """The tier that served, where Converse has a word for it."""
    word = "default" if usage.service_tier == "standard" else usage.service_tier
    return {"serviceTier": {"type": word}} if word in _TIERS else {}


# The message


def _read_block(block: Mapping[str, Any]) -> Block | None:
    match block:
        case {"text": str(text)}:
            return Text(text)
        case {"toolUse": dict(use)} if not use.get("type"):
            return ToolUse(as_text(use.get("toolUseId")), as_text(use.get("name")), dump_text(use.get("input", {})))
        case {"reasoningContent": {"redactedContent": str(data)}}:
            return Thinking(redacted=read_redacted(data))
        case {"reasoningContent": {"reasoningText": dict(thought)}}:
            return Thinking(as_text(thought.get("text")), as_text(thought.get("signature")) or None)
        case {"citationsContent": dict(cited)}:
            text = "".join(as_text(as_object(part).get("text")) for part in as_array(cited.get("content")))
            return Text(text, citations=read_citations(cited.get("citations")))
    return None


def _write_blocks(blocks: Iterable[Block]) -> list[dict[str, Any]]:
    cut = (piece for block in blocks for piece in (cited_pieces(block) if isinstance(block, Text) else (block,)))
    return [written for block in cut if (written := _write_block(block)) is not None]


def _write_block(block: Block) -> dict[str, Any] | None:
    """As in a request, but ids stay as they are and thinking may be unsigned."""
    match block:
        case Text(text, citations=cited) if cited:
            return {"citationsContent": {"content": [{"text": text}], "citations": [write_citation(c) for c in cited]}}
        case Text(text) | Refusal(text):
            return {"text": text}
        case Thinking():
            return write_thought(block)
        case ToolUse(id=id_, name=name, arguments=arguments):
            return {"toolUse": {"toolUseId": id_, "name": name, "input": write_input(arguments)}}
    return None
