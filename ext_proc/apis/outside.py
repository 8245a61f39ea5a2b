"""Input that the bytes of a request do not bound.

Some of it goes into one prompt, so that the model's context window bounds it: stored conversations, files by name or
address, and documents and recordings in the body itself, whose bytes say nothing of their pages or seconds. Tools that
the provider runs have the model read again and again what nobody knows before: nothing bounds that. A hard limit on
input holds room for the whole window, or refuses; a provider that speaks the client's API serves both where no such
limit is to hold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ext_proc.apis.json_value import as_object

Attached = Callable[[Mapping[str, Any]], int | None]
"""The bytes of a block that is a document or a recording, none of them when it is elsewhere; None for other blocks."""


@dataclass(frozen=True, slots=True)
class Beyond:
    """The members that bring such input in, and the bytes of the body that are no text for it."""

    outside: str | None = None
    windowed: str | None = None
    attached_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Outside:
    """One API's ways: members without a bound, members that name stored input, the client's tools, and blocks."""

    members: tuple[str, ...]
    stored: tuple[str, ...]
    turns: str
    is_client_tool: Callable[[Mapping[str, Any]], bool]
    attached: Attached

    def of(self, request: Mapping[str, Any]) -> Beyond:
        sizes = list(_sizes(request.get(self.turns), self.attached))
        stored = next((member for member in self.stored if request.get(member)), None)
        return Beyond(self._unbounded(request), stored or (self.turns if sizes else None), sum(sizes))

    def _unbounded(self, request: Mapping[str, Any]) -> str | None:
        for member in self.members:
            if request.get(member):
                return member
        tools = request.get("tools")
        if isinstance(tools, list) and not all(self.is_client_tool(t) for t in tools if isinstance(t, dict)):
            return "tools"
        return None


_INNER = ("content", "parts", "output", "toolResult", "functionResponse", "function_response")


def _sizes(value: Any, attached: Attached) -> Iterator[int]:
    """Looks into turns, their blocks, and the blocks of tool results; JSON this deep has been bounded before."""
    if isinstance(value, list):
        for one in value:
            yield from _sizes(one, attached)
    elif isinstance(value, dict):
        size = attached(value)
        if size is not None:
            yield size
            return
        for key in _INNER:
            if key in value:
                yield from _sizes(value[key], attached)


def _length(value: Any) -> int:
    return len(value) if isinstance(value, str) else 0


def _in_chat_completions(part: Mapping[str, Any]) -> int | None:
    match part.get("type"):
        case "file":
            return _length(as_object(part.get("file")).get("file_data"))
        case "input_audio":
            return _length(as_object(part.get("input_audio")).get("data"))
        case "video_url" | "audio_url" | "document_url":
            return 0
    return None


def _in_messages(block: Mapping[str, Any]) -> int | None:
    source = block.get("source")
    if block.get("type") != "document" or not isinstance(source, dict) or source.get("type") in ("text", "content"):
        return None
    return _length(source.get("data"))


def _in_responses(item: Mapping[str, Any]) -> int | None:
    match item.get("type"):
        case "input_file":
            return _length(item.get("file_data"))
        case "input_audio":
            return _length(as_object(item.get("input_audio")).get("data")) or _length(item.get("data"))
        case "item_reference":
            return 0
    return None


def _in_generate_content(part: Mapping[str, Any]) -> int | None:
    """Images are counted apart, and text in base64 has more bytes than tokens."""
    if "fileData" in part or "file_data" in part:
        return 0
    inline = as_object(part.get("inlineData") or part.get("inline_data"))
    kind = inline.get("mimeType") or inline.get("mime_type")
    if not inline or (isinstance(kind, str) and kind.lower().startswith(("image/", "text/"))):
        return None
    return _length(inline.get("data"))


_TEXT_FORMATS = ("txt", "md", "csv", "html")


def _in_converse(block: Mapping[str, Any]) -> int | None:
    for kind in ("document", "video", "audio"):
        if isinstance(media := block.get(kind), dict):
            source = as_object(media.get("source"))
            is_text = media.get("format") in _TEXT_FORMATS and "s3Location" not in source
            return None if is_text or "text" in source or "content" in source else _length(source.get("bytes"))
    return None


CHAT_COMPLETIONS = Outside(
    ("web_search_options",),
    (),
    "messages",
    lambda tool: tool.get("type", "function") in ("function", "custom"),
    _in_chat_completions,
)
MESSAGES = Outside(
    ("mcp_servers", "container"),
    (),
    "messages",
    lambda tool: str(tool.get("type") or "custom").startswith(
        ("custom", "bash_", "text_editor_", "computer_", "memory_")
    ),
    _in_messages,
)
COHERE_CHAT = Outside((), (), "messages", lambda tool: tool.get("type", "function") == "function", lambda _block: None)
RESPONSES = Outside(
    ("prompt", "background"),
    ("previous_response_id", "conversation"),
    "input",
    lambda tool: tool.get("type", "function") in ("function", "custom"),
    _in_responses,
)
GENERATE_CONTENT = Outside(
    ("cachedContent", "cached_content"),
    (),
    "contents",
    lambda tool: tool.keys() <= {"functionDeclarations", "function_declarations"},
    _in_generate_content,
)
CONVERSE = Outside((), (), "messages", lambda _tool: True, _in_converse)
