"""Real Envoys for tests: finds the installed versions, starts one with a rendered bootstrap, waits until it is ready.

Versions are folders `<version>/envoy/_bin/envoy` below `$TOLLKEEPER_ENVOYS`, or below `.envoys/` of the checkout.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import socket
import subprocess
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from ext_proc.render.envoy import KNOWN_VERSIONS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

ROOT = Path(__file__).parents[2]
FOLDER = Path(os.environ.get("TOLLKEEPER_ENVOYS") or ROOT / ".envoys")
READY_WITHIN = 20.0
PORTS = iter(random.sample(range(15_000, 32_000), 17_000))
"""Each is given once, so that two servers of a test never get the same."""


def _binaries() -> dict[str, Path]:
    """The newest binary of each minor version that is installed."""
    found = sorted(FOLDER.glob("*/envoy/_bin/envoy"), key=lambda path: _numbers(path.parents[2].name))
    return {".".join(path.parents[2].name.split(".")[:2]): path for path in found}


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".") if part.isdigit()]


ENVOYS = _binaries()


def binary(version: str) -> Path:
    """The installed Envoy of this minor version; skips the test where there is none, and fails it in CI."""
    if version in ENVOYS:
        return ENVOYS[version]
    reason = f"no Envoy {version} below {FOLDER}"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def every_envoy() -> Any:
    """Parametrises a test's `version` over every Envoy that we render for."""
    return pytest.mark.parametrize("version", KNOWN_VERSIONS)


def free_port() -> int:
    """A port on which nobody listens, below those that outgoing connections are given meanwhile."""
    for port in PORTS:
        with socket.socket() as listening, suppress(OSError):
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(("127.0.0.1", port))
            return port
    raise AssertionError("every port was used")


@dataclass(frozen=True, slots=True)
class Envoy:
    """One that runs: its admin interface and its log."""

    admin: str
    log: Path

    async def stats(self, pattern: str) -> dict[str, int]:
        async with httpx.AsyncClient() as client:
            answer = await client.get(f"{self.admin}/stats", params={"filter": pattern, "format": "json"})
        return {row["name"]: row["value"] for row in answer.json()["stats"] if "name" in row}


def validate(version: str, bootstrap: dict[str, Any], folder: Path) -> subprocess.CompletedProcess[str]:
    """Envoy's own verdict: return code and messages of `--mode validate`."""
    command = [binary(version), "--mode", "validate", "-l", "warning", "-c", _written(bootstrap, folder)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@asynccontextmanager
async def running_envoy(version: str, bootstrap: dict[str, Any], folder: Path, *extra: str) -> AsyncIterator[Envoy]:
    """Starts Envoy with one worker thread, its admin interface on a port of its choice; ends it on leaving."""
    admin = {"address": {"socket_address": {"address": "127.0.0.1", "port_value": 0}}}
    where = folder / "admin"
    log = folder / "envoy.log"
    command = [binary(version), "-c", _written({**bootstrap, "admin": admin}, folder)]
    options = ["--use-dynamic-base-id", "--concurrency", "1", "--admin-address-path", where, "--log-path", log, *extra]
    process = await asyncio.create_subprocess_exec(*command, *options)
    try:
        yield Envoy(await _ready(process, where, log), log)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def _written(bootstrap: dict[str, Any], folder: Path) -> Path:
    path = folder / "envoy.json"
    path.write_text(json.dumps(bootstrap))
    return path


async def _ready(process: asyncio.subprocess.Process, where: Path, log: Path) -> str:
    """The URL of the admin interface, once it says that all is ready."""
    async with asyncio.timeout(READY_WITHIN), httpx.AsyncClient() as client:
        while True:
            admin = f"http://{_text(where)}"
            if _text(where) and await _answers(client, admin):
                return admin
            if process.returncode is not None:
                pytest.fail(f"Envoy ended with {process.returncode}:\n{_text(log)[-3000:]}")
            await asyncio.sleep(0.02)


def _text(path: Path) -> str:
    return path.read_text() if path.exists() else ""


async def _answers(client: httpx.AsyncClient, admin: str) -> bool:
    try:
        return (await client.get(f"{admin}/ready")).status_code == 200
    except httpx.TransportError:
        return False
