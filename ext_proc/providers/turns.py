"""Turns of Chat Completions, where a provider takes them otherwise: roles, thoughts, the ids of tool calls."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Turns:
    """`roles` go by another name there, and an assistant's turn has these `members` only; its thoughts are among its
    content. The ids of tool calls are letters and digits, `id_length` of them.
    """

    roles: Mapping[str, str]
    members: frozenset[str]
    id_length: int

    def fitted(self, messages: Any) -> Any:
        """The messages as the provider takes them; what is none stays as it is."""
        if not isinstance(messages, list):
            return messages
        return [self._fitted(message) if isinstance(message, dict) else message for message in messages]

    def _fitted(self, message: dict[str, Any]) -> dict[str, Any]:
        role = message.get("role")
        if role == "assistant":
            return self._assistant(message)
        if role == "tool" and "tool_call_id" in message:
            return {**message, "tool_call_id": self._id(message["tool_call_id"])}
        return {**message, "role": self.roles[role]} if isinstance(role, str) and role in self.roles else message

    def _assistant(self, message: dict[str, Any]) -> dict[str, Any]:
        kept = {name: value for name, value in message.items() if name in self.members}
        if isinstance(kept.get("tool_calls"), list):
            kept["tool_calls"] = [self._call(call) for call in kept["tool_calls"]]
        thought = message.get("reasoning_content")
        if isinstance(thought, str) and thought:
            kept["content"] = [_thinking(thought), *_chunks(message.get("content"))]
        return kept

    def _call(self, call: Any) -> Any:
        return {**call, "id": self._id(call["id"])} if isinstance(call, dict) and "id" in call else call

    def _id(self, id_: Any) -> Any:
        """The same for the same id, so that a result finds its call in whichever turn it stands."""
        if not isinstance(id_, str) or (len(id_) == self.id_length and id_.isascii() and id_.isalnum()):
            return id_
        return base64.b32encode(hashlib.sha256(id_.encode("utf-8", "surrogatepass")).digest())[
            : self.id_length
        ].decode()


def _thinking(thought: str) -> dict[str, Any]:
    return {"type": "thinking", "thinking": [{"type": "text", "text": thought}]}


def _chunks(content: Any) -> list[Any]:
    if isinstance(content, list):
        return content
    return [{"type": "text", "text": content}] if isinstance(content, str) and content else []
