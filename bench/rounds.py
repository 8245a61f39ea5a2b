"""Rounds of load on both stacks in turn, and what each call cost them in CPU time."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace

from bench.calls import Kind
from bench.envoys import ROOT
from bench.load import Load
from bench.processes import cpu_seconds
from bench.stacks import Stack

LAST_WORDS = 0.7
"""Seconds for the access log of the last calls to arrive, and to be settled and exported."""
IDLE = 3.0


@dataclass(frozen=True, slots=True)
class Row:
    """One kind of call, and how it is called for: `calls` in a round, so many `at_once` or at a `rate` a second."""

    title: str
    kind: Kind
    calls: int
    at_once: int = 16
    rate: float | None = None
    rounds: int = 3

    def shorter(self) -> Row:
        return replace(self, calls=max(self.at_once if self.rate is None else 8, self.calls // 3), rounds=1)


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of CPU: of the server and of its Envoy."""

    server: float
    envoy: float


@dataclass(frozen=True, slots=True)
class Figures:
    """What one call of a row cost on each stack, in every round that counts."""

    row: Row
    ours: tuple[Cost, ...]
    null: tuple[Cost, ...]
    pieces: float
    """Reads of a client per call: below the number of events where the proxy saw several at once."""

    def server(self) -> tuple[float, float]:
        """Ours and null, the median of the rounds."""
        return _median(self.ours, lambda cost: cost.server), _median(self.null, lambda cost: cost.server)

    def together(self) -> tuple[float, float]:
        """The same of server and Envoy together."""
        return _median(self.ours, _whole), _median(self.null, _whole)

    @property
    def ratio(self) -> float:
        """Of the medians, which a round that was disturbed hardly moves."""
        ours, null = self.server()
        return ours / null

    @property
    def ratios(self) -> list[float]:
        return sorted(mine.server / theirs.server for mine, theirs in zip(self.ours, self.null, strict=True))


def _whole(cost: Cost) -> float:
    return cost.server + cost.envoy


def _median(costs: Sequence[Cost], of: Callable[[Cost], float]) -> float:
    return statistics.median(map(of, costs))


@dataclass(frozen=True, slots=True)
class Rounds:
    """`idle` is CPU seconds a second of each stack while nobody calls, which is taken off."""

    stacks: tuple[Stack, Stack]
    idle: tuple[Cost, Cost]

    def measure(self, row: Row) -> Figures:
        """The first round, a short one, only warms up."""
        costs: tuple[list[Cost], list[Cost]] = ([], [])
        pieces = 0.0
        for number in range(row.rounds + 1):
            calls = row.calls if number else max(1, row.calls // 4)
            for stack, idle, of_stack in zip(self.stacks, self.idle, costs, strict=True):
                cost, pieces = _round(stack, row, calls, idle)
                of_stack.append(cost)
        return Figures(row, tuple(costs[0][1:]), tuple(costs[1][1:]), pieces)


def begin(ours: Stack, null: Stack) -> Rounds:
    """Warms both up and measures what they cost when idle."""
    for stack in (ours, null):
        _load(stack, Row("", Kind(), 200), 200)
    time.sleep(LAST_WORDS)
    before = (_used(ours), _used(null))
    time.sleep(IDLE)
    idle = [_difference(_used(stack), used, 1 / IDLE) for stack, used in zip((ours, null), before, strict=True)]
    return Rounds((ours, null), (idle[0], idle[1]))


def _round(stack: Stack, row: Row, calls: int, idle: Cost) -> tuple[Cost, float]:
    before, began = _used(stack), time.monotonic()
    run = _load(stack, row, calls)
    time.sleep(LAST_WORDS)
    seconds = time.monotonic() - began
    used = _difference(_used(stack), before, 1.0)
    whole = Cost(used.server - idle.server * seconds, used.envoy - idle.envoy * seconds)
    return Cost(whole.server / calls, whole.envoy / calls), run["pieces"] / calls


def _load(stack: Stack, row: Row, calls: int) -> dict[str, float]:
    """Raises RuntimeError when a call fails, as what it cost then says nothing."""
    load = Load(stack.port, stack.key, row.kind, calls, min(row.at_once, calls), row.rate)
    command = [sys.executable, "-m", "bench.load", json.dumps(asdict(load))]
    run: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True, cwd=ROOT).stdout)
    if run["failed"]:
        raise RuntimeError(f"{run['failed']} of {calls} calls of {stack.name} failed: {run['first_failure']}")
    return run


def _used(stack: Stack) -> Cost:
    return Cost(cpu_seconds(stack.server), cpu_seconds(stack.envoy))


def _difference(after: Cost, before: Cost, share: float) -> Cost:
    return Cost((after.server - before.server) * share, (after.envoy - before.envoy) * share)
