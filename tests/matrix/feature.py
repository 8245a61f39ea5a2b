"""The shape of a feature, and the request of each API that one is said in.

`said` are the members that say it, in each API that can; `mark` is the pattern by which it is known at the provider.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

SCHEMA = {
    "type": "object",
    "properties": {"marked": {"type": "string"}},
    "required": ["marked"],
    "additionalProperties": False,
}
USER = {"role": "user", "content": "text"}


@dataclass(frozen=True, slots=True)
class Feature:
    name: str
    mark: str
    said: dict[str, dict[str, Any]]


BASES: dict[str, dict[str, Any]] = {
    "chat_completions": {"messages": [USER]},
    "responses": {"input": "text"},
    "messages": {"messages": [USER], "max_tokens": 3000},
    "generate_content": {"contents": [{"role": "user", "parts": [{"text": "text"}]}]},
    "converse": {"messages": [{"role": "user", "content": [{"text": "text"}]}]},
    "cohere_chat": {"messages": [USER]},
}
