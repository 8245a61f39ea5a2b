"""Whole answers of Cohere's Chat, and what they share with streamed ones: finish reasons, log probabilities.

They name no model. The seals of other providers' thinking stand beside it, so that a client that sends the message back
keeps them. Spec: https://docs.cohere.com/reference/chat
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ext_proc.apis.cohere_chat.citations import read_citations, write_citation
from ext_proc.apis.cohere_chat.errors import KINDS, read_failure
from ext_proc.apis.cohere_usage import read_usage, write_usage
from ext_proc.apis.error_body import load_answer, message_of
from ext_proc.apis.joined import Choice, join, take_apart
from ext_proc.apis.json_value import as_array, as_object, as_text, dump
from ext_proc.chat import Block, Refusal, Text, Thinking, ToolUse
from ext_proc.errors import ProviderError
from ext_proc.parts import Citation, Finish, FinishReason, Part, Start, TokenLogprob

_FINISH_REASONS: Mapping[str, FinishReason] = {
    "MAX_TOKENS": "length",
    "TOOL_CALL": "tool_calls",
    "ERROR_TOXIC": "content_filter",
}
_WORDS: Mapping[FinishReason, str] = {
    "stop": "COMPLETE",
    "length": "MAX_TOKENS",
    "tool_calls": "TOOL_CALL",
    "content_filter": "ERROR_TOXIC",
}


def read_answer(body: bytes) -> list[Part]:
    """Raises `ProviderError` when the body is no answer."""
    members = load_answer(body, read_failure)
    message = as_object(members.get("message"))
    if isinstance(members.get("message"), str):  # an error under a good status
        raise ProviderError(message_of(members))
    tokens = [token for item in as_array(members.get("logprobs")) for token in read_logprobs(item)]
    return [
        Start(as_text(members.get("id")), ""),
        *take_apart(_read_message(message, tuple(tokens))),
        *read_finish(members),
        *read_usage(members.get("usage")),
    ]


def write_answer(parts: Sequence[Part]) -> bytes:
    """Cohere gives one answer: the first choice is taken."""
    whole = join(parts)
    choice = whole.choices[0]
    calls = [write_call(block) for block in choice.blocks if isinstance(block, ToolUse)]
    content = _write_content(choice.blocks)
    tokens = [token for block in choice.blocks if isinstance(block, Text | Refusal) for token in block.logprobs]
    extras = {
        "content": content if content or not calls else None,
        "tool_calls": calls or None,
        "citations": _write_citations(choice, len(content) - 1) or None,
    }
    members = {
        "id": whole.start.id,
        "finish_reason": write_finish(choice.finish, used_tools=bool(calls)),
        "message": {"role": "assistant", **_given(extras)},
        "usage": None if whole.usage is None else write_usage(whole.usage),
        "logprobs": [write_logprob(token) for token in tokens] or None,
    }
    return dump(_given(members))


# Shared with the stream


def read_finish(members: Mapping[str, Any]) -> list[Part]:
    """Which stop sequence was met is not told."""
    reason = as_text(members.get("finish_reason"))
    if reason in KINDS:
        return [read_failure(members)]
    return [Finish(_FINISH_REASONS.get(reason, "stop"))] if reason else []


def read_logprobs(value: Any) -> list[TokenLogprob]:
    """A piece of text may be several tokens, which only together have a text: so they have a probability."""
    members = as_object(value)
    rates = [rate for rate in as_array(members.get("logprobs")) if isinstance(rate, int | float)]
    return [TokenLogprob(as_text(members.get("text")), sum(rates))] if rates else []


def write_finish(finish: Finish, *, used_tools: bool) -> str:
    """Some providers say `stop` after tool uses; a client would not run the tools then."""
    if finish.reason == "stop" and finish.stop_sequence is not None:
        return "STOP_SEQUENCE"
    return _WORDS["tool_calls" if used_tools and finish.reason == "stop" else finish.reason]


def write_logprob(token: TokenLogprob) -> dict[str, Any]:
    """Other providers do not tell the ids of tokens."""
    return {"text": token.token, "token_ids": [], "logprobs": [token.logprob]}


def write_call(use: ToolUse) -> dict[str, Any]:
    return {"id": use.id, "type": "function", "function": {"name": use.name, "arguments": use.arguments}}


def write_seal(signature: str | None, redacted: str | None) -> dict[str, str]:
    return _given({"signature": signature, "redacted": redacted})


# The message


def _read_message(message: Mapping[str, Any], tokens: tuple[TokenLogprob, ...]) -> list[Block]:
    citations = [one for item in as_array(message.get("citations")) for one in read_citations(item)]
    content = [_read_block(as_object(item), tuple(citations), tokens) for item in as_array(message.get("content"))]
    plan = as_text(message.get("tool_plan"))
    return [*content, *([Text(plan)] if plan else []), *_read_calls(message)]


def _read_block(block: Mapping[str, Any], citations: tuple[Citation, ...], tokens: tuple[TokenLogprob, ...]) -> Block:
    """There is one text, which all that is told of an answer is about."""
    if block.get("type") != "thinking":
        return Text(as_text(block.get("text")), citations=citations, logprobs=tokens)
    seal = as_text(block.get("signature")) or None, as_text(block.get("redacted")) or None
    return Thinking(as_text(block.get("thinking")), *seal)


def _read_calls(message: Mapping[str, Any]) -> list[Block]:
    calls = [as_object(call) for call in as_array(message.get("tool_calls"))]
    return [_read_call(call, as_object(call.get("function")), at) for at, call in enumerate(calls)]


def _read_call(call: Mapping[str, Any], function: Mapping[str, Any], at: int) -> ToolUse:
    id_ = as_text(call.get("id")) or f"call_{at}"
    return ToolUse(id_, as_text(function.get("name")), as_text(function.get("arguments")))


def _write_content(blocks: Iterable[Block]) -> list[dict[str, Any]]:
    """All text is one block, behind the thinking."""
    thoughts = [_write_thought(block) for block in blocks if isinstance(block, Thinking)]
    text = _text_of(blocks)
    return [*thoughts, {"type": "text", "text": text}] if text else thoughts


def _write_thought(thought: Thinking) -> dict[str, Any]:
    return {"type": "thinking", "thinking": thought.text, **write_seal(thought.signature, thought.redacted)}


def _text_of(blocks: Iterable[Block]) -> str:
    return "".join(block.text for block in blocks if isinstance(block, Text | Refusal))


def _write_citations(choice: Choice, index: int) -> list[dict[str, Any]]:
    text, begun = _text_of(choice.blocks), 0
    written: list[dict[str, Any]] = []
    for block in choice.blocks:
        if not isinstance(block, Text | Refusal):
            continue
        for citation in block.citations if isinstance(block, Text) else ():
            start, end = citation.span or (0, len(block.text))
            span = (start + begun, end + begun)
            written.append(write_citation(citation, span, text[slice(*span)], index))
        begun += len(block.text)
    return written


def _given(members: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in members.items() if value is not None}
