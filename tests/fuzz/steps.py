"""What is done with a body, one step after the other: read by its API, and written in each API of the family."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial
from typing import Any

from ext_proc.apis.api import Api
from ext_proc.errors import ProviderError, TollkeeperError
from fuzz.targets import asked, content_type, family

Step = tuple[str, Callable[[], Any]]


def steps(api: Api, reader: str, body: bytes, cut: int) -> Iterator[Step]:
    """By name. A step may raise what our code raises. A stream comes in pieces of so many bytes."""
    return _STEPS[reader](api, body, cut)


def _request(api: Api, body: bytes, _cut: int) -> Iterator[Step]:
    yield "read", partial(api.body.read, body, content_type(body))
    with suppress(TollkeeperError):
        members = api.body.read(body, content_type(body))
        told = {"model": "m", "stream": False, **members}
        yield "outline", partial(api.outline, told)
        yield "edit", lambda: api.body.edits(body, {"model": "n", **api.limit_output(members, 5)}, members)
        yield "read into the vocabulary", partial(api.read_request, told)
        request = api.read_request(told)
        for other in family(api):
            yield f"write as {other.name}", partial(other.write_request, request)


def _answer(api: Api, body: bytes, _cut: int) -> Iterator[Step]:
    yield "read", partial(api.read_answer, body)
    with suppress(ProviderError):
        parts = api.read_answer(body)
        for other in family(api) if asked(api) else ():
            yield f"write as {other.name}", partial(other.write_answer, parts)


def _stream(api: Api, body: bytes, cut: int) -> Iterator[Step]:
    pieces = [body[at : at + cut] for at in range(0, len(body), cut)]
    yield "observe", lambda: _fed(api.stream_observer(False), pieces)
    yield "read", lambda: _fed(api.stream_reader(), pieces)
    with suppress(TollkeeperError):
        parts = [part for found in _fed(api.stream_reader(), [body]) for part in found]
        for other in family(api):
            yield f"write as {other.name}", lambda other=other: _written(other, asked(other)[0], parts)


def _error(api: Api, body: bytes, _cut: int) -> Iterator[Step]:
    yield "read", lambda: api.read_error(400, {}, body)


def _fed(machine: Any, data: Iterable[bytes]) -> list[Any]:
    return [*map(machine.feed, data), machine.finish()]


def _written(api: Api, request: Any, parts: Iterable[Any]) -> bytes:
    writer = api.stream_writer(request)
    return b"".join([writer.write([part]) for part in parts]) + writer.finish()


_STEPS = {"request": _request, "answer": _answer, "stream": _stream, "error": _error}
