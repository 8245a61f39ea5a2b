"""The files of the demo's gateway, as an operator would write them: settings, prices, and each provider's key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ext_proc.demo.providers import FakeProvider

SETTINGS = """\
listen:                       # where Envoy finds this service
  grpc: 127.0.0.1:{grpc}
  http: 127.0.0.1:{http}
  workers: 2                  # processes; the second one takes the next port
store: sqlite:tollkeeper.db   # keys, budgets and usage
proxy: {{listen: 127.0.0.1:{proxy}}}

providers:                    # a credential is a reference, never a value
  openai:
    kind: openai
    endpoint: "{openai}"
    credential: {{file: openai.key}}
  anthropic:
    kind: anthropic
    endpoint: "{anthropic}"
    credential: {{file: anthropic.key}}

models:                       # what clients may ask for, in either API
  gpt-4o-mini: {{backends: [{{provider: openai}}]}}
  claude-haiku-4-5: {{backends: [{{provider: anthropic}}]}}

limits:                       # all that match are reserved at once, or none is
- {{name: team-month, per: [team], usd: 20, window: month}}
- {{name: trial, match: {{team: trial}}, per: [key], tokens: {trial}, window: day}}

usage: [{{jsonl: usage.jsonl}}]
prices: {{override: prices.yaml}}
"""
PRICES = """\
version: demo
models:                       # dollars per million tokens
  gpt-4o-mini: {input: 0.15, output: 0.60}
  claude-haiku-4-5: {input: 1.00, output: 5.00}
"""
TRIAL_TOKENS = 1000


@dataclass(frozen=True, slots=True)
class Ports:
    """`grpc` is the first worker's; the second one's follows it."""

    proxy: int
    grpc: int
    http: int
    admin: int


@dataclass(frozen=True, slots=True)
class Files:
    folder: Path

    @property
    def settings(self) -> Path:
        return self.folder / "tollkeeper.yaml"

    @property
    def usage(self) -> Path:
        return self.folder / "usage.jsonl"

    @property
    def bootstrap(self) -> Path:
        return self.folder / "envoy.json"

    def log(self, process: str) -> Path:
        return self.folder / f"{process}.log"

    def write(self, ports: Ports, providers: Sequence[FakeProvider]) -> None:
        urls = {provider.name: provider.url for provider in providers}
        for provider in providers:
            self._write(f"{provider.name}.key", provider.key + "\n")
        self._write("prices.yaml", PRICES)
        places = {"grpc": ports.grpc, "http": ports.http, "proxy": ports.proxy}
        self._write(self.settings.name, SETTINGS.format(trial=TRIAL_TOKENS, **places, **urls))

    def _write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.touch(0o600)
        path.write_text(text)

    def tail(self, process: str, lines: int = 12) -> list[str]:
        path = self.log(process)
        return path.read_text(errors="replace").splitlines()[-lines:] if path.exists() else []
