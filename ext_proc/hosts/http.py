"""The HTTP side of a worker: whether it lives, whether it is ready to be sent calls, and the admin API."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from aiohttp import web
from aiohttp.http import HttpProcessingError

from ext_proc.errors import ControlError
from ext_proc.hosts.admin import AdminSide

log = logging.getLogger(__name__)


class HttpSide:
    """All workers share the port; whichever takes the connection answers for itself."""

    def __init__(self, has_store: Callable[[], Awaitable[bool]], version: Callable[[], int], admin: AdminSide) -> None:
        self._has_store, self._version, self._admin = has_store, version, admin
        self.draining = False
        self._runner: web.AppRunner | None = None

    async def start(self, address: str) -> None:
        app = web.Application()
        app.router.add_get("/healthz", self._healthz)
        app.router.add_get("/readyz", self._readyz)
        self._admin.add_to(app)
        log.addFilter(_without_bytes)
        self._runner = web.AppRunner(app, access_log=None, logger=log, handle_signals=False, auto_decompress=False)
        await self._runner.setup()
        await _site(self._runner, address).start()

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _healthz(self, _request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def _readyz(self, _request: web.Request) -> web.Response:
        if self.draining:
            return web.json_response({"status": "draining"}, status=503)
        try:
            store = await self._has_store()
        except ControlError as error:
            return web.json_response({"status": "store unavailable", "reason": error.message}, status=503)
        away = {} if store else {"store": "away"}
        return web.json_response({"status": "ready", "settings": self._version(), **away})


def _without_bytes(record: logging.LogRecord) -> bool:
    """Of bytes that are no HTTP only the kind of error is logged, as they may hold a token."""
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, HttpProcessingError):
        record.msg, record.exc_info = f"{record.msg}: {type(error).__name__}", None
    return True


def _site(runner: web.AppRunner, address: str) -> web.BaseSite:
    if address.startswith("unix:"):
        return web.UnixSite(runner, address.removeprefix("unix:"))
    host, _, port = address.rpartition(":")
    return web.TCPSite(runner, host.strip("[]"), int(port), reuse_port=True)
