"""The two stacks that are compared: the service, or the null server, each behind an Envoy of its own.

Both Envoys run what `render` writes for one and the same file, but for its ports.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bench.calls import INLINE_MODEL, NATIVE_MODEL
from bench.envoys import ROOT
from bench.processes import Process, free_port, running
from ext_proc.render.envoy import render
from ext_proc.render.versions import envoy_version
from ext_proc.settings_file import load

PROVIDER_KEY = "BENCH_PROVIDER_KEY"
READY_WITHIN = 30.0


@dataclass(frozen=True, slots=True)
class Stack:
    """`key` is what clients call with."""

    name: str
    server: Process
    envoy: Process
    port: int
    key: str


@dataclass(frozen=True, slots=True)
class Site:
    """What both stacks share. `version` is Envoy's, `envoy` its binary."""

    folder: Path
    version: str
    envoy: Path
    provider_port: int

    def settings(self, name: str) -> Path:
        """The operator's file: three limits that match every call, prices that are known, usage to a file."""
        path = self.folder / f"{name}.yaml"
        backends = {"backends": [{"provider": "openai"}]}
        members: dict[str, Any] = {
            "listen": {"grpc": f"127.0.0.1:{free_port()}", "http": f"127.0.0.1:{free_port()}", "workers": 1},
            "store": f"sqlite:{self.folder / name}.db",
            "proxy": {"listen": f"127.0.0.1:{free_port()}"},
            "providers": {
                "openai": {
                    "kind": "openai",
                    "endpoint": f"http://127.0.0.1:{self.provider_port}/v1",
                    "credential": {"env": PROVIDER_KEY},
                }
            },
            "models": {NATIVE_MODEL: backends, INLINE_MODEL: {**backends, "metering": "inline"}},
            "limits": [
                {"name": "key-rate", "per": ["key"], "requests": 1_000_000, "window": "1m"},
                {"name": "team-hour", "per": ["team"], "tokens": 1_000_000_000, "window": "1h"},
                {
                    "name": "team-month",
                    "match": {"team": "research"},
                    "per": ["team"],
                    "usd": 100_000,
                    "window": "month",
                },
            ],
            "usage": [{"jsonl": str(self.folder / f"{name}-usage.jsonl")}],
        }
        path.write_text(yaml.safe_dump(members))
        return path


@contextmanager
def service(site: Site) -> Iterator[Stack]:
    """`tollkeeper serve` with one worker, and a key of a team."""
    path = site.settings("tollkeeper")
    words = (sys.executable, "-m", "ext_proc")
    key = subprocess.run(
        [*words, "keys", "create", "--quiet", "--name", "bench", "--team", "research", "-c", str(path)],
        check=True,
        capture_output=True,
        text=True,
        cwd=ROOT,
    ).stdout.split()[-1]
    with _stack(site, path, key, *words, "serve", "-c", str(path)) as stack:
        yield stack


@contextmanager
def null(site: Site) -> Iterator[Stack]:
    path = site.settings("null")
    command = (sys.executable, "-m", "bench.null_server")
    told = (load(path).listen.grpc, envoy_version(site.version).order)
    with _stack(site, path, "any", *command, *told) as stack:
        yield stack


@contextmanager
def _stack(site: Site, path: Path, key: str, *command: str) -> Iterator[Stack]:
    settings, admin, name = load(path), free_port(), path.stem
    bootstrap = site.folder / f"{name}.json"
    bootstrap.write_text(json.dumps(render(settings, version=site.version, admin=f"127.0.0.1:{admin}")))
    options = ("--use-dynamic-base-id", "--concurrency", "1", "-l", "warning")
    with ExitStack() as stack:
        server = stack.enter_context(
            running(site.folder / f"{name}.log", *command, **{PROVIDER_KEY: "sk-bench", "PYTHONPATH": str(ROOT)})
        )
        envoy = stack.enter_context(
            running(site.folder / f"{name}-envoy.log", str(site.envoy), "-c", str(bootstrap), *options)
        )
        _wait_until_ready(admin, site.folder / f"{name}.log")
        yield Stack(name, server, envoy, int(settings.proxy.listen.rpartition(":")[2]), key)


def _wait_until_ready(admin: int, log: Path) -> None:
    deadline = time.monotonic() + READY_WITHIN
    while not _is_ready(admin):
        if time.monotonic() > deadline:
            raise TimeoutError(f"not ready within {READY_WITHIN} s:\n{log.read_text()[-2000:]}")
        time.sleep(0.05)


def _is_ready(admin: int) -> bool:
    try:
        stats = _get(f"http://127.0.0.1:{admin}/stats?filter=cluster.tollkeeper.membership_healthy")
        return _get(f"http://127.0.0.1:{admin}/ready").startswith("LIVE") and "healthy: 1" in stats
    except OSError:
        return False


def _get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=2) as answer:
        return str(answer.read().decode())
