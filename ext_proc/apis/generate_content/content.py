"""The conversation of a generateContent request, read.

Calls are matched with their responses by id where there is one, else by name and order, as older models name no ids.
Spec: https://ai.google.dev/api/caching#Content
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from ext_proc.apis.generate_content.media import read_file, read_inline
from ext_proc.apis.generate_content.signature import read_signature
from ext_proc.apis.generate_content.spelling import camel, listed, member
from ext_proc.apis.json_value import boolean, dump_text, given, name, object_, one_of, text, wrong
from ext_proc.chat import Audio, Block, Document, Image, Message, Role, Text, Thinking, ToolResult, ToolUse
from ext_proc.errors import Unsupported

_ROLES: Mapping[str, Role] = {"user": "user", "model": "assistant", "function": "user"}


def read_contents(contents: list[Any]) -> tuple[Message, ...]:
    """Raises `Malformed` for a wrong type and `Unsupported` for content that the vocabulary does not know."""
    reader = _Reader()
    return tuple(reader.message(content, f"contents[{at}]") for at, content in enumerate(contents))


def read_texts(value: Any, path: str) -> tuple[Text, ...]:
    """Of the system instruction."""
    parts = listed(object_(value, path).get("parts"), f"{path}.parts")
    paths = [f"{path}.parts[{at}]" for at in range(len(parts))]
    texts = [text(object_(part, at).get("text"), f"{at}.text") for part, at in zip(parts, paths, strict=True)]
    return tuple(Text(said) for said in texts if said)


class _Calls:
    """The ids of calls, given or made, and which calls have no response yet."""

    def __init__(self) -> None:
        self._count = 0
        self._open: dict[str, OrderedDict[str, None]] = {}

    def call(self, id_: str | None, name_: str) -> str:
        known = id_ or f"call_{self._count}"
        self._count += 1
        self._open.setdefault(name_, OrderedDict())[known] = None
        return known

    def response(self, id_: str | None, name_: str) -> str:
        waiting = self._open.get(name_)
        if id_ is not None and waiting is not None:
            waiting.pop(id_, None)
        if id_ is not None:
            return id_
        return waiting.popitem(last=False)[0] if waiting else f"call_of_{name_}"


class _Reader:
    """Reads one conversation."""

    def __init__(self) -> None:
        self._calls = _Calls()
        self._kinds: Mapping[str, Callable[[Any, str], Block]] = {
            "text": _read_text,
            "inlineData": read_inline,
            "fileData": read_file,
            "functionCall": self._read_call,
            "functionResponse": self._read_response,
        }

    def message(self, value: Any, path: str) -> Message:
        content = object_(value, path)
        role = one_of(content.get("role") or "user", f"{path}.role", _ROLES)
        blocks: list[Block] = []
        for at, part in enumerate(listed(content.get("parts"), f"{path}.parts")):
            for block in self._read_part(part, f"{path}.parts[{at}]"):
                _append(blocks, block)
        return Message(_ROLES[role], tuple(blocks))

    def _read_part(self, value: Any, path: str) -> list[Block]:
        part = object_(value, path)
        signature = given(text, member(part, "thoughtSignature", path), f"{path}.thoughtSignature")
        seal: list[Block] = [thought] if (thought := read_signature(signature or "")) else []
        block = self._read_block(part, path)
        if block is None:
            return seal
        return [*seal, block] if isinstance(block, ToolUse) else [block, *seal]

    def _read_block(self, part: Mapping[str, Any], path: str) -> Block | None:
        for kind, read in self._kinds.items():
            if (value := member(part, kind, path)) is not None:
                block = read(value, f"{path}.{kind}")
                return _thought(block, part, path) if isinstance(block, Text) else block
        if member(part, "thoughtSignature", path) is not None:
            return None
        raise _unknown(part, path, self._kinds)

    def _read_call(self, value: Any, path: str) -> ToolUse:
        call = object_(value, path)
        called = name(call.get("name"), f"{path}.name")
        id_ = given(text, call.get("id"), f"{path}.id") or None
        arguments = given(object_, call.get("args"), f"{path}.args") or {}
        return ToolUse(self._calls.call(id_, called), called, dump_text(arguments))

    def _read_response(self, value: Any, path: str) -> ToolResult:
        response = object_(value, path)
        called = name(response.get("name"), f"{path}.name")
        id_ = given(text, response.get("id"), f"{path}.id") or None
        said, is_error = _read_output(object_(response.get("response"), f"{path}.response"))
        parts = given(listed, response.get("parts"), f"{path}.parts") or []
        media = [_read_media(part, f"{path}.parts[{at}]") for at, part in enumerate(parts)]
        return ToolResult(self._calls.response(id_, called), (*said, *media), is_error)


def _append(blocks: list[Block], block: Block) -> None:
    """A seal without thinking of its own closes the thinking before it."""
    last = blocks[-1] if blocks else None
    if isinstance(block, Thinking) and not block.text and block.redacted is None:
        if isinstance(last, Thinking) and last.signature is None and last.redacted is None:
            blocks[-1] = Thinking(last.text, block.signature)
            return
    elif isinstance(block, Text | Thinking) and not block.text and not _sealed(block):
        return
    blocks.append(block)


def _sealed(block: Text | Thinking) -> bool:
    return isinstance(block, Thinking) and (block.signature is not None or block.redacted is not None)


def _thought(block: Text, part: Mapping[str, Any], path: str) -> Block:
    return Thinking(block.text) if given(boolean, part.get("thought"), f"{path}.thought") else block


def _unknown(part: Mapping[str, Any], path: str, kinds: Mapping[str, Any]) -> Exception:
    """Names what the part holds, be it `executableCode` or what is yet to come."""
    held = next((camel(key) for key, value in part.items() if isinstance(value, dict)), None)
    allowed = ", ".join(kinds)
    if held is None:
        return wrong(part, path, f"an object with one of: {allowed}")
    return Unsupported(f"`{path}` must hold one of: {allowed}.", param=f"{path}.{held[:64]}")


def _read_text(value: Any, path: str) -> Text:
    return Text(text(value, path))


def _read_media(value: Any, path: str) -> Image | Document:
    """Of a response. Nothing takes sound there."""
    part = object_(value, path)
    inline = member(part, "inlineData", path)
    if inline is None:
        return read_file(member(part, "fileData", path), f"{path}.fileData")
    media = read_inline(inline, f"{path}.inlineData")
    if isinstance(media, Audio):
        raise Unsupported("A function can return only text, images and documents.", param=f"{path}.inlineData.mimeType")
    return media


def _read_output(response: Mapping[str, Any]) -> tuple[tuple[Text, ...], bool]:
    """What a function said stands in `output` or `error` by custom; else the whole object is what it said."""
    match response:
        case {"output": str() as said, **others} if not others:
            return ((Text(said),) if said else ()), False
        case {"error": str() as said, **others} if not others:
            return ((Text(said),) if said else ()), True
        case {"output": [str(), str(), *_] as texts, **others} if not others and _are_texts(texts):
            return tuple(Text(said) for said in texts), False
    return (Text(dump_text(response)),), False


def _are_texts(values: list[Any]) -> bool:
    return all(isinstance(value, str) and value for value in values)


def write_output(texts: list[str], *, is_error: bool) -> dict[str, Any]:
    """The reverse of the above."""
    if is_error:
        return {"error": "\n".join(texts)}
    match texts:
        case [said] if (whole := _object(said)) is not None:
            return whole
        case [] | [_]:
            return {"output": "".join(texts)}
    return {"output": [said for said in texts if said]}


def _object(said: str) -> dict[str, Any] | None:
    """The object that this text is, if the reverse gives the very same text."""
    if not said.startswith("{"):
        return None
    try:
        value = orjson.loads(said)
    except ValueError:
        return None
    said_apart = isinstance(value, dict) and set(value) in ({"output"}, {"error"})
    return value if isinstance(value, dict) and not said_apart and dump_text(value) == said else None
