"""The admin API on a worker's HTTP side: a request is read, bounded and checked, and what answers is in the table."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote

import orjson
from aiohttp import web
from pydantic import ValidationError

from ext_proc.admin import ROUTES
from ext_proc.admin.access import authenticate, authorize
from ext_proc.admin.audit import record, record_refusal
from ext_proc.admin.openapi import DOCUMENT, document
from ext_proc.admin.problem import MEDIA_TYPE, Problem, Wrong
from ext_proc.admin.route import PREFIX, Ask, Desk, Part, Route
from ext_proc.admin_tokens import AdminToken
from ext_proc.apis.json_body import read_object
from ext_proc.errors import ControlError, Malformed

LARGEST_BODY = 64 * 1024
BODY_WITHIN = 10.0
ANSWER_WITHIN = 30.0
"""Seconds."""
AT_A_TIME = 4
"""Answers that a worker makes at once; the calls that it decides about go on meanwhile."""
MOST_ERRORS = 20
_HEADERS = {"server": "tollkeeper", "cache-control": "no-store", "x-content-type-options": "nosniff"}


class AdminSide:
    """Every worker answers: what it shows and changes is in the store, and so the same for all."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._room = asyncio.Semaphore(AT_A_TIME)
        self._document = orjson.dumps(document(ROUTES))

    def add_to(self, app: web.Application) -> None:
        app.router.add_route("*", "/admin{rest:.*}", self._serve)

    async def _serve(self, request: web.Request) -> web.Response:
        try:
            return await self._answered(request)
        except Problem as problem:
            body = problem.body.model_dump_json(exclude_defaults=True).encode()
            return _response(body, problem.status, MEDIA_TYPE, problem.headers)

    async def _answered(self, request: web.Request) -> web.Response:
        token = authenticate(request.headers.getall("authorization", []), self._desk.snapshot())
        path = request.rel_url.raw_path
        if path == PREFIX + DOCUMENT and request.method == "GET":
            return _response(self._document, 200, "application/json")
        route, names = _found(request.method, path)
        self._authorized(token, route)
        query = _checked(route.query, _parameters(request), "")
        body = None if route.body is None else _checked(route.body, await _body(request), "/")
        ask = Ask(token, names, query, body, self._desk.clock())
        result = await self._result(route, ask)
        return _response(result.model_dump_json().encode(), route.status, "application/json")

    def _authorized(self, token: AdminToken, route: Route) -> None:
        try:
            authorize(token, route)
        except Problem:
            record_refusal(route, token, self._desk.clock())
            raise

    async def _result(self, route: Route, ask: Ask) -> Part:
        if not route.changes:
            return await self._within_bounds(route, ask)
        try:
            result = await self._within_bounds(route, ask)
        except Problem as problem:
            record(route, ask, problem.body.type.rpartition(":")[2])
            raise
        record(route, ask, "done", result)
        return result

    async def _within_bounds(self, route: Route, ask: Ask) -> Part:
        try:
            async with asyncio.timeout(ANSWER_WITHIN), self._room:
                return await route.answer(self._desk, ask)
        except ControlError as error:
            raise Problem("store", error.message, "Try again once the store is back.") from None
        except TimeoutError:
            remedy = "Look whether a change was made before you try again."
            raise Problem("timeout", f"No answer within {ANSWER_WITHIN:.0f} s.", remedy) from None


def _found(method: str, path: str) -> tuple[Route, dict[str, str]]:
    if not path.startswith(PREFIX + "/"):
        raise _no_path()
    segments = [unquote(part) for part in path.removeprefix(PREFIX).split("/")]
    matching = [(route, names) for route in ROUTES if (names := route.match(segments)) is not None]
    for route, names in matching:
        if route.method == method:
            return route, names
    allowed = ", ".join(route.method for route, _ in matching) or ("GET" if path == PREFIX + DOCUMENT else "")
    if allowed:
        raise Problem("method", f"{path} has no {method[:16]}.", f"Use {allowed}.", allow=allowed)
    raise _no_path()


def _no_path() -> Problem:
    return Problem("not-found", "There is no such path.", f"GET {PREFIX}{DOCUMENT} tells all paths.")


def _parameters(request: web.Request) -> dict[str, str]:
    given = request.query
    if len(set(given)) != len(given):
        raise Problem("bad-request", "A parameter is there twice.", "Send each once.")
    return dict(given)


async def _body(request: web.Request) -> dict[str, Any]:
    if request.content_type != "application/json":
        raise Problem("not-json", "The body is not application/json.", "Send `Content-Type: application/json`.")
    if "content-encoding" in request.headers:
        raise Problem("not-json", "The body is compressed.", "Send it as it is, without `Content-Encoding`.")
    try:
        async with asyncio.timeout(BODY_WITHIN):
            return read_object(await _bounded(request))
    except TimeoutError:
        raise Problem("too-slow", f"It did not arrive within {BODY_WITHIN:.0f} s.", "Send it at once.") from None
    except Malformed as error:
        raise Problem("bad-request", error.message, "Send one JSON object.") from None


async def _bounded(request: web.Request) -> bytes:
    held = bytearray()
    async for chunk in request.content.iter_any():
        held += chunk
        if len(held) > LARGEST_BODY:
            raise Problem(
                "too-large", f"The body has more than {LARGEST_BODY} bytes.", "Send less.", connection="close"
            )
    return bytes(held)


def _checked(model: type[Part], given: dict[str, Any], before: str) -> Part:
    """Every mistake is told with its place, and none with its value."""
    try:
        return model.model_validate(given)
    except ValidationError as error:
        errors = [
            Wrong(at=before + _pointer(found["loc"]), problem=found["msg"])
            for found in error.errors(include_url=False, include_input=False)[:MOST_ERRORS]
        ]
        names = ", ".join(model.model_fields) or "none"
        raise Problem("invalid", "Something does not hold.", f"Allowed members: {names}.", errors=errors) from None


def _pointer(place: Sequence[str | int]) -> str:
    return "/".join(str(part)[:64].replace("~", "~0").replace("/", "~1") for part in place)


def _response(body: bytes, status: int, media_type: str, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(body=body, status=status, content_type=media_type, headers={**_HEADERS, **(headers or {})})
