"""A place where what the documentation prints can be run as it stands: only addresses and one key's id are others."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.docs.blocks import ROOT, settings_of_readme
from tests.envoy.proxy import binary, free_port
from tests.gateway import PROVIDER_KEYS, gateway
from tests.sdks.scripts import anthropic_answer, openai_answer

VERSION = "1.40"
KEY_ID = "key_3f9a1c77d2e04b58"
ADMIN_TOKEN = "0123456789abcdef" * 4
PLACES = ("127.0.0.1:9400", "127.0.0.1:9401", "127.0.0.1:9901", "127.0.0.1:10000")
STRICT = "set -euo pipefail; trap 'kill $(jobs -p) 2>/dev/null || true' EXIT"
PROGRAMS = {
    "tollkeeper": f'exec "{sys.executable}" -m ext_proc "$@"',
    "python": f'exec "{sys.executable}" "$@"',
    "envoy": f'exec "{binary(VERSION)}" --use-dynamic-base-id --concurrency 1 -l warning "$@"',
}


@dataclass(frozen=True)
class Sandbox:
    """`places` are the addresses that stand for the printed ones."""

    folder: Path
    places: dict[str, str]
    key: str = ""

    @property
    def environment(self):
        ours = {"TOLLKEEPER_KEY": self.key, "ADMIN_TOKEN": ADMIN_TOKEN}
        path = f"{programs(self.folder)}{os.pathsep}{os.environ['PATH']}"
        return {**os.environ, **PROVIDER_KEYS, "PATH": path, **ours, "PYTHONPATH": str(ROOT)}

    def here(self, text):
        """The text with this sandbox's addresses, and the id of a key that there is."""
        for printed, real in self.places.items():
            text = text.replace(printed, real)
        return text.replace(KEY_ID, self.new_key()["id"]) if KEY_ID in text else text

    def bash(self, script):
        """What it printed; background processes are ended with it."""
        text = f"{STRICT}\n{self.here(script)}"
        return self.run("bash", "-c", text)

    def run(self, *command):
        done = subprocess.run(
            command, cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=90, check=False
        )
        assert done.returncode == 0, f"{command[-1]}\n{done.stdout}{done.stderr}"
        return done.stdout

    def new_key(self):
        return json.loads(self.run("tollkeeper", "keys", "create", "--json", "--name", "docs", "--team", "docs"))


def programs(folder):
    bin_ = folder / "bin"
    if not bin_.exists():
        bin_.mkdir()
        for name, line in PROGRAMS.items():
            (bin_ / name).write_text(f"#!/bin/sh\n{line}\n")
            (bin_ / name).chmod(0o755)
    return bin_


def with_fakes(settings, openai, anthropic):
    """The README's settings, with the two providers on this machine."""
    providers = {
        "openai": {"kind": "openai", "endpoint": openai, "credential": {"env": "OPENAI_KEY"}},
        "anthropic": {"kind": "anthropic", "endpoint": anthropic, "credential": {"env": "ANTHROPIC_KEY"}},
    }
    assert {name: row["kind"] for name, row in settings["providers"].items()} == {
        name: row["kind"] for name, row in providers.items()
    }
    return {**settings, "providers": providers}


def attached(folder):
    """A running gateway with the README's settings, as a context."""
    kept = {name: value for name, value in yaml.safe_load(settings_of_readme()).items() if name not in WIRED}
    (folder / "admin.token").write_text(ADMIN_TOKEN)
    admin = {"tokens": [{"name": "docs", "role": "operator", "token": {"file": "admin.token"}}]}
    return gateway(folder, VERSION, openai_answer, anthropic_answer, **kept, admin=admin)


WIRED = ("listen", "proxy", "providers", "store")


def beside(gate, folder):
    """A folder with the same settings on other addresses, where nothing runs yet."""
    places = {place: f"127.0.0.1:{free_port()}" for place in PLACES}
    settings = with_fakes(yaml.safe_load(settings_of_readme()), gate.openai.url, gate.anthropic.url)
    sandbox = Sandbox(folder, places)
    (folder / "tollkeeper.yaml").write_text(sandbox.here(yaml.safe_dump(settings)))
    return Sandbox(folder, places, sandbox.new_key()["secret"])


def within(gate):
    """The folder of the running gateway."""
    listen = gate.settings["listen"]
    places = dict(
        zip(PLACES, (listen["grpc"], listen["http"], f"127.0.0.1:{free_port()}", f"127.0.0.1:{gate.port}"), strict=True)
    )
    return Sandbox(gate.folder, places, gate.key("docs", "--team", "docs"))
