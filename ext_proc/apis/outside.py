"""Input that a request brings in from elsewhere, so that nobody can bound its tokens by the bytes of the body.

Stored conversations, files by name or address, and tools that the provider runs itself. A hard limit on input refuses
such a call; a provider that speaks the client's API serves it where no such limit is to hold.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Outside:
    """One API's ways: top-level members, the tools that the client runs, and blocks that name a file."""

    members: tuple[str, ...]
    turns: str
    is_client_tool: Callable[[Mapping[str, Any]], bool]
    is_elsewhere: Callable[[Mapping[str, Any]], bool]

    def of(self, request: Mapping[str, Any]) -> str | None:
        """The name of the first member that brings in such input."""
        for member in self.members:
            if request.get(member):
                return member
        tools = request.get("tools")
        if isinstance(tools, list) and not all(self.is_client_tool(t) for t in tools if isinstance(t, dict)):
            return "tools"
        return self.turns if _any_block(request.get(self.turns), self.is_elsewhere) else None


def _any_block(value: Any, found: Callable[[Mapping[str, Any]], bool]) -> bool:
    """Looks into turns, their blocks, and the blocks of tool results; JSON this deep has been bounded before."""
    if isinstance(value, list):
        return any(_any_block(one, found) for one in value)
    if not isinstance(value, dict):
        return False
    return found(value) or any(_any_block(value.get(key), found) for key in ("content", "parts", "output"))


def _names_file(block: Mapping[str, Any]) -> bool:
    file = block.get("file")
    return block.get("type") == "file" and isinstance(file, dict) and "file_id" in file


def _names_document(block: Mapping[str, Any]) -> bool:
    source = block.get("source")
    return block.get("type") == "document" and isinstance(source, dict) and source.get("type") in ("url", "file")


def _is_file_elsewhere(item: Mapping[str, Any]) -> bool:
    return item.get("type") == "input_file" and bool(
        item.get("file_url") or item.get("file_id") or not item.get("file_data")
    )


CHAT_COMPLETIONS = Outside(
    ("web_search_options",),
    "messages",
    lambda tool: tool.get("type", "function") in ("function", "custom"),
    _names_file,
)
MESSAGES = Outside(
    ("mcp_servers", "container"),
    "messages",
    lambda tool: str(tool.get("type") or "custom").startswith(
        ("custom", "bash_", "text_editor_", "computer_", "memory_")
    ),
    _names_document,
)
COHERE_CHAT = Outside(
    (),
    "messages",
    lambda tool: tool.get("type", "function") == "function",
    lambda _block: False,
)
RESPONSES = Outside(
    ("previous_response_id", "conversation", "prompt", "background"),
    "input",
    lambda tool: tool.get("type", "function") in ("function", "custom"),
    lambda item: item.get("type") == "item_reference" or _is_file_elsewhere(item),
)
GENERATE_CONTENT = Outside(
    ("cachedContent", "cached_content"),
    "contents",
    lambda tool: tool.keys() <= {"functionDeclarations", "function_declarations"},
    lambda part: "fileData" in part or "file_data" in part,
)
