"""Cut: a stream that is delivered only as far as its slices reach, then ended as its API's clients expect."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from ext_proc.apis import eventstream, sse
from ext_proc.apis.api import Api
from ext_proc.chat import Request
from ext_proc.errors import ControlError
from ext_proc.parts import Part, StreamFailure, UsageReport
from ext_proc.plan import Plan
from ext_proc.stages.relay import ObservedStream, Relay, Seen, TranslatedStream, text_size
from ext_proc.stages.slices import Slices


@dataclass(frozen=True, slots=True)
class Piece:
    """What is delivered whole or not at all: an event as it came, or a part that is still to be written."""

    parts: Sequence[Part]
    passed: bytes = b""

    @property
    def size(self) -> int:
        """Of what cannot be read, every byte counts."""
        unread = len(self.passed) if any(isinstance(part, StreamFailure) for part in self.parts) else 0
        return unread + sum(map(text_size, self.parts))


class Source(Protocol):
    """A stream in pieces. `close` ends it for the client, with a last word on usage."""

    def read(self, data: bytes) -> list[Piece]: ...

    def rest(self) -> list[Piece]: ...

    def write(self, pieces: Sequence[Piece]) -> bytes: ...

    def end(self) -> bytes: ...

    def close(self, usage: UsageReport) -> bytes: ...


class SlicedStream:
    """A stream under a budget. `feed` and `finish` await what the store says."""

    def __init__(self, relay: ObservedStream | TranslatedStream, source: Source, seen: Seen, slices: Slices) -> None:
        self.content_type = relay.content_type
        self._relay, self._source, self._seen, self._slices = relay, source, seen, slices
        self.is_cut = False

    @property
    def over(self) -> bool:
        return self.is_cut or self._relay.over

    async def feed(self, data: bytes) -> bytes:
        return b"" if self.over else await self._deliver(self._source.read(data))

    async def finish(self) -> bytes:
        if self.over:
            return b""
        delivered = await self._deliver(self._source.rest())
        return delivered if self.over else delivered + self._source.end()

    async def _deliver(self, pieces: list[Piece]) -> bytes:
        if await self._reaches(pieces):
            return self._source.write(pieces)
        delivered: list[bytes] = []
        for piece in pieces:
            if not await self._reaches([piece]):
                return b"".join([*delivered, self._cut()])
            delivered.append(self._source.write([piece]))
        return b"".join(delivered)

    async def _reaches(self, pieces: Sequence[Piece]) -> bool:
        more = sum(piece.size for piece in pieces)
        return not more or await self._slices.cover(self._seen.text_bytes + more)

    def _cut(self) -> bytes:
        self.is_cut, self._seen.finish_reason = True, "length"
        self._seen.most_output = self._slices.held
        return self._source.close(UsageReport(self._seen.charge(self._slices.plan, complete=False)))


class Observed:
    """Events as they came. Its end is written by the API's own writer, which is told then what went by."""

    def __init__(self, stream: ObservedStream, frames: Frames, client: Api, plan: Plan) -> None:
        self._stream, self._frames, self._went_by = stream, frames, list[Part]()
        self._writer = client.stream_writer(Request(plan.model, (), stream=True, include_usage=plan.show_usage))

    def read(self, data: bytes) -> list[Piece]:
        return [self._piece(*self._stream.observer.feed(event)) for event in self._frames.feed(data)]

    def rest(self) -> list[Piece]:
        """What stands without its end is an event for some clients, and none for others."""
        return [*[self._piece(*self._stream.observer.feed(event)) for event in self._frames.finish()], self._last()]

    def write(self, pieces: Sequence[Piece]) -> bytes:
        for piece in pieces:
            self._stream.seen.take(piece.parts)
            self._went_by += piece.parts
        return b"".join([piece.passed for piece in pieces])

    def end(self) -> bytes:
        return b""

    def close(self, usage: UsageReport) -> bytes:
        self._writer.write(self._went_by)
        return self._writer.write([usage]) + self._writer.finish()

    def _last(self) -> Piece:
        return self._piece(*self._stream.observer.finish())

    def _piece(self, passed: bytes, parts: list[Part]) -> Piece:
        return Piece(parts, passed)


class Translated:
    """Parts that are still to be written."""

    def __init__(self, stream: TranslatedStream) -> None:
        self._stream = stream

    def read(self, data: bytes) -> list[Piece]:
        return [Piece([part]) for part in self._stream.reader.feed(data)]

    def rest(self) -> list[Piece]:
        return [Piece([part]) for part in self._stream.reader.finish()]

    def write(self, pieces: Sequence[Piece]) -> bytes:
        if self._stream.over:
            return b""
        return self._stream.write([part for piece in pieces for part in piece.parts])

    def end(self) -> bytes:
        return self._stream.writer.finish()

    def close(self, usage: UsageReport) -> bytes:
        return self._stream.writer.write([usage]) + self._stream.writer.finish()


class Frames(Protocol):
    """Bytes that are cut anywhere, to whole events as they came."""

    def feed(self, data: bytes) -> list[bytes]: ...

    def finish(self) -> list[bytes]: ...


class ServerSent:
    def __init__(self) -> None:
        self._decoder = sse.Decoder()

    def feed(self, data: bytes) -> list[bytes]:
        try:
            return [event.raw for event in self._decoder.feed(data)]
        except sse.TooLargeError:
            raise ControlError("The provider sent an event that is too large.", code="answer_too_large") from None

    def finish(self) -> list[bytes]:
        return [event.raw for event in self._decoder.finish()]


class EventStream:
    """Messages of AWS. One that is broken comes whole with all that follows, and says so to its reader."""

    def __init__(self) -> None:
        self._held = b""

    def feed(self, data: bytes) -> list[bytes]:
        self._held += data
        events = []
        while (size := eventstream.length(self._held)) is not None and size <= len(self._held):
            events.append(self._held[:size])
            self._held = self._held[size:]
        return events

    def finish(self) -> list[bytes]:
        rest, self._held = self._held, b""
        return [rest] if rest else []


_FRAMES: dict[str, Callable[[], Frames]] = {
    "text/event-stream": ServerSent,
    "application/vnd.amazon.eventstream": EventStream,
}


def within(relay: Relay, slices: Slices, client: Api, provider: Api, seen: Seen) -> Relay | SlicedStream:
    """The same under a budget, where it is a stream."""
    match relay:
        case ObservedStream():
            frames = _FRAMES[provider.stream_content_type]()
            return SlicedStream(relay, Observed(relay, frames, client, slices.plan), seen, slices)
        case TranslatedStream():
            return SlicedStream(relay, Translated(relay), seen, slices)
    return relay
