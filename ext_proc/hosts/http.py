"""The HTTP side of a worker: whether it lives, and whether it is ready to be sent calls."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from ext_proc.errors import ControlError


class HttpSide:
    """`/healthz` and `/readyz`. All workers share the port; whichever takes the connection answers for itself."""

    def __init__(self, ping: Callable[[], Awaitable[None]], version: Callable[[], int]) -> None:
        self._ping, self._version = ping, version
        self.draining = False
        self._runner: web.AppRunner | None = None

    async def start(self, address: str) -> None:
        app = web.Application()
        app.router.add_get("/healthz", self._healthz)
        app.router.add_get("/readyz", self._readyz)
        self._runner = web.AppRunner(app, access_log=None, handle_signals=False)
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
            await self._ping()
        except ControlError as error:
            return web.json_response({"status": "store unavailable", "reason": error.message}, status=503)
        return web.json_response({"status": "ready", "settings": self._version()})


def _site(runner: web.AppRunner, address: str) -> web.BaseSite:
    if address.startswith("unix:"):
        return web.UnixSite(runner, address.removeprefix("unix:"))
    host, _, port = address.rpartition(":")
    return web.TCPSite(runner, host.strip("[]"), int(port), reuse_port=True)
