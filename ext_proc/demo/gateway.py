"""The demo's gateway: `tollkeeper serve` with its workers, and a real Envoy in front."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ext_proc.demo.envoy import version_of
from ext_proc.demo.files import Files, Ports
from ext_proc.demo.interrupts import Interrupts
from ext_proc.demo.processes import running
from ext_proc.listeners import worker_addresses
from ext_proc.render.envoy import render
from ext_proc.settings_file import load

READY_WITHIN = 30.0
Processes = dict[str, subprocess.Popen[bytes]]
"""The service and Envoy, each by the name of its log."""


class NotReady(Exception):
    """Its text says what did not come up."""


@dataclass(frozen=True, slots=True)
class Gateway:
    """`envoy` is the binary."""

    files: Files
    ports: Ports
    envoy: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.ports.proxy}"

    @contextmanager
    def up(self, interrupts: Interrupts) -> Iterator[Processes]:
        """Both processes, which may not be ready yet."""
        serve = [sys.executable, "-m", "ext_proc", "serve", "-c", str(self.files.settings)]
        with (
            running(serve, self.files.log("service"), interrupts) as service,
            running(self._envoy_command(), self.files.log("envoy"), interrupts) as envoy,
        ):
            yield {"service": service, "envoy": envoy}

    def await_ready(self, processes: Processes, interrupts: Interrupts) -> None:
        """Returns once Envoy finds every worker healthy. Raises NotReady."""
        workers = len(worker_addresses(load(self.files.settings).listen))
        deadline = time.monotonic() + READY_WITHIN
        while not self._is_ready(workers):
            interrupts.check()
            _check_alive(processes)
            if time.monotonic() > deadline:
                raise NotReady(f"the gateway was not ready within {READY_WITHIN:.0f} s")
            time.sleep(0.05)

    def watch(self, processes: Processes, interrupts: Interrupts) -> None:
        """Until a signal comes, or one of them ends by itself, which raises NotReady."""
        while True:
            interrupts.check()
            _check_alive(processes)
            time.sleep(0.2)

    def _envoy_command(self) -> list[str]:
        version = version_of(self.envoy)
        bootstrap = render(load(self.files.settings), version=version, admin=f"127.0.0.1:{self.ports.admin}")
        self.files.bootstrap.write_text(json.dumps(bootstrap))
        quiet = ["--use-dynamic-base-id", "--concurrency", "2", "-l", "warning"]
        return [str(self.envoy), "-c", str(self.files.bootstrap), *quiet]

    def _is_ready(self, workers: int) -> bool:
        healthy = self._admin("/stats?filter=^cluster.tollkeeper.membership_healthy$")
        return healthy is not None and healthy.strip().endswith(f": {workers}") and self._admin("/ready") is not None

    def _admin(self, path: str) -> str | None:
        connection = http.client.HTTPConnection("127.0.0.1", self.ports.admin, timeout=2)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            text = answer.read().decode()
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()
        return text if answer.status == 200 else None


def _check_alive(processes: Processes) -> None:
    for name, process in processes.items():
        if process.poll() is not None:
            raise NotReady(f"{name} has ended, with status {process.returncode}")
