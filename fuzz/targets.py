"""What must hold of every reader, whatever bytes arrive: for each API of `APIS` a function of bytes per reader.

A target returns, or raises what should not have left. What is read goes on to all writers of the API's family, through
the machines that serve calls.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from typing import Any

from ext_proc import embeddings, rerank
from ext_proc.apis import APIS
from ext_proc.apis.api import Api, Asked, Outline, StreamObserver, kin
from ext_proc.apis.body import NO_BODY
from ext_proc.apis.dialect import respoken
from ext_proc.apis.json_body import edited
from ext_proc.apis.paths import filled, find
from ext_proc.apis.reframed import Reframed
from ext_proc.chat import Request
from ext_proc.edit import GONE
from ext_proc.errors import ClientError, Malformed, ProviderError, Unsupported
from ext_proc.parts import Start
from ext_proc.providers import KINDS
from ext_proc.stages.drop import made, without, without_member
from ext_proc.stages.relay import HIDDEN_STATUSES, ObservedWhole, Pair, Refusal, Seen, TranslatedStream, TranslatedWhole
from fuzz.frames import check_frames, check_json

Target = Callable[[bytes], None]

ASKED: Mapping[str, tuple[Asked, ...]] = {
    "chat": (Request("m", (), stream=True, include_usage=True), Request("m", ())),
    "embeddings": (embeddings.Request("m", ("a",)), embeddings.Request("m", ("a",), encodings=("base64", "int8"))),
    "rerank": (rerank.Request("m", "q", ("a", "b"), top_n=1, return_documents=True),),
    "count_tokens": (Request("m", ()),),
}
"""By family, where answers are translated: what clients asked for, the first of them a stream where there are any."""
START = Start("id", "m", 7)
SAID = {"model": "m", "id": "i", "stream": False}
STATUSES = (400, 429, 500, *HIDDEN_STATUSES)


def family(api: Api) -> list[Api]:
    return [other for other in APIS.values() if other.family == api.family]


def asked(api: Api) -> tuple[Asked, ...]:
    return ASKED.get(api.family, ())


def check_request(api: Api, body: bytes) -> None:
    """It is refused in the client's words, or outlined, edited, and written in each other API or refused by name."""
    try:
        members = api.body.read(body, content_type(body))
    except Malformed:
        return
    for said in _said(api):
        told = {**members, **said}
        with suppress(ClientError):
            assert isinstance(api.outline(told), Outline)
            if api.body is not NO_BODY:
                _check_edits(api, body, members)
        with suppress(ClientError):
            _check_written(api, api.read_request(told))
        with suppress(Unsupported):
            made(api.read_request, told, without_member)


def check_answer(api: Api, body: bytes) -> None:
    """The provider is blamed, or each client gets the answer, whole or as a stream."""
    observed = ObservedWhole(api, Seen(), "")
    assert (observed.feed(body), observed.finish()) == (body, b"")
    with suppress(ProviderError):
        assert isinstance(api.read_answer(body), list)
    for client in family(api):
        for request in asked(api):
            _check_whole(TranslatedWhole(Pair(api, client, request, START), Seen(), 200, streamed=False), body, client)


def check_stream(api: Api, data: bytes) -> None:
    """It is read the same wherever it is cut, and each client gets valid frames, the error's included.

    The bytes themselves decide how long the pieces are.
    """
    size = 1 + zlib.crc32(data) % 64
    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    for show_usage in (True, False):
        with suppress(Unsupported):  # by the machine's maker: what never streams
            _check_observer(lambda shown=show_usage: api.stream_observer(shown), data, pieces)
    with suppress(Unsupported):
        assert _read(api, [data]) == _read(api, pieces)
        for client in family(api):
            _check_translated(api, client, data, pieces)


def check_error(api: Api, body: bytes) -> None:
    """Whatever comes with a bad status is an error in each client's API."""
    for status in STATUSES:
        headers = {"retry-after": body[:9].decode("latin-1"), "x-amzn-errortype": body[:30].decode("latin-1")}
        error = api.read_error(status, headers, body)
        assert isinstance(error, ProviderError)
        for client in family(api):
            refusal = Refusal(api, client, status, headers, "id")
            assert refusal.feed(body) == b""
            check_json(refusal.finish())
            assert all(isinstance(text, str) for pair in client.error_headers(error) for text in pair)


