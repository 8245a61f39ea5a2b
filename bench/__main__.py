"""`python -m bench`: the whole comparison, in about four minutes on two cores. Needs psutil and an Envoy."""

from __future__ import annotations

import asyncio
import json
import os
import platform
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bench.calls import Kind
from bench.envoys import find_envoy
from bench.events import per_event
from bench.growth import growths
from bench.micro import Timed, prepare
from bench.processes import free_port, running
from bench.report import Results, show
from bench.rounds import Row, begin
from bench.stacks import PROVIDER_KEY, Site, null, service

RATE = 10.0
"""Native streams begun a second, however long they are: so each access log and each commit holds as many of either."""
LASTS = 5.2
"""Seconds of a round of native streams, the longest of which take two."""


@dataclass(frozen=True, slots=True)
class Group:
    """Rows that are measured in turn, in so many rounds."""

    rounds: int
    rows: tuple[Row, ...]


GROUPS = (
    Group(
        3,
        (
            Row("whole answer", Kind(), 1000),
            Row("whole answer, no output cap named", Kind(capped=False), 600),
        ),
    ),
    Group(2, tuple(Row(f"stream of {n:,}, native", Kind(n), 24, rate=RATE, seconds=LASTS) for n in (10, 100, 1000))),
    Group(
        2,
        tuple(
            Row(f"stream of {n:,}, inline", Kind(n, "inline"), calls, at_once=4)
            for n, calls in ((10, 120), (100, 24), (1000, 4))
        ),
    ),
)


def main(
    *,
    quick: Annotated[bool, typer.Option("--quick", help="One round of each, for a first look.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and no tables.")] = False,
    envoy: Annotated[str, typer.Option(help="The Envoy to run: 1.37, 1.38, 1.39 or 1.40.")] = "1.40",
    only: Annotated[str, typer.Option(help="Measure only calls whose name contains this; prints no other table.")] = "",
) -> None:
    """Measure what governing a call costs in CPU time, beside a null server that decides nothing."""
    with tempfile.TemporaryDirectory() as folder:
        results = _measured(Path(folder), envoy, _groups(only, quick=quick), steps=not only)
    if as_json:
        print(json.dumps(results.as_json(), indent=2))
    else:
        show(results)


def _groups(only: str, *, quick: bool) -> list[Group]:
    chosen = [Group(group.rounds, tuple(row for row in group.rows if only in row.title)) for group in GROUPS]
    return [Group(1, tuple(row.shorter(2) for row in group.rows)) if quick else group for group in chosen]


def _measured(folder: Path, envoy: str, groups: list[Group], *, steps: bool) -> Results:
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
        for group in groups:
            told.update(", ".join(row.title for row in group.rows))
            results.rows += rounds.measure(group.rows, group.rounds)
        told.update("steps alone")
    if steps:
        results.micro, results.events, results.growths = asyncio.run(_steps(site)), per_event(), growths()
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
