"""Streamed Chat Completions answers: `data:` events of chunks, ended by `data: [DONE]`.

Spec: https://platform.openai.com/docs/api-reference/chat-streaming
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ext_proc.apis import sse
from ext_proc.apis.api import StreamObserver
from ext_proc.apis.chat_completions.answer import (
    read_content,
    read_finish,
    read_index,
    read_start,
    read_usage,
    write_id,
    write_thought,
    write_usage,
)
from ext_proc.apis.chat_completions.errors import read_failure, write_error
from ext_proc.apis.joined import take_apart
from ext_proc.apis.json_events import FilteredStream, JsonStreamReader, UntouchedStream
from ext_proc.apis.json_value import as_array, as_object, as_text, dump
from ext_proc.chat import Request, Thinking
from ext_proc.errors import ProviderError, TollkeeperError
from ext_proc.parts import (
    Finish,
    Part,
    RefusalDelta,
    Start,
    StreamFailure,
    TextDelta,
    ThinkingDelta,
    ThinkingSignature,
    ToolUseDelta,
    ToolUseStart,
    UsageReport,
)
from ext_proc.usage import Usage

DONE = sse.encode(b"[DONE]")


def stream_reader() -> JsonStreamReader:
    return JsonStreamReader(_ChunkReader().read)


def stream_writer(request: Request) -> Writer:
    return Writer(request)


def stream_observer(show_usage: bool) -> StreamObserver:  # noqa: FBT001  the one argument of Api.stream_observer
    if show_usage:
        return UntouchedStream(stream_reader())
    return FilteredStream(_ChunkReader().read, is_only_usage)


def is_only_usage(chunk: Mapping[str, Any]) -> bool:
    return chunk.get("choices") == [] and isinstance(chunk.get("usage"), dict)


# --- read -----------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _ReadChoice:
    """What must be remembered of one choice: whether its thinking was shown, and its tool uses."""

    thinking_shown: bool = False
    tools: list[_ReadTool] = field(default_factory=list)
    at: dict[int, _ReadTool] = field(default_factory=dict)


@dataclass(slots=True)
class _ReadTool:
    index: int
    id: str
    started: bool = False
    early: str = ""
    """Arguments that came before the name did."""


class _ChunkReader:
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
        return parts + read_usage(chunk.get("usage"))

    def _read_start(self, chunk: Mapping[str, Any]) -> list[Part]:
        """Azure begins with a chunk about its content filter, which has neither id nor choices."""
        if self._started or not (chunk.get("choices") or chunk.get("id")):
            return []
        self._started = True
        return [read_start(chunk)]

    def _read_choice(self, choice: Mapping[str, Any]) -> list[Part]:
        index = read_index(choice.get("index"))
        delta = as_object(choice.get("delta"))
        parts = self._read_delta(delta, index) if delta else []
        return parts + read_finish(choice, index)

    def _read_delta(self, delta: Mapping[str, Any], index: int) -> list[Part]:
        parts = self._read_thinking(delta, index)
        if isinstance(content := delta.get("content"), str):
            parts += [TextDelta(content, index)] if content else []
        else:
            parts += take_apart(read_content(content), index)
        if text := as_text(delta.get("refusal")):
            parts.append(RefusalDelta(text, index))
        if call := as_object(delta.get("function_call")):
            parts += self._read_call({"function": call}, 0, index)
        for at, call in enumerate(as_array(delta.get("tool_calls"))):
            parts += self._read_call(as_object(call), at, index)
        return parts

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
            tool.early += arguments
            return []
        parts: list[Part] = []
        if not tool.started:
            tool.started, arguments = True, tool.early + arguments
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
        return self._choices.setdefault(index, _ReadChoice())


# --- write ----------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _WrittenChoice:
    finished: bool = False
    thoughts: int = 0
    thinking: list[str] = field(default_factory=list)
    """The text of the thinking block that is not signed yet."""


class Writer:
    """Parts to chunks, for one answer."""

    def __init__(self, request: Request) -> None:
        self._include_usage = request.include_usage
        self._head = {"id": write_id(""), "object": "chat.completion.chunk", "created": 0, "model": request.model}
        self._choices: dict[int, _WrittenChoice] = {}
        self._usage: Usage | None = None
        self._ended = False

    def write(self, parts: Iterable[Part]) -> bytes:
        return b"".join([self._write(part) for part in parts if not self._ended])

    def finish(self) -> bytes:
        """A choice whose end never came was cut: it ends as `length`."""
        if self._ended:
            return b""
        begun = self._begin()
        cut = [index for index, choice in self._choices.items() if not choice.finished]
        finishes = [self._chunk(index, {}, "length") for index in cut]
        usage = self._usage_chunk() if self._include_usage and self._usage is not None else b""
        self._ended = True
        return b"".join([begun, *finishes, usage, DONE])

    def fail(self, error: TollkeeperError) -> bytes:
        if self._ended:
            return b""
        self._ended = True
        return sse.encode(write_error(error, None))

    def _write(self, part: Part) -> bytes:
        match part:
            case Start(id_, model, created):
                self._head |= {"id": write_id(id_), "created": created or 0, "model": model or self._head["model"]}
                return self._begin()
            case UsageReport(usage):
                self._usage = self._usage.merged(usage) if self._usage else usage
                return b""
            case StreamFailure(kind, message, code):
                return self.fail(ProviderError(message, kind=kind, code=code))
            case Finish(reason=reason, choice=choice):
                begun = self._begin(choice)
                known, self._choices[choice].finished = self._choices[choice].finished, True
                return begun if known else begun + self._chunk(choice, {}, reason)
        begun = self._begin(part.choice)
        delta = self._delta(part, self._choices[part.choice])
        return begun + self._chunk(part.choice, delta) if delta else begun

    def _begin(self, choice: int = 0) -> bytes:
        """All choices begin in order, as clients append them as they come."""
        new = range(len(self._choices), choice + 1)
        self._choices |= {index: _WrittenChoice() for index in new}
        return b"".join([self._chunk(index, {"role": "assistant", "content": None}) for index in new])

    def _delta(self, part: Part, choice: _WrittenChoice) -> dict[str, Any]:
        match part:
            case TextDelta(text):
                return {"content": text}
            case RefusalDelta(text):
                return {"refusal": text}
            case ThinkingDelta(text):
                choice.thinking.append(text)
                return {"reasoning_content": text}
            case ThinkingSignature():
                return {"thinking_blocks": [self._thought(part, choice)]}
            case ToolUseStart(index, id_, name):
                function = {"name": name, "arguments": ""}
                return {"tool_calls": [{"index": index, "id": id_, "type": "function", "function": function}]}
            case ToolUseDelta(index, arguments):
                return {"tool_calls": [{"index": index, "function": {"arguments": arguments}}]}
        return {}

    def _thought(self, seal: ThinkingSignature, choice: _WrittenChoice) -> dict[str, Any]:
        text = ""
        if seal.redacted is None:
            text = "".join(choice.thinking)
            choice.thinking.clear()
        index, choice.thoughts = choice.thoughts, choice.thoughts + 1
        return {"index": index, **write_thought(Thinking(text, seal.signature, seal.redacted))}

    def _chunk(self, index: int, delta: dict[str, Any], reason: str | None = None) -> bytes:
        choice = {"index": index, "delta": delta, "finish_reason": reason}
        return sse.encode(dump({**self._head, "choices": [choice]}))

    def _usage_chunk(self) -> bytes:
        assert self._usage is not None
        return sse.encode(dump({**self._head, "choices": [], "usage": write_usage(self._usage)}))
