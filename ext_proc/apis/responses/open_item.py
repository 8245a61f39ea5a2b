"""One item of a streamed answer while it grows, and the events that tell of it.

Spec: https://platform.openai.com/docs/api-reference/responses-streaming
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ext_proc.apis.chat_completions.annotations import write_annotation
from ext_proc.apis.chat_completions.logprobs import Tokens, write_tokens
from ext_proc.apis.citations import TextPlace
from ext_proc.apis.responses.answer import write_item, write_part
from ext_proc.chat import Block, Refusal, Text, Thinking, ToolUse
from ext_proc.parts import Citation, TokenLogprob

Shown = type[Text] | type[Refusal] | type[Thinking]
"""What is told as a part of an item."""

Event = tuple[str, dict[str, Any]]
"""Its type without `response.`, and its members."""


@dataclass(frozen=True, slots=True)
class _Words:
    """How the events of a kind of block are called; `part` and `index` where it is a part among others.

    Those of what is `rated` tell log probabilities.
    """

    delta: str
    whole: str
    part: str = ""
    index: str = ""
    rated: bool = False


_WORDS: Mapping[type[Block], _Words] = {
    Text: _Words("output_text", "text", "content_part", "content_index", rated=True),
    Refusal: _Words("refusal", "refusal", "content_part", "content_index"),
    Thinking: _Words("reasoning_summary_text", "text", "reasoning_summary_part", "summary_index"),
    ToolUse: _Words("function_call_arguments", "arguments"),
}


class OpenItem:
    """A message, thinking or a tool use. `item` is the whole of it once it is closed."""

    def __init__(self, first: Block, answer_id: str, index: int) -> None:
        self.is_message = isinstance(first, Text | Refusal)
        self.item: dict[str, Any] = {}
        self._first = first
        self._answer_id, self._index = answer_id, index
        self._blocks: list[Block] = []
        self._kind: Shown | type[ToolUse] | None = ToolUse if isinstance(first, ToolUse) else None
        """The kind of the part that is open."""
        self._pieces: list[str] = []
        self._citations: list[Citation] = []
        self._tokens: list[TokenLogprob] = []
        self._text = TextPlace()

    def begin(self) -> list[Event]:
        empty = [] if self.is_message else [self._first]
        self.item = write_item(empty, self._answer_id, self._index, "in_progress")
        return [("output_item.added", {"output_index": self._index, "item": self.item})]

    def say(self, kind: Shown, text: str, tokens: Tokens) -> list[Event]:
        opened = [] if kind is self._kind else [*self._close_part(), *self._open_part(kind)]
        self._pieces.append(text)
        self._tokens += tokens
        self._text.say(text)
        return [*opened, self._event("delta", delta=text, **self._rated(tokens))]

    def rate(self, tokens: Tokens) -> list[Event]:
        """Only of the text that is open, when they did not come at once with it."""
        return self.say(Text, "", tokens) if self._kind is Text else []

    def cite(self, citation: Citation) -> list[Event]:
        """Only of the text that is open."""
        if self._kind is not Text:
            return []
        span = self._text.in_all(citation)
        self._text.feed(citation)
        self._citations.append(replace(citation, span=span))
        told = {"annotation_index": len(self._citations) - 1, "annotation": write_annotation(citation, span)}
        return [self._event("annotation.added", **told)]

    def add_arguments(self, arguments: str) -> list[Event]:
        self._pieces.append(arguments)
        return [self._event("delta", delta=arguments)]

    def close(self, status: str, signature: str | None = None, redacted: str | None = None) -> list[Event]:
        filled = self.add_arguments("{}") if self._lacks_arguments(status) else []
        closed = self._close_part()
        if isinstance(self._first, Thinking):
            shown = "".join(block.text for block in self._blocks if isinstance(block, Thinking))
            self._blocks = [Thinking(shown, signature, redacted)]
        self.item = write_item(self._blocks, self._answer_id, self._index, status)
        return [*filled, *closed, ("output_item.done", {"output_index": self._index, "item": self.item})]

    def _lacks_arguments(self, status: str) -> bool:
        return self._kind is ToolUse and status == "completed" and not any(self._pieces)

    def _open_part(self, kind: Shown) -> list[Event]:
        self._kind = kind
        return [self._part_event("added", kind(""))]

    def _close_part(self) -> list[Event]:
        if self._kind is None:
            return []
        text, words = "".join(self._pieces), _WORDS[self._kind]
        events = [self._event("done", **{words.whole: text}, **self._rated(tuple(self._tokens)))]
        block = self._block(self._kind, text)
        if words.part:
            events.append(self._part_event("done", block))
        self._blocks.append(block)
        self._kind, self._text = None, TextPlace()
        for kept in (self._pieces, self._citations, self._tokens):
            kept.clear()
        return events

    def _rated(self, tokens: Tokens) -> dict[str, Any]:
        return {"logprobs": write_tokens(tokens)} if self._kind and _WORDS[self._kind].rated else {}

    def _block(self, kind: Shown | type[ToolUse], text: str) -> Block:
        if isinstance(self._first, ToolUse):
            return replace(self._first, arguments=text)
        if kind is Text:
            return Text(text, citations=tuple(self._citations), logprobs=tuple(self._tokens))
        return Thinking(text) if kind is Thinking else Refusal(text)

    def _event(self, word: str, **members: Any) -> Event:
        assert self._kind is not None
        return f"{_WORDS[self._kind].delta}.{word}", {**self._place(_WORDS[self._kind]), **members}

    def _part_event(self, word: str, block: Block) -> Event:
        words = _WORDS[type(block)]
        part = {"type": "summary_text", "text": block.text} if isinstance(block, Thinking) else write_part(block)
        return f"{words.part}.{word}", {**self._place(words), "part": part}

    def _place(self, words: _Words) -> dict[str, Any]:
        place = {"item_id": self.item["id"], "output_index": self._index}
        return {**place, words.index: len(self._blocks)} if words.index else place