CHECKS: Mapping[str, Callable[[Api, bytes], None]] = {
    "request": check_request,
    "answer": check_answer,
    "stream": check_stream,
    "error": check_error,
}


def _has(api: Api, reader: str) -> bool:
    """Not every API has a body, or a stream."""
    if reader == "request":
        return api.body is not NO_BODY
    with suppress(Unsupported):
        return reader != "stream" or api.stream_observer(True) is not None
    return False


TARGETS: Mapping[str, Target] = {
    f"{api.name}.{reader}": partial(check, api)
    for api in APIS.values()
    for reader, check in CHECKS.items()
    if _has(api, reader)
}


def content_type(body: bytes) -> str:
    """A form says its boundary in its first line."""
    first = body.partition(b"\r\n")[0]
    return f"multipart/form-data; boundary={first[2:].decode('latin-1')}" if first.startswith(b"--") else "text/plain"


def _said(api: Api) -> Iterator[Mapping[str, Any]]:
    for path in api.paths[:1] + api.stream_paths[:1] or ("",):
        found = find(filled(path, SAID), api.method)
        yield found.said if found else {}


def _check_edits(api: Api, body: bytes, members: Mapping[str, Any]) -> None:
    """What a provider of the same API gets says what was changed, and else what the client said."""
    renamed = api.rename(members, "n") if api.rename else {"model": "n"}
    changes = {**renamed, **api.limit_output(members, 5), **api.ask_usage(members)}
    changed = edited(body, api.body.edits(body, changes, members))
    if not body.startswith(b"--"):
        assert api.body.read(changed, content_type(body)) == {**members, **changes}
    for row in KINDS.values():
        if row.fits and api.name in row.paths:
            fit = row.changes(api.name, members)
            fitted = edited(body, api.body.edits(body, fit, members))
            kept = {name: value for name, value in {**members, **fit}.items() if value is not GONE}
            assert api.body.read(fitted, "") == kept
    for other in family(api):
        dialects = kin(api, other)
        if dialects and other is not api:
            check_json(respoken(body, members, dialects, {"model": "n", "stream": True, "betas": ["b"]}))


def _check_written(api: Api, request: Asked) -> None:
    for other in family(api):
        step = request.for_step("n", 5, usage=True)
        with suppress(Unsupported):
            check_json(_written(other, step))
        with suppress(Unsupported):
            check_json(made(partial(_written, other), step, without)[0])


def _written(api: Api, request: Asked) -> bytes:
    """Nesting that is too deep for a writer is the one mistake that a reader may leave to it."""
    try:
        return api.write_request(request)
    except Malformed as error:
        if error.code != "too_deep":
            raise
        raise Unsupported(error.message) from None


def _check_whole(relay: TranslatedWhole, body: bytes, client: Api) -> None:
    assert relay.feed(body) == b""
    written = relay.finish()
    if relay.content_type == "application/json":
        check_json(written)
    else:
        check_frames(client, written)


def _check_observer(observe: Callable[[], StreamObserver], data: bytes, pieces: list[bytes]) -> None:
    """Bytes that nothing is hidden from pass at once, and no cut changes what is shown or read."""
    whole, at_once = observe(), observe()
    results = [whole.feed(data), whole.finish()]
    cuts = [*map(at_once.feed, pieces), at_once.finish()]
    assert b"".join(shown for shown, _ in results) == b"".join(shown for shown, _ in cuts)
    assert [part for _, parts in results for part in parts] == [part for _, parts in cuts for part in parts]


def _check_translated(api: Api, client: Api, data: bytes, pieces: list[bytes]) -> None:
    request, *others = asked(api)
    relay = TranslatedStream(Pair(api, client, request, START), Seen())
    check_frames(client, b"".join(map(relay.feed, pieces)) + relay.finish())
    for other in others:
        _check_whole(TranslatedWhole(Pair(api, client, other, START), Seen(), 200, streamed=True), data, client)
    dialects = kin(api, client)
    if dialects and client is not api:
        reframed = Reframed(*dialects)
        check_frames(client, b"".join(shown for shown, _ in [*map(reframed.feed, pieces), reframed.finish()]))


def _read(api: Api, pieces: list[bytes]) -> list[Any]:
    reader = api.stream_reader()
    return [part for piece in pieces for part in reader.feed(piece)] + reader.finish()
