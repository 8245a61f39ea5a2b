"""The gateway of a run: a provider of its own, a store, the service with two workers, and a real Envoy before them."""

from __future__ import annotations

import json
import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
import yaml

from bench.processes import Process, running
from ext_proc.credentials.hash_key import load_hash_key
from ext_proc.listeners import worker_addresses
from ext_proc.principal import Principal, VirtualKey, digest_of, new_key
from ext_proc.render.envoy import render
from ext_proc.settings import Settings
from ext_proc.settings_file import load
from ext_proc.stores.opened import open_store
from tests.envoy.proxy import ROOT, binary, free_port
from tests.gateway import PROVIDER_KEYS, _accepts, poll
from tests.stores.servers import RedisServer

TEAMS = 4
TIMEOUT, FIRST_BYTE = "2s", "1.6s"
"""Of a whole call, whose lease lives for ten seconds more, and of one try until its answer begins."""
WORKERS = 2
ALL_TOKENS, ALL_MONEY = "all-tokens", "all-money"
"""Two limits that no run can reach: what is settled in them is the sum of the ledger."""
PRICES = {
    "version": "run",
    "models": {"gpt-run": {"input": 0.15, "output": 0.6}, "claude-run": {"input": 1, "output": 5}},
}
GPT, CLAUDE = {"provider": "openai", "model": "gpt-run"}, {"provider": "anthropic", "model": "claude-run"}


def limits(callers: int) -> list[dict[str, Any]]:
    """So tight that many calls are refused, in each unit; the purse is empty before the run ends."""
    each = callers / TEAMS
    return [
        {"name": "key-rate", "per": ["key"], "requests": 14, "window": "10s"},
        {"name": "team-tokens", "per": ["team"], "tokens": int(1300 * each), "window": "10s"},
        {"name": "team-output", "per": ["team"], "output_tokens": int(160 * each), "window": "10s"},
        {"name": "team-money", "per": ["team"], "usd": round(0.0009 * each, 6), "window": "15s"},
        {"name": "team-slots", "per": ["team"], "concurrent": max(2, int(0.7 * each))},
        {
            "name": "purse",
            "match": {"team": "team-0"},
            "per": ["team"],
            "tokens": int(600 * each),
            "window": "forever",
        },
        {"name": ALL_TOKENS, "tokens": 10**15, "window": "forever"},
        {"name": ALL_MONEY, "usd": 10**6, "window": "forever"},
    ]


def models() -> dict[str, Any]:
    return {
        "gpt-native": {"backends": [GPT]},
        "gpt-watched": {"backends": [GPT], "metering": "inline"},
        "gpt-messages": {"backends": [GPT]},
        "claude-native": {"backends": [CLAUDE]},
        "claude-watched": {"backends": [CLAUDE], "metering": "inline"},
        "claude-chat": {"backends": [CLAUDE]},
        "either": {"backends": [GPT, {**CLAUDE, "priority": 1}]},
        "either-way": {"backends": [CLAUDE, {**GPT, "priority": 1}]},
    }


@dataclass(slots=True)
class Site:
    """`redis` is None where the store is a SQLite file. `keys` are secrets by id, and `echo` is where Envoy logs too."""

    folder: Path
    version: str
    callers: int
    redis: RedisServer | None
    ports: dict[str, int] = field(default_factory=lambda: {name: free_port() for name in NAMES})
    keys: dict[str, str] = field(default_factory=dict)
    service: Process | None = None
    settings: Settings | None = None
    """As at the start; the file changes later."""

    @property
    def config(self) -> Path:
        return self.folder / "tollkeeper.yaml"

    @property
    def truth(self) -> Path:
        return self.folder / "truth.jsonl"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.ports['proxy']}"

    @property
    def file(self) -> dict[str, Any]:
        provider = f"http://127.0.0.1:{self.ports['provider']}"
        store = f"redis://127.0.0.1:{self.redis.port}" if self.redis else f"sqlite:{self.folder / 'tollkeeper.db'}"
        return {
            "listen": {"grpc": self._at("grpc"), "http": self._at("http"), "workers": WORKERS},
            "store": store,
            "proxy": {"listen": self._at("proxy"), "timeout": TIMEOUT, "first_byte_timeout": FIRST_BYTE},
            "identity": {"hash_key": {"file": str(self.folder / "hash.key")}},
            "providers": {
                "openai": {"kind": "openai", "endpoint": provider + "/v1", "credential": {"env": "OPENAI_KEY"}},
                "anthropic": {"kind": "anthropic", "endpoint": provider, "credential": {"env": "ANTHROPIC_KEY"}},
            },
            "models": models(),
            "limits": limits(self.callers),
            "prices": {"override": str(self.folder / "prices.yaml")},
        }

    def _at(self, name: str) -> str:
        return f"127.0.0.1:{self.ports[name]}"

    def serving(self) -> list[bool]:
        """Of each worker, whether it accepts connections."""
        return [_accepts(address) for address in worker_addresses(self.settings.listen)]

    def workers(self) -> list[int]:
        """The process ids of the workers, dead ones included until their supervisor has taken notice.

        Before that some thread of theirs may still hold a socket open.
        """
        assert self.service is not None
        return sorted(child.pid for child in psutil.Process(self.service.pid).children())

    def logs(self) -> str:
        return (self.folder / "service.log").read_text()


