"""A whole gateway for tests: fake providers, `tollkeeper serve` with its workers, and a real Envoy in front.

Everything is a real process behind a real socket. What a test asks of it goes through Envoy, as a client's call would.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import openai
import psutil
import yaml

from ext_proc.listeners import worker_addresses
from ext_proc.render.envoy import render
from ext_proc.settings_file import load
from tests.envoy.proxy import binary, free_port
from tests.fakes import Fake, Received, Response

PROVIDER_KEYS = {"OPENAI_KEY": "sk-canary-openai-1f2e3d", "ANTHROPIC_KEY": "sk-canary-anthropic-4c5b6a"}


@dataclass
class Gateway:
    folder: Path
    version: str
    openai: Fake
    anthropic: Fake
    settings: dict[str, Any]
    port: int = 0
    admin: int = 0
    service: subprocess.Popen[bytes] | None = None
    envoy: subprocess.Popen[bytes] | None = None
    keys: dict[str, str] = field(default_factory=dict)
    stack: ExitStack = field(default_factory=ExitStack)

    @property
    def config(self) -> Path:
        return self.folder / "tollkeeper.yaml"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, **PROVIDER_KEYS}

    def cli(self, *words: str) -> str:
        command = [sys.executable, "-m", "ext_proc", *words, "-c", str(self.config)]
        done = subprocess.run(command, capture_output=True, text=True, env=self.environment, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def key(self, name: str = "default", *options: str) -> str:
        """A virtual key, made once by the command line."""
        if name not in self.keys:
            self.keys[name] = self.cli("keys", "create", "--quiet", "--name", name, *options).split()[-1]
        return self.keys[name]

    def client(self, kind: Any = openai.OpenAI, key: str | None = None) -> Any:
        suffix = "/v1" if kind.__module__.startswith("openai") else ""
        client = kind(base_url=self.url + suffix, api_key=key or self.key(), max_retries=0, timeout=20)
        if not kind.__name__.startswith("Async"):
            self.stack.callback(client.close)
        return client

    def post(self, path: str, body: Any, headers: dict[str, str] | None = None) -> httpx.Response:
        content = body if isinstance(body, (bytes, type(None))) else json.dumps(body).encode()
        given = (
            {"authorization": f"Bearer {self.key()}", "content-type": "application/json"}
            if headers is None
            else headers
        )
        return httpx.post(self.url + path, content=content, headers=given, timeout=20)

    def entries(self, count: int, within: float = 10.0) -> list[dict[str, Any]]:
        """The usage entries so far, once there are `count` of them."""
        lines = poll(lambda: self._lines() if len(self._lines()) >= count else None, within, self._lines)
        return list({line["decision_id"]: line for line in lines}.values())

    def entry(self, decision_id: str, within: float = 10.0) -> dict[str, Any]:
        return poll(lambda: next((e for e in self._lines() if e["decision_id"] == decision_id), None), within)

    def _lines(self) -> list[dict[str, Any]]:
        path = self.folder / "usage.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def workers(self) -> list[int]:
        """The process ids of the workers."""
        return [child.pid for child in psutil.Process(self.service.pid).children() if "--worker" in child.cmdline()]

    def all_serve(self) -> bool:
        """Every worker accepts connections, and Envoy holds it to be healthy."""
        addresses = worker_addresses(load(self.config).listen)
        return self.healthy() == len(addresses) and all(map(_accepts, addresses))

    def healthy(self) -> int:
        """How many workers Envoy holds to be healthy."""
        stats = httpx.get(f"http://127.0.0.1:{self.admin}/stats?filter=cluster.tollkeeper.membership_healthy$").text
        return int(stats.rpartition(":")[2])

    def log(self) -> str:
        return (self.folder / "service.log").read_text()


def poll(found: Callable[[], Any], within: float = 10.0, otherwise: Callable[[], Any] | None = None) -> Any:
    """The first true value of `found`, or a failure that shows `otherwise`."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        value = found()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError(f"not within {within} s; last: {otherwise() if otherwise else None}")


def settings_of(openai_url: str, anthropic_url: str, **changes: Any) -> dict[str, Any]:
    """The four pairs: each fake under a model of its own API, and under one that the other API's clients ask for."""
    base: dict[str, Any] = {
        "listen": {"grpc": f"127.0.0.1:{free_port()}", "http": f"127.0.0.1:{free_port()}", "workers": 2},
        "store": "sqlite:tollkeeper.db",
        "providers": {
            "openai": {"kind": "openai", "endpoint": openai_url, "credential": {"env": "OPENAI_KEY"}},
            "anthropic": {"kind": "anthropic", "endpoint": anthropic_url, "credential": {"env": "ANTHROPIC_KEY"}},
        },
        "models": {
            "gpt-4o-mini": {"backends": [{"provider": "openai"}]},
            "claude-haiku-4-5": {"backends": [{"provider": "anthropic"}]},
        },
        "limits": [],
        "usage": [{"jsonl": "usage.jsonl"}],
    }
    return {**base, **changes}


@contextmanager
def gateway(
    folder: Path,
    version: str,
    answer_openai: Callable[[Received], Response],
    answer_anthropic: Callable[[Received], Response],
    replaced: dict[str, Any] | None = None,
    **changes: Any,
) -> Iterator[Gateway]:
    """Starts it all, and on leaving ends it all. `changes` are top-level settings, `replaced` are providers."""
    envoy = binary(version)
    with ExitStack() as stack:
        fakes = [stack.enter_context(Fake(answer)) for answer in (answer_openai, answer_anthropic)]
        port = free_port()
        settings = settings_of(fakes[0].url, fakes[1].url, **changes)
        settings["providers"] |= replaced or {}
        settings["proxy"] = {"listen": f"127.0.0.1:{port}", **settings.get("proxy", {})}
        gate = Gateway(folder, version, *fakes, settings, port=port, admin=free_port(), stack=stack)
        gate.config.write_text(yaml.safe_dump(settings))
        gate.service = stack.enter_context(
            _process(gate, "service", sys.executable, "-m", "ext_proc", "serve", "-c", str(gate.config))
        )
        bootstrap = folder / "envoy.json"
        bootstrap.write_text(json.dumps(render(load(gate.config), version=version, admin=f"127.0.0.1:{gate.admin}")))
        gate.envoy = stack.enter_context(
            _process(
                gate,
                "envoy",
                str(envoy),
                "-c",
                str(bootstrap),
                "--use-dynamic-base-id",
                "--concurrency",
                "1",
                "-l",
                "warning",
            )
        )
        workers = len(worker_addresses(load(gate.config).listen))
        poll(lambda: _ready(gate, workers), 30, lambda: gate.log() + (folder / "envoy.log").read_text()[-2000:])
        yield gate


@contextmanager
def _process(gate: Gateway, name: str, *command: str) -> Iterator[subprocess.Popen[bytes]]:
    with (gate.folder / f"{name}.log").open("ab") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=gate.environment, start_new_session=True)
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(20)


def _accepts(address: str) -> bool:
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), 1).close()
    except OSError:
        return False
    return True


def _ready(gate: Gateway, workers: int) -> bool:
    try:
        live = httpx.get(f"http://127.0.0.1:{gate.admin}/ready").status_code == 200
        return live and gate.healthy() == workers
    except httpx.TransportError:
        return False
