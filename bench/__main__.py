"""`python -m bench`: the whole comparison, in about three minutes on two cores. Needs psutil and an Envoy."""

from __future__ import annotations

import asyncio
import json
import os
import platform
import sys
import tempfile
from contextlib import ExitStack
from importlib import metadata
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bench.calls import Kind
from bench.envoys import find_envoy
from bench.micro import Timed, prepare
from bench.processes import free_port, running
from bench.report import Results, show
from bench.rounds import Row, begin
from bench.stacks import PROVIDER_KEY, Site, null, service

NATIVE_RATE = 8.0
"""Streams begun a second, however long they are: so each access log and each commit holds as many of either."""

ROWS = (
    Row("whole answer", Kind(), 1200, rounds=5),
    Row("whole answer, no output cap named", Kind(capped=False), 800),
    Row("stream of 10, native", Kind(10), 24, rate=NATIVE_RATE),
    Row("stream of 100, native", Kind(100), 24, rate=NATIVE_RATE),
    Row("stream of 1,000, native", Kind(1000), 24, rate=NATIVE_RATE),
    Row("stream of 10, inline", Kind(10, "inline"), 150, at_once=4),
    Row("stream of 100, inline", Kind(100, "inline"), 24, at_once=4),
    Row("stream of 1,000, inline", Kind(1000, "inline"), 4, at_once=4, rounds=2),
)


def main(
    *,
    quick: Annotated[bool, typer.Option("--quick", help="One round of each, for a first look.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and no tables.")] = False,
    envoy: Annotated[str, typer.Option(help="The Envoy to run: 1.37, 1.38, 1.39 or 1.40.")] = "1.40",
    only: Annotated[str, typer.Option(help="Measure only calls whose name contains this; prints no other table.")] = "",
) -> None:
    """Measure what governing a call costs in CPU time, beside a null server that decides nothing."""
    rows = [row if not quick else row.shorter() for row in ROWS if only in row.title]
    with tempfile.TemporaryDirectory() as folder:
        results = _measured(Path(folder), envoy, rows, steps=not only)
    if as_json:
        print(json.dumps(results.as_json(), indent=2))
    else:
        show(results)


def _measured(folder: Path, envoy: str, rows: list[Row], *, steps: bool) -> Results:
    full_version, binary = find_envoy(envoy)
    console = Console(stderr=True, quiet=not sys.stderr.isatty())
    with ExitStack() as stack:
        port = free_port()
        command = (sys.executable, "-m", "bench.provider", str(port))
        stack.enter_context(running(folder / "provider.log", *command))
        site = Site(folder, envoy, binary, port)
        told = stack.enter_context(console.status("starting the service, the null server and two Envoys"))
        rounds = begin(stack.enter_context(service(site)), stack.enter_context(null(site)))
        results = Results(_about(full_version), rounds.idle)
        for row in rows:
            told.update(row.title)
            results.rows.append(rounds.measure(row))
        told.update("steps alone")
    results.micro += asyncio.run(_steps(site)) if steps else []
    return results


async def _steps(site: Site) -> list[Timed]:
    os.environ[PROVIDER_KEY] = "sk-bench"
    micro = await prepare(site.settings("micro"), tries=2000)
    return [*await micro.timed(), *await micro.stored(site.folder)]


def _about(envoy: str) -> dict[str, str]:
    return {
        "tollkeeper": metadata.version("tollkeeper"),
        "Envoy": envoy,
        "Python": platform.python_version(),
        "grpcio": metadata.version("grpcio"),
        "protobuf": metadata.version("protobuf"),
        "cores": str(os.cpu_count()),
        "machine": f"{platform.system()} {platform.machine()}",
    }


if __name__ == "__main__":
    typer.run(main)
