"""The items of a Responses request's `input`, read.

System and developer messages become `Request.system` wherever they stand. What the assistant said, thought and called
in a row is one message of ours, and so are the outputs of functions in a row. What is stored at OpenAI, or made by its
built-in tools, no other provider knows: it is refused.
Spec: https://platform.openai.com/docs/api-reference/responses/create#responses-create-input
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ext_proc.apis.chat_completions.files import read_audio, read_file
from ext_proc.apis.data_url import read_data_url
from ext_proc.apis.json_value import array, given, name, object_, one_of, text, wrong
from ext_proc.apis.responses.reasoning import read_thought
from ext_proc.chat import Block, Document, Image, Message, Refusal, Role, Text, Thinking, ToolResult, ToolUse
from ext_proc.errors import Unsupported

_SYSTEM = ("system", "developer")
_ROLE_OF_TURN: Mapping[str, Role] = {"user": "user", "tool": "user", "assistant": "assistant"}


def read_input(value: Any) -> tuple[tuple[Text, ...], tuple[Message, ...]]:
    if isinstance(value, str):
        return (), (Message("user", (Text(value),) if value else ()),)
    if not isinstance(value, list):
        raise wrong(value, "input", "a string or an array")
    system: list[Text] = []
    turns: list[tuple[str, list[Block]]] = []
    for at, item in enumerate(value):
        turn, blocks = _read_item(item, f"input[{at}]")
        if turn in _SYSTEM:
            system += blocks
        elif turns and turns[-1][0] == turn != "user":
            turns[-1][1].extend(blocks)
        else:
            turns.append((turn, blocks))
    return tuple(system), tuple(Message(_ROLE_OF_TURN[turn], tuple(blocks)) for turn, blocks in turns)


def _read_item(value: Any, path: str) -> tuple[str, list[Any]]:
    """The turn that it belongs to, and its blocks."""
    item = object_(value, path)
    kind = "message" if item.get("type") is None else name(item["type"], f"{path}.type")
    if kind == "message":
        turn = one_of(item.get("role"), f"{path}.role", _PARTS)
        return turn, _read_content(item.get("content"), f"{path}.content", _PARTS[turn])
    if kind == "item_reference":
        raise Unsupported("Only the provider that stored an item can refer to it; send the item itself.", param=path)
    if kind not in _ITEMS:
        raise Unsupported(f"`{path}` must be one of: message, {', '.join(_ITEMS)}.", param=f"{path}.type")
    turn, read = _ITEMS[kind]
    return turn, read(item, path)


def _read_call(item: Mapping[str, Any], path: str) -> list[ToolUse]:
    call = ToolUse(
        name(item.get("call_id"), f"{path}.call_id"),
        name(item.get("name"), f"{path}.name"),
        text(item.get("arguments"), f"{path}.arguments"),
    )
    return [call]


def _read_output(item: Mapping[str, Any], path: str) -> list[ToolResult]:
    content = _read_content(item.get("output"), f"{path}.output", _OUTPUT_PARTS)
    return [ToolResult(name(item.get("call_id"), f"{path}.call_id"), tuple(content))]


def _read_reasoning(item: Mapping[str, Any], path: str) -> list[Thinking]:
    for member in ("summary", "content"):
        for at, part in enumerate(given(array, item.get(member), f"{path}.{member}") or []):
            text(object_(part, f"{path}.{member}[{at}]").get("text"), f"{path}.{member}[{at}].text")
    given(text, item.get("encrypted_content"), f"{path}.encrypted_content")
    thought = read_thought(item)
    return [] if thought is None else [thought]


_ITEMS: Mapping[str, tuple[str, Callable[[Mapping[str, Any], str], list[Any]]]] = {
    "function_call": ("assistant", _read_call),
    "function_call_output": ("tool", _read_output),
    "reasoning": ("assistant", _read_reasoning),
}


# Content


def _read_content(value: Any, path: str, parts: Mapping[str, Any]) -> list[Any]:
    if isinstance(value, str):
        return [Text(value)] if value else []
    if not isinstance(value, list):
        raise wrong(value, path, "a string or an array")
    return [_read_part(part, f"{path}[{at}]", parts) for at, part in enumerate(value)]


def _read_part(value: Any, path: str, parts: Mapping[str, Any]) -> Block:
    part = object_(value, path)
    kind = name(part.get("type"), f"{path}.type")
    if kind not in parts:
        raise Unsupported(f"`{path}` must be one of: {', '.join(parts)}.", param=f"{path}.type")
    block: Block = parts[kind](part, path)
    return block


def _read_text(part: Mapping[str, Any], path: str) -> Text:
    return Text(text(part.get("text"), f"{path}.text"), _read_cache(part))


def _read_image(part: Mapping[str, Any], path: str) -> Image:
    if part.get("image_url") is None and part.get("file_id") is not None:
        raise Unsupported("Only the provider that stored a file can refer to it.", param=f"{path}.file_id")
    url = name(part.get("image_url"), f"{path}.image_url")
    detail = given(text, part.get("detail"), f"{path}.detail")
    found = read_data_url(url)
    if found is None:
        return Image(url=url, detail=detail, cache=_read_cache(part))
    media_type, data = found
    return Image(data=data, media_type=media_type, detail=detail, cache=_read_cache(part))


def _read_file(part: Mapping[str, Any], path: str) -> Document:
    url = given(name, part.get("file_url"), f"{path}.file_url")
    if url is None or part.get("file_data") is not None:
        return read_file(part, path, cache=_read_cache(part))
    return Document(url=url, name=given(text, part.get("filename"), f"{path}.filename"), cache=_read_cache(part))


def _read_refusal(part: Mapping[str, Any], path: str) -> Refusal:
    return Refusal(text(part.get("refusal"), f"{path}.refusal"))


_TEXT_PARTS = {"input_text": _read_text}
_OUTPUT_PARTS = {"input_text": _read_text, "input_image": _read_image, "input_file": _read_file}
_USER_PARTS = {**_OUTPUT_PARTS, "input_audio": read_audio}
_ASSISTANT_PARTS = {"output_text": _read_text, "input_text": _read_text, "refusal": _read_refusal}
_PARTS: Mapping[str, Mapping[str, Any]] = {
    "system": _TEXT_PARTS,
    "developer": _TEXT_PARTS,
    "user": _USER_PARTS,
    "assistant": _ASSISTANT_PARTS,
}


def _read_cache(part: Mapping[str, Any]) -> bool:
    return part.get("prompt_cache_breakpoint") is not None
