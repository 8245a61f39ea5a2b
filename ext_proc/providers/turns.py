"""Turns of a conversation where a provider takes them otherwise than their API has it: roles, thoughts, call ids."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol


class Turns(Protocol):
    """`member` is where a request has them. What is no turn stays as it is: the provider will say what is wrong."""

    @property
    def member(self) -> str: ...

    def fitted(self, turns: Any) -> Any: ...


@dataclass(frozen=True, slots=True)
class Messages:
    """Those of Chat Completions. `roles` go by another name, and a turn of the `assistant` has these members only.

    Its thoughts are among its content. The ids of tool calls are letters and digits, `id_length` of them.
    """

    roles: Mapping[str, str]
    assistant: frozenset[str]
    id_length: int
    member: str = "messages"

    def fitted(self, turns: Any) -> Any:
        return [self._message(one) for one in turns] if isinstance(turns, list) else turns

    def _message(self, message: Any) -> Any:
        if not isinstance(message, dict):
            return message
        role = message.get("role")
        if role == "assistant":
            return self._assistant(message)
        if role == "tool" and "tool_call_id" in message:
            return {**message, "tool_call_id": self._id(message["tool_call_id"])}
        return {**message, "role": self.roles[role]} if isinstance(role, str) and role in self.roles else message

    def _assistant(self, message: dict[str, Any]) -> dict[str, Any]:
        kept = {name: value for name, value in message.items() if name in self.assistant}
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


@dataclass(frozen=True, slots=True)
class Contents:
    """Those of generateContent. `unnamed` are the parts that have no id; results then follow their calls in order."""

    unnamed: frozenset[str]
    member: str = "contents"

    def fitted(self, turns: Any) -> Any:
        return [self._content(one) for one in turns] if isinstance(turns, list) else self._content(turns)

    def _content(self, content: Any) -> Any:
        if not isinstance(content, dict) or not isinstance(content.get("parts"), list):
            return content
        return {**content, "parts": [self._part(part) for part in content["parts"]]}

    def _part(self, part: Any) -> Any:
        if not isinstance(part, dict):
            return part
        return {name: _without_id(value) if name in self.unnamed else value for name, value in part.items()}


CONTENTS_WITHOUT_IDS = Contents(frozenset(("functionCall", "function_call", "functionResponse", "function_response")))


def _without_id(value: Any) -> Any:
    return {name: one for name, one in value.items() if name != "id"} if isinstance(value, dict) else value


def _thinking(thought: str) -> dict[str, Any]:
    return {"type": "thinking", "thinking": [{"type": "text", "text": thought}]}


def _chunks(content: Any) -> list[Any]:
    if isinstance(content, list):
        return content
    return [{"type": "text", "text": content}] if isinstance(content, str) and content else []
