"""What the core tells the host to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ext_proc.edit import Edit
from ext_proc.events import Headers


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer the client here: a refusal, or what needs no provider. `record` goes to the access log as it stands."""

    status: int
    headers: Headers
    body: bytes
    decision_id: str
    record: str | None = None


@dataclass(frozen=True, slots=True)
class Allow:
    """Let the call through with its plan. `backends` names the providers in the order in which they are tried.

    `ready` says that the request then has all that its only provider needs: no attempt need be asked once the host has
    made all `edits` of the body, in their order.
    """

    plan: str
    decision_id: str
    backends: tuple[str, ...]
    set_headers: Headers = ()
    remove_headers: tuple[str, ...] = ()
    edits: tuple[Edit, ...] = ()
    response_headers: Headers = ()
    ready: bool = False
    cuts: bool = False
    """Its stream may end before its provider does."""


@dataclass(frozen=True, slots=True)
class Send:
    """Send this attempt's request. `ask_body` asks for the body first, `watch` for the answer."""

    set_headers: Headers
    remove_headers: tuple[str, ...]
    ask_body: bool = False
    watch: bool = False


@dataclass(frozen=True, slots=True)
class SendBody:
    """The body to send in place of the client's."""

    body: bytes


@dataclass(frozen=True, slots=True)
class AnswerHeaders:
    """Headers of the answer, changed so."""

    set_headers: Mapping[str, str] = field(default_factory=dict)
    remove_headers: tuple[str, ...] = ()
    status: int | None = None


@dataclass(frozen=True, slots=True)
class AnswerBody:
    """Bytes for the client; `end_of_stream` ends the answer, whatever the provider still sends.

    With `cut` the host is to abort the provider, which has not ended.
    """

    data: bytes
    end_of_stream: bool = False
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Hold:
    """Nothing yet: the headers wait for the body."""


@dataclass(frozen=True, slots=True)
class AnswerWhole:
    """The headers that waited, and the whole body."""

    headers: AnswerHeaders
    body: AnswerBody


@dataclass(frozen=True, slots=True)
class AnswerTrailers:
    """Pass the trailers on, after `data`, and after the headers where those waited."""

    data: bytes = b""
    headers: AnswerHeaders | None = None


Reply = Answer | Send | SendBody | Hold | AnswerHeaders | AnswerBody | AnswerWhole | AnswerTrailers
