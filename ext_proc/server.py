"""One worker: the gRPC server that Envoy speaks to, the HTTP side, the chores, and an orderly end.

On SIGTERM the health check says NOT_SERVING, Envoy has a moment to see it, then open streams may finish.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import time
from collections.abc import Awaitable, Callable

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from ext_proc.admin.route import Desk
from ext_proc.errors import ControlError
from ext_proc.hosts import envoy_access_log, envoy_ext_authz, envoy_ext_proc
from ext_proc.hosts.admin import AdminSide
from ext_proc.hosts.http import HttpSide
from ext_proc.listeners import worker_addresses
from ext_proc.worker import Worker

log = logging.getLogger(__name__)
NOTICE = 1.5
"""Seconds for the proxy's health check to see that a worker is leaving; `render` sets its interval to 0.5 s."""
DRAIN = 30.0
"""Seconds that open streams have to finish."""
LAST_WORDS = 0.3
"""Seconds for the access log of the last calls to arrive."""
LARGEST_PIECE = 64 * 1024 * 1024
"""Bytes of an answer that the host sends in one message: as much as a connection of its may hold."""
CHORES: dict[str, float] = {"refresh": 1.0, "settle_next": 0.05, "expire": 0.5, "export": 0.25, "hold": 1.0}
"""Seconds between two runs of each of the worker's chores."""


async def serve(worker: Worker, number: int) -> None:
    """Serves as worker `number`, from 0, until SIGTERM or SIGINT, or until the supervisor is gone."""
    stop = _stop_signal()
    checks = health.aio.HealthServicer()
    server, address = _grpc_server(worker, checks, number)
    await server.start()
    admin = AdminSide(Desk(lambda: worker.snapshot, worker.store, worker.driver, time.time))
    http = HttpSide(worker.has_store, lambda: worker.snapshot.version, admin)
    await http.start(worker.snapshot.settings.listen.http)
    await checks.set("", health_pb2.HealthCheckResponse.SERVING)
    chores = [asyncio.create_task(_chore(worker, name, every)) for name, every in CHORES.items()]
    log.info("worker %d serves on %s", number, address)
    await _until(stop)
    await _drain(worker, checks, server, http)
    for chore in chores:
        chore.cancel()
    await asyncio.gather(*chores, return_exceptions=True)
    await _last_words(worker)
    await http.stop()
    await worker.store.close()
    log.info("worker %d has stopped", number)


def _grpc_server(worker: Worker, checks: health.aio.HealthServicer, number: int) -> tuple[grpc.aio.Server, str]:
    settings = worker.snapshot.settings
    address = worker_addresses(settings.listen)[number]
    largest = max(settings.proxy.max_body_bytes, LARGEST_PIECE) + 1024 * 1024
    server = grpc.aio.server(options=[("grpc.max_receive_message_length", largest), ("grpc.so_reuseport", 0)])
    server.add_generic_rpc_handlers(
        (
            envoy_ext_authz.handler(worker.driver),
            envoy_ext_proc.handler(worker.driver, worker.open_attempts),
            envoy_access_log.handler(worker.conclude),
        )
    )
    health_pb2_grpc.add_HealthServicer_to_server(checks, server)
    if server.add_insecure_port(address) == 0:
        raise ControlError(f"the address {address} cannot be bound")
    return server, address


def _stop_signal() -> asyncio.Event:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop


async def _until(stop: asyncio.Event) -> None:
    """Until told to stop, or orphaned: a worker without its supervisor would hold its port against the next one."""
    parent = os.getppid()
    while not stop.is_set() and os.getppid() == parent:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), 1.0)


async def _drain(worker: Worker, checks: health.aio.HealthServicer, server: grpc.aio.Server, http: HttpSide) -> None:
    http.draining = True
    await checks.enter_graceful_shutdown()
    await asyncio.sleep(NOTICE)
    deadline = time.monotonic() + DRAIN
    while worker.open_attempts and time.monotonic() < deadline:  # noqa: ASYNC110  no event tells of the last stream
        await asyncio.sleep(0.05)
    await server.stop(LAST_WORDS)


async def _last_words(worker: Worker) -> None:
    for step in (worker.settle, worker.give_back, worker.export):
        with contextlib.suppress(ControlError):
            await step()


async def _chore(worker: Worker, name: str, every: float) -> None:
    """Runs one chore for ever; what fails is reported and tried again."""
    step: Callable[[], Awaitable[None]] = getattr(worker, name)
    failing = False
    while True:
        try:
            await step()
            failing = False
        except ControlError as error:
            if not failing:
                log.warning("%s fails and is tried again: %s", name, error.message)
            failing = True
        except Exception:  # the server's loop: no fault ends it
            log.exception("%s failed", name)
        await asyncio.sleep(every)