NAMES = ("grpc", "spare", "http", "proxy", "provider", "admin", "echo")


@contextmanager
def started(site: Site) -> Iterator[Site]:
    """Writes the files, makes the keys, and runs it all until the end of the block."""
    site.ports["http"] = site.ports["grpc"] + 7
    (site.folder / "hash.key").write_text(secrets.token_hex(32))
    (site.folder / "prices.yaml").write_text(yaml.safe_dump(PRICES))
    site.config.write_text(yaml.safe_dump(site.file))
    site.settings = load(site.config)
    environment = {**PROVIDER_KEYS, "PYTHONPATH": str(ROOT)}
    with ExitStack() as stack:

        def run(name: str, *command: str) -> Process:
            return stack.enter_context(running(site.folder / f"{name}.log", *command, **environment))

        run("provider", sys.executable, "-m", "tests.faults.run.provider", str(site.ports["provider"]), str(site.truth))
        site.service = run("service", sys.executable, "-m", "ext_proc", "serve", "-c", str(site.config))
        options = ("--use-dynamic-base-id", "--concurrency", "1", "-l", "error")
        run("envoy", str(binary(site.version)), "-c", str(_bootstrap(site)), *options)
        poll(lambda: _ready(site), 30, site.logs)
        yield site


async def make_keys(site: Site) -> None:
    """A key for each caller, in turns of the teams."""
    store, hash_key = open_store(site.settings), load_hash_key(site.settings)
    await store.open()
    for number in range(site.callers):
        secret, name = new_key(), f"key-{number}"
        who = Principal(tenant="run", team=f"team-{number % TEAMS}", key=name)
        await store.add_key(VirtualKey(name, digest_of(secret, hash_key), name, who, time.time()))
        site.keys[name] = secret
    await store.close()


def _bootstrap(site: Site) -> Path:
    """What `render` writes, and the same access log once more to a place of the run's own."""
    bootstrap = render(site.settings, version=site.version, admin=f"127.0.0.1:{site.ports['admin']}")
    resources = bootstrap["static_resources"]
    filters = [
        one for listener in resources["listeners"] for chain in listener["filter_chains"] for one in chain["filters"]
    ]
    (manager,) = (one["typed_config"] for one in filters if "access_log" in one["typed_config"])
    again = deepcopy(manager["access_log"][0])
    again["typed_config"]["common_config"]["grpc_service"] = {"envoy_grpc": {"cluster_name": "echo"}}
    manager["access_log"].append(again)
    echo = deepcopy(next(cluster for cluster in resources["clusters"] if cluster["name"] == "tollkeeper"))
    address = {"socket_address": {"address": "127.0.0.1", "port_value": site.ports["echo"]}}
    places = {"cluster_name": "echo", "endpoints": [{"lb_endpoints": [{"endpoint": {"address": address}}]}]}
    kept = {name: echo[name] for name in ("type", "connect_timeout", "typed_extension_protocol_options")}
    resources["clusters"].append({"name": "echo", **kept, "load_assignment": places})
    path = site.folder / "envoy.json"
    path.write_text(json.dumps(bootstrap))
    return path


def _ready(site: Site) -> bool:
    admin = f"http://127.0.0.1:{site.ports['admin']}"
    try:
        healthy = httpx.get(admin + "/stats?filter=cluster.tollkeeper.membership_healthy$").text
        return httpx.get(admin + "/ready").status_code == 200 and int(healthy.rpartition(":")[2]) == WORKERS
    except (httpx.TransportError, ValueError):
        return False
