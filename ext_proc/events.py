"""What the host tells the core. Header names are lower case; a header that came twice stands twice."""

from __future__ import annotations

from dataclasses import dataclass

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Call:
    """One whole request at the edge. `native` names the answers that the host can meter by itself: json, sse."""

    method: str
    path: str
    headers: Headers
    body: bytes = b""
    native: frozenset[str] = frozenset()

    def values(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key == name]

    def first(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key == name), None)


@dataclass(frozen=True, slots=True)
class RequestHeaders:
    """One attempt begins at the upstream filter: its number from 1, and the provider that the host chose."""

    headers: Headers
    provider: str
    attempt: int
    plan: str


@dataclass(frozen=True, slots=True)
class RequestBody:
    body: bytes


@dataclass(frozen=True, slots=True)
class ResponseHeaders:
    status: int
    headers: Headers
    end_of_stream: bool = False


@dataclass(frozen=True, slots=True)
class ResponseBody:
    data: bytes
    end_of_stream: bool


@dataclass(frozen=True, slots=True)
class ResponseTrailers:
    """The answer ends with trailers, after a last body event without `end_of_stream`."""


@dataclass(frozen=True, slots=True)
class Finished:
    """The last word of the host on a call, from its access log. Times are seconds, `usage` is what it metered."""

    plan: str
    status: int
    provider: str | None
    attempts: int
    body_bytes: int
    """Of the answer that the client was sent."""
    usage: dict[str, float | str]
    duration: float | None = None
    time_to_first_byte: float | None = None
    aborted: bool = False
    details: str = ""
    received_bytes: int = 0
    """Of the bodies that providers sent, in all attempts together."""
    encoding: str = ""
    """Of the answer's bytes; the client, or the provider unasked, chose one that the host does not read."""
