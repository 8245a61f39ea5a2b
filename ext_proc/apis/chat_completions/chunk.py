"""Chunks of a streamed Chat Completions answer, read to parts.

Spec: https://platform.openai.com/docs/api-reference/chat-streaming
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ext_proc.apis.chat_completions.answer import (
    read_citations,
    read_content,
    read_finish,
    read_index,
    read_rated,
    read_start,
    read_usage,
)
from ext_proc.apis.chat_completions.errors import read_failure
from ext_proc.apis.citations import TextPlace
from ext_proc.apis.joined import take_apart
from ext_proc.apis.json_value import as_array, as_object, as_text
from ext_proc.parts import Part, RefusalDelta, TextDelta, ThinkingDelta, ThinkingSignature, ToolUseDelta, ToolUseStart


@dataclass(slots=True)
class _ReadChoice:
    """What must be remembered of one choice: whether its thinking was shown, its tool uses, and where its text is."""

    thinking_shown: bool = False
    place: TextPlace = field(default_factory=TextPlace)
    tools: list[_ReadTool] = field(default_factory=list)
    at: dict[int, _ReadTool] = field(default_factory=dict)


@dataclass(slots=True)
class _ReadTool:
    index: int
    id: str
    started: bool = False
    early: list[str] = field(default_factory=list)
    """Arguments that came before the name did."""


class ChunkReader:
    """Chunks to parts."""

    def __init__(self) -> None:
        self._started = False
        self._choices: dict[int, _ReadChoice] = {}

    def read(self, chunk: Mapping[str, Any]) -> list[Part]:
        if chunk.get("error"):
            return [read_failure(chunk)]
        parts = self._read_start(chunk)
        for item in as_array(chunk.get("choices")):
            parts += self._read_choice(as_object(item))
        return parts + read_usage(chunk.get("usage"), chunk.get("service_tier"))

    def _read_start(self, chunk: Mapping[str, Any]) -> list[Part]:
        """Azure begins with a chunk about its content filter, which has neither id nor choices."""
        if self._started or not (chunk.get("choices") or chunk.get("id")):
            return []
        self._started = True
        return [read_start(chunk)]

    def _read_choice(self, choice: Mapping[str, Any]) -> list[Part]:
        index = read_index(choice.get("index"))
        parts = self._read_delta(as_object(choice.get("delta")), as_object(choice.get("logprobs")), index)
        return parts + read_finish(choice, index)

    def _read_delta(self, delta: Mapping[str, Any], logprobs: Mapping[str, Any], index: int) -> list[Part]:
        """What says of the text comes with it, or once it is said."""
        place = self._choice(index).place
        parts = self._read_thinking(delta, index)
        text = _read_text(delta.get("content"), index)
        for part in (*parts, *text):
            place.feed(part)
        rates_text = logprobs and (text or not (parts or delta.get("tool_calls")))
        parts += text
        if rates_text:
            parts += read_rated(logprobs.get("content"), index)
        if annotations := delta.get("annotations"):
            parts += read_citations(annotations, place, index)
        others = [*_read_refusal(delta, logprobs, index), *self._read_calls(delta, index)]
        for part in others:
            place.feed(part)
        return parts + others

    def _read_calls(self, delta: Mapping[str, Any], index: int) -> list[Part]:
        called = as_object(delta.get("function_call"))
        calls = [{"function": called}] if called else as_array(delta.get("tool_calls"))
        return [part for at, call in enumerate(calls) for part in self._read_call(as_object(call), at, index)]

    def _read_thinking(self, delta: Mapping[str, Any], index: int) -> list[Part]:
        parts: list[Part] = []
        if text := as_text(delta.get("reasoning_content")) or as_text(delta.get("reasoning")):
            self._choice(index).thinking_shown = True
            parts.append(ThinkingDelta(text, index))
        for block in as_array(delta.get("thinking_blocks")):
            parts += self._read_thought(as_object(block), index)
        return parts

    def _read_thought(self, block: Mapping[str, Any], index: int) -> list[Part]:
        """A block repeats the text that was shown before it, for the client to send back whole."""
        if block.get("type") == "redacted_thinking":
            return [ThinkingSignature(redacted=as_text(block.get("data")), choice=index)]
        choice, text, signature = self._choice(index), as_text(block.get("thinking")), as_text(block.get("signature"))
        parts: list[Part] = [ThinkingDelta(text, index)] if text and not choice.thinking_shown else []
        if signature:
            choice.thinking_shown = False
            parts.append(ThinkingSignature(signature, choice=index))
        return parts

    def _read_call(self, call: Mapping[str, Any], at: int, index: int) -> list[Part]:
        function = as_object(call.get("function"))
        name, arguments = as_text(function.get("name")), as_text(function.get("arguments"))
        tool = self._tool(call, read_index(call.get("index"), at), name, index)
        if not tool.started and not name:
            tool.early.append(arguments)
            return []
        parts: list[Part] = []
        if not tool.started:
            tool.started, arguments = True, "".join([*tool.early, arguments])
            parts.append(ToolUseStart(tool.index, tool.id, name, index))
        return [*parts, ToolUseDelta(tool.index, arguments, index)] if arguments else parts

    def _tool(self, call: Mapping[str, Any], at: int, name: str, index: int) -> _ReadTool:
        """Some providers send every call under index 0: another id with a name is another call."""
        choice, id_ = self._choice(index), as_text(call.get("id"))
        tool = choice.at.get(at)
        if tool is None or (tool.started and name and id_ and id_ != tool.id):
            number = len(choice.tools)
            tool = choice.at[at] = _ReadTool(number, id_ or f"call_{number}")
            choice.tools.append(tool)
        elif not tool.started and id_:
            tool.id = id_
        return tool

    def _choice(self, index: int) -> _ReadChoice:
        choice = self._choices.get(index)
        if choice is None:
            choice = self._choices[index] = _ReadChoice()
        return choice


def _read_text(content: Any, index: int) -> list[Part]:
    if isinstance(content, str):
        return [TextDelta(content, index)] if content else []
    return take_apart(read_content(content), index) if content else []


def _read_refusal(delta: Mapping[str, Any], logprobs: Mapping[str, Any], index: int) -> list[Part]:
    text = as_text(delta.get("refusal"))
    return [RefusalDelta(text, index), *read_rated(logprobs.get("refusal"), index)] if text else []
