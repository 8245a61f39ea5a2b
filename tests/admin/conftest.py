"""A service with two workers and its admin API, asked over real HTTP. Its store is a file that tests reach, too."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from ext_proc.stores.sqlite import SqliteStore
from tests.envoy.proxy import free_port
from tests.gateway import poll

TOKENS = {role: f"canary-{role}-{'0123456789abcdef' * 2}" for role in ("viewer", "operator", "security")}
SETTINGS = {
    "providers": {
        "openai": {"kind": "openai", "credential": {"env": "TOLL_TEST_OPENAI"}},
        "away": {"kind": "anthropic", "credential": {"env": "TOLL_TEST_NOT_SET"}},
        "local": {"kind": "openai-compatible", "endpoint": "http://127.0.0.1:8000/v1"},
    },
    "models": {
        "gpt-4o-mini": {"backends": [{"provider": "openai"}, {"provider": "away", "priority": 1}]},
        "*": {"backends": [{"provider": "local"}]},
    },
    "limits": [
        {"name": "team-month", "per": ["team"], "usd": 0.5, "window": "month"},
        {"name": "pair-day", "per": ["team", "user"], "tokens": 1000, "window": "day"},
        {"name": "all-day", "requests": 100, "window": "day"},
        {"name": "agents", "per": ["app"], "concurrent": 8},
    ],
    "admin": {"tokens": [{"name": f"a-{role}", "role": role, "token": {"env": f"TOLL_{role}"}} for role in TOKENS]},
}


@dataclass
class Service:
    folder: Path
    settings: dict[str, Any] = field(default_factory=lambda: dict(SETTINGS))
    process: subprocess.Popen[bytes] | None = None

    @property
    def environment(self):
        kept = {name: value for name, value in os.environ.items() if not name.startswith("TOLL")}
        tokens = {f"TOLL_{role}": token for role, token in TOKENS.items()}
        return {**kept, **tokens, "TOLL_TEST_OPENAI": "sk-canary-openai-9a8b7c"}

    @property
    def config(self):
        return self.folder / "tollkeeper.yaml"

    @property
    def url(self):
        return f"http://{self.settings['listen']['http']}"

    def write(self, **changes):
        self.settings |= changes
        self.config.write_text(
            yaml.safe_dump({name: value for name, value in self.settings.items() if value}, sort_keys=False)
        )

    def ask(self, method, path, role="operator", **options):
        """Each time over a new connection, so that now one worker answers and now the other."""
        own = [("authorization", f"Bearer {TOKENS[role]}")] if role else []
        given = [*own, *options.pop("headers", [])]
        return httpx.request(method, f"{self.url}/admin/v1{path}", headers=given, timeout=20, **options)

    def ok(self, method, path, role="operator", **options):
        answer = self.ask(method, path, role, **options)
        assert answer.is_success, answer.text
        return answer.json()

    def store(self, *steps):
        return asyncio.run(self._store(steps))

    async def _store(self, steps):
        store = SqliteStore(self.folder / "tollkeeper.db")
        await store.open()
        try:
            return [await step(store) for step in steps]
        finally:
            await store.close()

    def log(self):
        return (self.folder / "service.log").read_text()


@contextmanager
def serving(folder, **changes):
    service = Service(folder)
    listen = {"grpc": f"127.0.0.1:{free_port()}", "http": f"127.0.0.1:{free_port()}", "workers": 2}
    service.write(listen=listen, **changes)
    command = [sys.executable, "-m", "ext_proc", "serve", "-c", str(service.config)]
    with (folder / "service.log").open("ab") as log:
        service.process = subprocess.Popen(command, stdout=log, stderr=log, env=service.environment)
    try:
        poll(lambda: service.log().count(" serves on ") == 2, 30, service.log)
        yield service
    finally:
        service.process.kill()
        service.process.wait(20)


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("admin")) as running:
        yield running
