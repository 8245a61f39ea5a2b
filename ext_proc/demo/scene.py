"""The scene: fake providers, the files, Envoy and the service, all up; on leaving all is ended and removed."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from ext_proc.demo.files import Files, Ports
from ext_proc.demo.gateway import Gateway, Processes
from ext_proc.demo.interrupts import Interrupts
from ext_proc.demo.ports import free_ports, is_free
from ext_proc.demo.providers import FORMATS, FakeProvider, served

KEY_MARKS = {"openai": "sk-proj-", "anthropic": "sk-ant-"}
STEERING = ("OPENAI_", "ANTHROPIC_", "TOLLKEEPER_")


@dataclass(frozen=True, slots=True)
class Scene:
    gateway: Gateway
    providers: Mapping[str, FakeProvider]
    processes: Processes
    interrupts: Interrupts


@contextmanager
def prepared(envoy: Path, port: int, interrupts: Interrupts) -> Iterator[Scene]:
    """Its processes start; `ready` waits for them."""
    providers = {name: FakeProvider(name, form, _key(name)) for name, form in FORMATS.items()}
    with tempfile.TemporaryDirectory(prefix="tollkeeper-demo-") as folder, served([*providers.values()]):
        gateway = Gateway(Files(Path(folder)), _ports(port), envoy)
        gateway.files.write(gateway.ports, [*providers.values()])
        with gateway.up(interrupts) as processes:
            try:
                yield Scene(gateway, providers, processes, interrupts)
            finally:
                interrupts.hold_for_good()


def ready(scene: Scene) -> None:
    """Raises NotReady. The SDKs are loaded meanwhile, as that takes as long."""
    import_module("ext_proc.demo.steps")
    scene.gateway.await_ready(scene.processes, scene.interrupts)


def forget_what_steers_the_sdks() -> None:
    """The user's own keys, endpoints and proxies have no part in this."""
    for name in [name for name in os.environ if name.startswith(STEERING)]:
        del os.environ[name]
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1"


def _key(name: str) -> str:
    return KEY_MARKS[name] + secrets.token_hex(16)


def _ports(wanted: int) -> Ports:
    """`http` comes last of four in a row, so that the second worker's port is the one after the first's."""
    first = free_ports(4)
    return Ports(wanted if is_free(wanted) else free_ports(1), first, first + 2, first + 3)
