"""Whole Completions answers. A refusal is written as text; thinking is left out, as clients would take it for text.

Spec: https://platform.openai.com/docs/api-reference/completions/object
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ext_proc.apis.answer_id import shaped
from ext_proc.apis.chat_completions.answer import read_finish, read_index, read_start, read_usage, write_usage
from ext_proc.apis.chat_completions.errors import read_failure
from ext_proc.apis.completions.logprobs import read_logprobs, write_logprobs
from ext_proc.apis.error_body import load_answer
from ext_proc.apis.joined import Choice, join
from ext_proc.apis.json_value import as_array, as_object, as_text, dump
from ext_proc.chat import Refusal, Text
from ext_proc.parts import FinishReason, Logprobs, Part, TextDelta

ID_PREFIX = "cmpl-"


def read_answer(body: bytes) -> list[Part]:
    """Raises `ProviderError` when the body is no answer."""
    members = load_answer(body, read_failure)
    parts: list[Part] = [read_start(members)]
    for at, item in enumerate(as_array(members.get("choices"))):
        parts += read_choice(item, at)
    return parts + read_usage(members.get("usage"))


def write_answer(parts: Sequence[Part]) -> bytes:
    whole = join(parts)
    members = {
        "id": write_id(whole.start.id),
        "object": "text_completion",
        "created": whole.start.created or 0,
        "model": whole.start.model,
        "choices": [_write_choice(choice) for choice in whole.choices],
    }
    return dump(members if whole.usage is None else {**members, "usage": write_usage(whole.usage)})


# Shared with the stream


def read_choice(value: Any, at: int = 0) -> list[Part]:
    """The text of a choice, whole or a piece of it, and its end."""
    choice = as_object(value)
    index, text = read_index(choice.get("index"), at), as_text(choice.get("text"))
    tokens = read_logprobs(choice.get("logprobs"))
    said: list[Part] = [TextDelta(text, index)] if text else []
    rated: list[Part] = [Logprobs(tokens, index)] if tokens else []
    return said + rated + read_finish(choice, index)


def write_id(id_: str) -> str:
    return shaped(id_, ID_PREFIX)


def write_choice(
    index: int, text: str, reason: FinishReason | None, logprobs: dict[str, Any] | None = None
) -> dict[str, Any]:
    """The format knows no tools, so that an answer which ends with one has stopped."""
    word = "stop" if reason == "tool_calls" else reason
    return {"text": text, "index": index, "logprobs": logprobs, "finish_reason": word}


def _write_choice(choice: Choice) -> dict[str, Any]:
    said = [block for block in choice.blocks if isinstance(block, Text | Refusal)]
    logprobs = write_logprobs(tuple(token for block in said for token in block.logprobs), 0)
    return write_choice(choice.finish.choice, "".join(block.text for block in said), choice.finish.reason, logprobs)
