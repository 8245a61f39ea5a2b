"""Relay: what the client gets of a provider's answer. Each relay is a machine for one answer: `feed`, then `finish`."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Protocol

from ext_proc.apis.api import Api, Asked, StreamObserver, kin
from ext_proc.apis.reframed import Reframed
from ext_proc.errors import KIND_OF_STATUS, ProviderError
from ext_proc.parts import (
    Finish,
    Part,
    RefusalDelta,
    Start,
    StreamFailure,
    TextDelta,
    ThinkingDelta,
    ToolUseDelta,
    UsageReport,
)
from ext_proc.plan import Plan
from ext_proc.usage import Usage

BYTES_PER_TOKEN = 3
"""For an estimate that is rather above than below the truth: English has about four, Chinese about three."""
MAX_WHOLE_ANSWER = 64 * 1024 * 1024
_UNREADABLE = ("audio/", "image/", "video/", "application/octet-stream")
"""Answers that are only counted, as there is nothing to be read in them."""


@dataclass(slots=True)
class Seen:
    """What went by in an answer: enough to charge for it, whole or cut."""

    usage: Usage = field(default_factory=Usage)
    reported: bool = False
    """The provider told its usage, be it nothing."""
    model: str | None = None
    finish_reason: str | None = None
    failure: StreamFailure | None = None
    text_bytes: int = 0
    most_output: int | None = None
    """What was held for the output, where the answer was cut because there was no more."""

    def take(self, parts: Sequence[Part]) -> None:
        for part in parts:
            self.text_bytes += text_size(part)
            match part:
                case UsageReport():
                    self.usage, self.reported = self.usage.merged(part.usage), True
                case Finish():
                    self.finish_reason = part.reason
                case Start():
                    self.model = part.model or None
                case StreamFailure():
                    self.failure = self.failure or part

    @property
    def is_whole(self) -> bool:
        """The end went by. Clients often hang up at the last event, before the connection's own end reaches them."""
        return self.finish_reason is not None and self.usage.is_metered and self.failure is None

    def charge(self, plan: Plan, *, complete: bool) -> Usage:
        """What was reported, or where that is missing or the answer was cut, what was delivered."""
        used = self.usage.merged(Usage.of(plan.units)) if plan.units else self.usage
        told = used.is_metered if plan.writes else self.reported or not plan.estimate
        if complete and told:
            return used
        counted = {"input_tokens": -(-plan.input_bound // BYTES_PER_TOKEN), **plan.estimate}
        missing = {name: count for name, count in counted.items() if not getattr(used, name)}
        written = plan.estimate.get("output_tokens", -(-self.text_bytes // BYTES_PER_TOKEN))
        output = max(used.output_tokens, written)
        held = output if self.most_output is None else self.most_output
        return replace(Usage.of(missing).merged(used), output_tokens=min(output, held), estimated=True)


def text_size(part: Part) -> int:
    """Bytes of what the model wrote in it."""
    match part:
        case TextDelta() | ThinkingDelta() | RefusalDelta():
            return len(part.text.encode("utf-8", "surrogatepass"))
        case ToolUseDelta():
            return len(part.arguments.encode("utf-8", "surrogatepass"))
    return 0


@dataclass(frozen=True, slots=True)
class Pair:
    """A provider's API and a client's, and what the client asked. `start` says what an answer itself does not."""

    provider: Api
    client: Api
    request: Asked
    start: Start

    def completed(self, parts: list[Part]) -> list[Part]:
        return [self._completed(part) if isinstance(part, Start) else part for part in parts]

    def _completed(self, given: Start) -> Start:
        created = self.start.created if given.created is None else given.created
        return Start(given.id or self.start.id, given.model or self.start.model, created)


class Relay(Protocol):
    """`content_type` is what the client gets, None where the provider's stands. `over` ends the answer early."""

    @property
    def content_type(self) -> str | None: ...

    @property
    def over(self) -> bool: ...

    def feed(self, data: bytes) -> bytes: ...

    def finish(self) -> bytes: ...


def observed(provider: Api, client: Api, seen: Seen, plan: Plan) -> ObservedStream:
    """A stream whose events need no translation, only other frames where the two are dialects."""
    dialects = kin(provider, client)
    if provider is client or dialects is None:
        return ObservedStream(client.stream_observer(plan.show_usage), seen)
    return ObservedStream(Reframed(*dialects), seen, client.stream_content_type)


class ObservedStream:
    """Same API on both sides: the bytes pass, the usage event is taken out where the client did not ask for it."""

    over = False

    def __init__(self, observer: StreamObserver, seen: Seen, content_type: str | None = None) -> None:
        self.content_type = content_type
        self.observer = observer
        self.seen = seen

    def feed(self, data: bytes) -> bytes:
        passed, parts = self.observer.feed(data)
        self.seen.take(parts)
        return passed

    def finish(self) -> bytes:
        passed, parts = self.observer.finish()
        self.seen.take(parts)
        return passed


class ObservedWhole:
    """Same API on both sides, an answer in one piece: the bytes pass, and are read when all are there."""

    content_type = None
    over = False

    def __init__(self, api: Api, seen: Seen, content_type: str) -> None:
        self._api, self._seen, self._body = api, seen, bytearray()
        self._room = 0 if content_type.lower().startswith(_UNREADABLE) else MAX_WHOLE_ANSWER

    def feed(self, data: bytes) -> bytes:
        self._seen.text_bytes += len(data)  # until it can be read, what was delivered is charged by its size
        if len(self._body) < self._room:
            self._body += data
        return data

    def finish(self) -> bytes:
        size, self._seen.text_bytes = self._seen.text_bytes, 0
        with suppress(ProviderError):  # not an answer of this API
            self._seen.take(self._api.read_answer(bytes(self._body)))
        self._seen.text_bytes = self._seen.text_bytes or size
        return b""


class TranslatedStream:
    """Events of the provider's API in, events of the client's out."""

    def __init__(self, pair: Pair, seen: Seen) -> None:
        self.content_type = pair.client.stream_content_type
        self._pair, self._seen = pair, seen
        self.reader, self.writer = pair.provider.stream_reader(), pair.client.stream_writer(pair.request)
        self.over = False

    def feed(self, data: bytes) -> bytes:
        return b"" if self.over else self.write(self.reader.feed(data))

    def finish(self) -> bytes:
        if self.over:
            return b""
        written = self.write(self.reader.finish())
        return written if self.over else written + self.writer.finish()

    def write(self, read: list[Part]) -> bytes:
        parts = self._pair.completed(read)
        self._seen.take(parts)
        failure = self._seen.failure
        if failure is None:
            return self.writer.write(parts)
        self.over = True
        error = ProviderError(failure.message, kind=failure.kind, code=failure.code)
        return self.writer.write(parts[: parts.index(failure)]) + self.writer.fail(error)


class TranslatedWhole:
    """An answer gathered, then written in the client's API: in one piece, or as the stream that it asked for.

    `status` is the provider's, and becomes 502 when what came with it is no answer; then the client gets JSON.
    """

    over = False

    def __init__(self, pair: Pair, seen: Seen, status: int, *, streamed: bool) -> None:
        self._pair, self._seen, self.status = pair, seen, status
        self._reader = pair.provider.stream_reader() if streamed else None
        self._parts: list[Part] = []
        self._body = bytearray()
        self.content_type = pair.client.stream_content_type if pair.request.stream else "application/json"

    @property
    def gathered(self) -> int:
        """Bytes of what the model wrote, as far as it has come; all bytes of what is read at the end only."""
        return len(self._body) + sum(map(text_size, self._parts))

    def feed(self, data: bytes) -> bytes:
        if self._reader is not None:
            self._parts += self._reader.feed(data)
        elif len(self._body) + len(data) <= MAX_WHOLE_ANSWER:
            self._body += data
        return b""

    def finish(self) -> bytes:
        try:
            return self._written(self._gathered())
        except ProviderError as error:
            return self._failed(error)

    def _written(self, parts: list[Part]) -> bytes:
        self._seen.take(parts)
        failure = self._seen.failure
        if failure is not None:
            raise ProviderError(failure.message, kind=failure.kind)
        if not self._pair.request.stream:
            return self._pair.client.write_answer(self._pair.client.shape(self._pair.request, parts))
        writer = self._pair.client.stream_writer(self._pair.request)
        return writer.write(parts) + writer.finish()

    def _gathered(self) -> list[Part]:
        if self._reader is None:
            return self._pair.completed(self._pair.provider.read_answer(bytes(self._body)))
        parts = self._parts + self._reader.finish()
        if not any(isinstance(part, Finish | StreamFailure) for part in parts):
            raise ProviderError("The provider's answer ends in the middle.")
        return self._pair.completed(parts)

    def _failed(self, error: ProviderError) -> bytes:
        self.status, self.content_type = 502, "application/json"
        return self._pair.client.write_error(error, None)


class Refusal:
    """A provider's error, in the client's API. What a provider says of our own credential is not for the client."""

    content_type = "application/json"
    over = False

    def __init__(
        self, provider_api: Api, client_api: Api, status: int, headers: dict[str, str], request_id: str
    ) -> None:
        self._provider_api, self._client_api = provider_api, client_api
        self._status, self._headers, self._id = status, headers, request_id
        self._body = bytearray()

    @property
    def headers(self) -> dict[str, str]:
        """They leave before the body has come, so that the status alone tells the kind."""
        kind = KIND_OF_STATUS.get(HIDDEN_STATUSES.get(self._status, self._status), "api_error")
        return dict(self._client_api.error_headers(ProviderError("", kind=kind)))

    def feed(self, data: bytes) -> bytes:
        if len(self._body) + len(data) <= MAX_WHOLE_ANSWER:
            self._body += data
        return b""

    def finish(self) -> bytes:
        if self._status in HIDDEN_STATUSES:
            error = ProviderError("The provider refused the gateway's own credential.", code="provider_credential")
        else:
            error = self._provider_api.read_error(self._status, self._headers, bytes(self._body))
        return self._client_api.write_error(error, self._id)


HIDDEN_STATUSES = {401: 502, 403: 502}
"""A provider's 401 is about our key; the client must not take it for its own."""
