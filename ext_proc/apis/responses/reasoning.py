"""Reasoning items: thinking, and the seal that carries it through a client to the next turn.

What another API calls a signature stands in `encrypted_content`. So does thinking that is sealed as a whole, with a
mark, as the two must not be confused when they come back.
Spec: https://platform.openai.com/docs/guides/reasoning#encrypted-reasoning-items
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ext_proc.apis.json_value import as_array, as_object, as_text
from ext_proc.chat import Effort, Thinking

EFFORTS: Mapping[str, Effort] = {
    "minimal": "minimal",
    "low": "low",
    "medium": "medium",
    "high": "high",
    "xhigh": "xhigh",
    "max": "max",
}
BETWEEN_PARAGRAPHS = "\n\n"

_REDACTED = "redacted_thinking:"


def read_thought(item: Mapping[str, Any]) -> Thinking | None:
    """None for an item that holds nothing but its id. The thinking itself, if it is there, goes before its summary."""
    shown = _text_of(item.get("content")) or _text_of(item.get("summary"))
    signature, redacted = read_seal(item)
    if not (shown or signature or redacted is not None):
        return None
    return Thinking(shown, signature, redacted)


def read_seal(item: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Signature and redacted thinking, of which there is one at most."""
    sealed = as_text(item.get("encrypted_content"))
    if sealed.startswith(_REDACTED):
        return None, sealed.removeprefix(_REDACTED)
    return sealed or None, None


def write_thought(thought: Thinking) -> dict[str, Any]:
    """An item without an id, as clients may send it."""
    summary = [{"type": "summary_text", "text": thought.text}] if thought.text else []
    return {"type": "reasoning", "summary": summary, "encrypted_content": _write_seal(thought)}


def _write_seal(thought: Thinking) -> str | None:
    return thought.signature if thought.redacted is None else _REDACTED + thought.redacted


def _text_of(parts: Any) -> str:
    texts = [as_text(as_object(part).get("text")) for part in as_array(parts)]
    return BETWEEN_PARAGRAPHS.join(text for text in texts if text)
