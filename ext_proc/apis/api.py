"""The shape of an API: a wire format, with a read half (bytes → vocabulary) and a write half (vocabulary → bytes).

A reader or writer of a stream is a machine for one answer; everything else is a pure function. APIs of one `family`
share a vocabulary, so that each of its clients reaches each of its providers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from ext_proc.apis.body import JSON, Body
from ext_proc.apis.dialect import Dialect
from ext_proc.apis.keeps import Keeps
from ext_proc.errors import ProviderError, TollkeeperError
from ext_proc.parts import Part


@dataclass(frozen=True, slots=True)
class Outline:
    """What the edge must know of a request before it reads the conversation. Tokens are upper bounds."""

    model: str
    stream: bool = False
    include_usage: bool = False
    """The client asked for usage in its stream (always true where the API sends it unasked)."""
    max_output_tokens: int | None = None
    n: int = 1
    images: int = 0
    image_bytes: int = 0
    """Bytes of the body that are image or sound data, and so are not text to be counted."""
    sounds: int = 0
    """Recordings that the model listens to."""
    tools: bool = False
    outside: str | None = None
    """The member that brings in input whose tokens have no bound."""
    windowed: str | None = None
    """The member that brings in input which only the model's context window bounds."""
    attached_bytes: int = 0
    """Bytes of the body that are documents or recordings."""
    read_again: int = 0
    """Tokens that are read beyond those of the body, as a part of it is read several times."""
    free: bool = False
    """Nothing of it is billed: it counts as a call alone."""
    writes: bool = True
    """The model writes an answer. Where it does not, no output is to be reserved or estimated."""
    heeds_cap: bool = True
    """The request can say how much may be written. Where it cannot, `max_output_tokens` holds by the API's nature."""
    endless: str | None = None
    """The member that has more written than `max_output_tokens`, without a bound that is known."""
    units: Mapping[str, int] = field(default_factory=dict)
    """What the request itself says will be billed beside tokens, by the names of `Usage`: images, characters."""
    estimate: Mapping[str, int] = field(default_factory=dict)
    """What to charge where the answer does not tell, by the names of `Usage`; else it is taken from the bytes. Where
    nothing is written and none is given, nothing is charged then."""


class StreamReader(Protocol):
    """Bytes of a streamed answer, cut anywhere, to parts."""

    def feed(self, data: bytes) -> list[Part]: ...

    def finish(self) -> list[Part]:
        """The provider closed the stream; reads what is left. A cut stream just gives no `Finish`."""
        ...


class StreamWriter(Protocol):
    """Parts to bytes of a streamed answer."""

    def write(self, parts: Iterable[Part]) -> bytes: ...

    def finish(self) -> bytes:
        """Ends the stream as the API's clients expect, whatever has been written so far."""
        ...

    def fail(self, error: TollkeeperError) -> bytes:
        """The terminal error event."""
        ...


class StreamObserver(Protocol):
    """A streamed answer that passes through: what it says, and the bytes that the client may see."""

    def feed(self, data: bytes) -> tuple[bytes, list[Part]]: ...

    def finish(self) -> tuple[bytes, list[Part]]: ...


class Asked(Protocol):
    """A request in the vocabulary of any family, as the core needs it."""

    @property
    def stream(self) -> bool: ...

    def for_step(self, model: str, cap: int | None, *, usage: bool) -> Asked:
        """The same request of another model, its output capped; `usage` asks a stream to tell it."""
        ...


@dataclass(frozen=True, slots=True)
class Api:
    """One wire format. `members` are what `body` reads of a request: for JSON the members of its top-level object."""

    name: str
    operation: str
    paths: tuple[str, ...]
    outline: Callable[[Mapping[str, Any]], Outline]
    read_request: Callable[[Mapping[str, Any]], Asked]
    write_request: Callable[[Any], bytes]
    read_answer: Callable[[bytes], list[Any]]
    write_answer: Callable[[Sequence[Any]], bytes]
    stream_reader: Callable[[], StreamReader]
    stream_writer: Callable[[Any], StreamWriter]
    stream_observer: Callable[[bool], StreamObserver]
    """Its argument: show the usage event to the client."""
    limit_output: Callable[[Mapping[str, Any], int], dict[str, Any]]
    """Top-level members to set so that the provider writes at most so many tokens."""
    ask_usage: Callable[[Mapping[str, Any]], dict[str, Any]]
    """Top-level members to set so that a stream ends with usage; empty where it does unasked or already asked."""
    read_error: Callable[[int, Mapping[str, str], bytes], ProviderError]
    write_error: Callable[[TollkeeperError, str | None], bytes]
    """The error body; the second argument is the request or decision id."""
    stream_paths: tuple[str, ...] = ()
    """Client paths that ask for a stream by themselves. These and `paths` may hold one `{name}`; then the reader finds
    it and `stream` among the members as if the body had said them, and the write half leaves both out."""
    stream_content_type: str = "text/event-stream"
    error_headers: Callable[[TollkeeperError], tuple[tuple[str, str], ...]] = lambda _error: ()
    """Headers that an error needs beside its body."""
    title: str = ""
    """What its makers call it."""
    family: str = "chat"
    """Calls are translated between the APIs of one family, and never to another. Its vocabulary is what the halves
    read into and write from: a request, and the parts of an answer."""
    shape: Callable[[Any, Sequence[Any]], list[Any]] = lambda _request, parts: list(parts)
    """The parts of a whole answer, in the form that the client's request asked for."""
    rename: Callable[[Mapping[str, Any], str], dict[str, Any]] | None = None
    """Top-level members to set so that another model is called, where that is not `model` alone."""
    method: str = "POST"
    body: Body = JSON
    keeps: Keeps | None = None
    """For calls about what a provider keeps; others are calls for a model."""
    lacks: frozenset[str] = frozenset()
    """Hints in a request, by their names in the vocabulary, that this API has no word for and leaves out."""
    request_id_header: str = "x-request-id"
    """Where its clients look for the provider's id of a call."""
    host_meters: bool = False
    """The host can read usage out of a whole answer by itself, as `render` has it do, or there is none in it. Streams
    it reads in the APIs of chats."""
    dialect: Dialect | None = None
    """Where several APIs have the same words, what sets this one apart from the others."""

    @property
    def model_in_path(self) -> bool:
        return any("{model}" in path for path in self.paths)


def kin(one: Api, other: Api) -> tuple[Dialect, Dialect] | None:
    """The two as dialects of the same words, so that nothing need be translated between them."""
    if one.dialect is None or other.dialect is None or one.dialect.of != other.dialect.of:
        return None
    return one.dialect, other.dialect
