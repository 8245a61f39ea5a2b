"""Events of a streamed Responses answer, read to parts.

Spec: https://platform.openai.com/docs/api-reference/responses-streaming
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from ext_proc.apis.chat_completions.annotations import read_annotation
from ext_proc.apis.chat_completions.logprobs import read_tokens
from ext_proc.apis.citations import Span, TextPlace
from ext_proc.apis.joined import take_apart
from ext_proc.apis.json_value import as_array, as_object, as_text
from ext_proc.apis.responses.answer import read_finish, read_item, read_start, read_usage
from ext_proc.apis.responses.errors import read_failure
from ext_proc.apis.responses.reasoning import BETWEEN_PARAGRAPHS, read_seal
from ext_proc.parts import (
    Logprobs,
    Part,
    RefusalDelta,
    TextDelta,
    ThinkingDelta,
    ThinkingSignature,
    ToolUseDelta,
    ToolUseStart,
)

_TEXT = "response.output_text.delta"
_SUMMARY = "response.reasoning_summary_text.delta"


class EventReader:
    """Events to parts. An item of which no delta came is read when it is done."""

    def __init__(self) -> None:
        self._tools: dict[int, int] = {}
        self._told: dict[int, str] = {}
        """By item, the kind of event that told of it first: thinking may come as it is and as a summary."""
        self._place = TextPlace()
        self._starts: dict[tuple[int, int], int] = {}
        """By item and part of it, where in all the text it begins."""
        self._cited: set[int] = set()
        self._failed = False

    def read(self, event: Mapping[str, Any]) -> list[Part]:
        type_, index = as_text(event.get("type")), _index(event.get("output_index"))
        match type_:
            case "response.created":
                return [read_start(as_object(event.get("response")))]
            case "response.output_item.added":
                return self._read_added(index, as_object(event.get("item")))
            case "response.output_item.done":
                return self._read_done(index, as_object(event.get("item")))
            case "response.completed" | "response.incomplete":
                return self._read_end({"status": type_.removeprefix("response."), **as_object(event.get("response"))})
            case "response.failed":
                response = as_object(event.get("response"))
                return [*_read_usage(response), *self._read_failure(response)]
        if type_ == "error" or event.get("error"):
            return self._read_failure(event)
        return self._read_delta(type_, index, event)

    def _read_delta(self, type_: str, index: int, event: Mapping[str, Any]) -> list[Part]:
        delta = as_text(event.get("delta"))
        match type_:
            case "response.output_text.delta":
                return self._read_text(index, event)
            case "response.output_text.annotation.added":
                self._cited.add(index)
                return self._read_annotations(index, _index(event.get("content_index")), [event.get("annotation")])
            case "response.refusal.delta" if delta:
                self._told[index] = type_
                return self._fed(RefusalDelta(delta))
            case "response.reasoning_summary_text.delta" | "response.reasoning_text.delta" if delta:
                return self._fed(ThinkingDelta(delta)) if self._told.setdefault(index, type_) == type_ else []
            case "response.reasoning_summary_part.added" if self._told.get(index) == _SUMMARY:
                return self._fed(ThinkingDelta(BETWEEN_PARAGRAPHS))
            case "response.function_call_arguments.delta" if delta and index in self._tools:
                self._told[index] = type_
                return [ToolUseDelta(self._tools[index], delta)]
        return []

    def _read_text(self, index: int, event: Mapping[str, Any]) -> list[Part]:
        delta, tokens = as_text(event.get("delta")), read_tokens(event.get("logprobs"))
        self._starts.setdefault((index, _index(event.get("content_index"))), self._place.end)
        if delta:
            self._told[index] = _TEXT
        said = self._fed(TextDelta(delta)) if delta else []
        return [*said, Logprobs(tokens)] if tokens else said

    def _read_annotations(self, index: int, part: int, annotations: Iterable[Any]) -> list[Part]:
        """Those of a part of an item count from its beginning."""
        start = self._starts.get((index, part), self._place.end)
        found = [citation for item in annotations if (citation := read_annotation(item)) is not None]
        return self._fed(*[replace(one, span=one.span and self._within(start, *one.span)) for one in found])

    def _within(self, start: int, first: int, last: int) -> Span:
        return self._place.in_block(start + first, start + last)

    def _fed(self, *parts: Part) -> list[Part]:
        for part in parts:
            self._place.feed(part)
        return [*parts]

    def _read_added(self, index: int, item: Mapping[str, Any]) -> list[Part]:
        if item.get("type") != "function_call" or index in self._tools:
            return []
        number = self._tools[index] = len(self._tools)
        id_ = as_text(item.get("call_id")) or as_text(item.get("id"))
        return self._fed(ToolUseStart(number, id_, as_text(item.get("name"))))

    def _read_done(self, index: int, item: Mapping[str, Any]) -> list[Part]:
        type_ = item.get("type")
        if type_ == "function_call":
            return [*self._read_added(index, item), *self._read_arguments(index, item)]
        if index not in self._told:
            self._told[index] = "done"
            return take_apart(read_item(item), place=self._place)
        if type_ == "message" and index not in self._cited:
            contents = [as_object(part).get("annotations") for part in as_array(item.get("content"))]
            return [
                one for at, found in enumerate(contents) for one in self._read_annotations(index, at, as_array(found))
            ]
        signature, redacted = read_seal(item) if type_ == "reasoning" else (None, None)
        return [] if signature is redacted is None else self._fed(ThinkingSignature(signature, redacted))

    def _read_arguments(self, index: int, item: Mapping[str, Any]) -> list[Part]:
        arguments = as_text(item.get("arguments"))
        if index in self._told or not arguments:
            return []
        self._told[index] = "done"
        return [ToolUseDelta(self._tools[index], arguments)]

    def _read_end(self, response: Mapping[str, Any]) -> list[Part]:
        return [*read_finish(response, used_tools=bool(self._tools)), *_read_usage(response)]

    def _read_failure(self, members: Mapping[str, Any]) -> list[Part]:
        """Once: the event `error` and `response.failed` may both tell of it."""
        failed, self._failed = self._failed, True
        return [] if failed else [read_failure(members)]


def _index(value: Any) -> int:
    return value if isinstance(value, int) else 0


def _read_usage(response: Mapping[str, Any]) -> list[Part]:
    return read_usage(response.get("usage"), response.get("service_tier"))
