"""Streamed Completions answers: `data:` events of chunks, ended by `data: [DONE]`.

Spec: https://platform.openai.com/docs/api-reference/completions/object
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ext_proc.apis import sse
from ext_proc.apis.api import StreamObserver
from ext_proc.apis.chat_completions.answer import read_start, read_usage, write_usage
from ext_proc.apis.chat_completions.errors import read_failure, write_error
from ext_proc.apis.chat_completions.logprobs import Tokens, rated
from ext_proc.apis.chat_completions.stream import DONE, is_only_usage
from ext_proc.apis.completions.answer import read_choice, write_choice, write_id
from ext_proc.apis.completions.logprobs import write_logprobs
from ext_proc.apis.json_events import FilteredStream, JsonStreamReader, UntouchedStream
from ext_proc.apis.json_value import as_array, dump
from ext_proc.chat import Request
from ext_proc.errors import ProviderError, TollkeeperError
from ext_proc.parts import (
    Finish,
    FinishReason,
    Logprobs,
    Part,
    RefusalDelta,
    Start,
    StreamFailure,
    TextDelta,
    UsageReport,
)
from ext_proc.usage import Usage


def stream_reader() -> JsonStreamReader:
    return JsonStreamReader(_ChunkReader().read)


def stream_writer(request: Request) -> Writer:
    return Writer(request)


def stream_observer(show_usage: bool) -> StreamObserver:  # noqa: FBT001  the one argument of Api.stream_observer
    if show_usage:
        return UntouchedStream(stream_reader())
    return FilteredStream(_ChunkReader().read, is_only_usage)


# --- read -----------------------------------------------------------------------------------------------------------


class _ChunkReader:
    """Chunks to parts."""

    def __init__(self) -> None:
        self._started = False

    def read(self, chunk: Mapping[str, Any]) -> list[Part]:
        if chunk.get("error"):
            return [read_failure(chunk)]
        parts = self._read_start(chunk)
        for item in as_array(chunk.get("choices")):
            parts += read_choice(item)
        return parts + read_usage(chunk.get("usage"))

    def _read_start(self, chunk: Mapping[str, Any]) -> list[Part]:
        if self._started or not (chunk.get("choices") or chunk.get("id")):
            return []
        self._started = True
        return [read_start(chunk)]


# --- write ----------------------------------------------------------------------------------------------------------


class Writer:
    """Parts to chunks, for one answer."""

    def __init__(self, request: Request) -> None:
        self._include_usage = request.include_usage
        self._head = {"id": write_id(""), "object": "text_completion", "created": 0, "model": request.model}
        self._finished: dict[int, bool] = {0: False}
        self._said: dict[int, int] = {}
        """By choice, the characters of its text."""
        self._usage: Usage | None = None
        self._ended = False

    def write(self, parts: Iterable[Part]) -> bytes:
        return b"".join([self._write(part, tokens) for part, tokens in rated(parts) if not self._ended])

    def finish(self) -> bytes:
        """A choice whose end never came was cut: it ends as `length`."""
        if self._ended:
            return b""
        cut = [index for index, finished in self._finished.items() if not finished]
        finishes = [self._chunk(index, "", "length") for index in cut]
        usage = self._usage_chunk() if self._include_usage and self._usage is not None else b""
        self._ended = True
        return b"".join([*finishes, usage, DONE])

    def fail(self, error: TollkeeperError) -> bytes:
        if self._ended:
            return b""
        self._ended = True
        return sse.encode(write_error(error, None))

    def _write(self, part: Part, tokens: Tokens) -> bytes:
        match part:
            case Start(id_, model, created):
                self._head |= {"id": write_id(id_), "created": created or 0, "model": model or self._head["model"]}
            case UsageReport(usage):
                self._usage = self._usage.merged(usage) if self._usage else usage
            case StreamFailure(kind, message, code):
                return self.fail(ProviderError(message, kind=kind, code=code))
            case TextDelta(text, choice) | RefusalDelta(text, choice):
                return self._say(choice, text, tokens)
            case Logprobs(alone, choice):
                return self._say(choice, "", alone)
            case Finish(reason=reason, choice=choice) if not self._finished.get(choice):
                self._finished[choice] = True
                return self._chunk(choice, "", reason)
        return b""

    def _say(self, index: int, text: str, tokens: Tokens) -> bytes:
        self._finished.setdefault(index, False)
        before = self._said.get(index, 0)
        self._said[index] = before + len(text)
        return self._chunk(index, text, logprobs=write_logprobs(tokens, before))

    def _chunk(
        self, index: int, text: str, reason: FinishReason | None = None, logprobs: dict[str, Any] | None = None
    ) -> bytes:
        return sse.encode(dump({**self._head, "choices": [write_choice(index, text, reason, logprobs)]}))

    def _usage_chunk(self) -> bytes:
        assert self._usage is not None
        return sse.encode(dump({**self._head, "choices": [], "usage": write_usage(self._usage)}))
