"""Reasoning items: thinking, and the seal that carries it through a client to the next turn.

Each seal goes back only to who made it. In the vocabulary, those of providers that speak Responses are marked; to their
clients, those of others are shown in `encrypted_content` with a mark.
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

MARK = "responses:"

_SIGNED = "signature:"
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
    if sealed.startswith(_SIGNED):
        return sealed.removeprefix(_SIGNED), None
    return MARK + sealed if sealed else None, None


def own_seal(thought: Thinking) -> str | None:
    """For a provider that speaks Responses."""
    signature = thought.signature or ""
    return signature.removeprefix(MARK) if signature.startswith(MARK) else None


def any_seal(thought: Thinking) -> str | None:
    """For a client of Responses, who sends it back to us."""
    if thought.redacted is not None:
        return _REDACTED + thought.redacted
    if thought.signature is None:
        return None
    return own_seal(thought) or _SIGNED + thought.signature


def write_thought(text: str, seal: str | None) -> dict[str, Any]:
    """An item without an id, as clients may send it."""
    summary = [{"type": "summary_text", "text": text}] if text else []
    return {"type": "reasoning", "summary": summary, "encrypted_content": seal}


def _text_of(parts: Any) -> str:
    texts = [as_text(as_object(part).get("text")) for part in as_array(parts)]
    return BETWEEN_PARAGRAPHS.join(text for text in texts if text)
