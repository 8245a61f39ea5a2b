"""Rounds of load on both stacks in turn, and what each call cost them in CPU time."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace

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
    """One kind of call, and how it is called for: `calls` in a round, so many `at_once` or at a `rate` a second.

    A round at a rate has a length of its own, in `seconds`, so that rows of one rate can be compared with one another.
    """

    title: str
    kind: Kind
    calls: int
    at_once: int = 16
    rate: float | None = None
    seconds: float = 0.0

    def shorter(self, share: int) -> Row:
        return replace(self, calls=max(4, self.calls // share), seconds=0.0)


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

    def measure(self, rows: Sequence[Row], rounds: int) -> list[Figures]:
        """Every row on both stacks in turn, again and again; a first, short round only warms up."""
        measured = [_Measured(row) for row in rows]
        for number in range(rounds + 1):
            for one in measured:
                one.add(self._both(one.row if number else one.row.shorter(4)), counts=number > 0)
        return [one.figures() for one in measured]

    def _both(self, row: Row) -> tuple[Cost, Cost, float]:
        (ours, _), (null, pieces) = (
            _round(stack, row, idle) for stack, idle in zip(self.stacks, self.idle, strict=True)
        )
        return ours, null, pieces


@dataclass(slots=True)
class _Measured:
    row: Row
    ours: list[Cost] = field(default_factory=list)
    null: list[Cost] = field(default_factory=list)
    pieces: float = 0.0

    def add(self, both: tuple[Cost, Cost, float], *, counts: bool) -> None:
        if counts:
            self.ours.append(both[0])
            self.null.append(both[1])
            self.pieces = both[2]

    def figures(self) -> Figures:
        return Figures(self.row, tuple(self.ours), tuple(self.null), self.pieces)


def begin(ours: Stack, null: Stack) -> Rounds:
    """Warms both up and measures what they cost when idle."""
    for stack in (ours, null):
        _load(stack, Row("", Kind(), 200))
    time.sleep(LAST_WORDS)
    before = (_used(ours), _used(null))
    time.sleep(IDLE)
    idle = [_difference(_used(stack), used, 1 / IDLE) for stack, used in zip((ours, null), before, strict=True)]
    return Rounds((ours, null), (idle[0], idle[1]))


def _round(stack: Stack, row: Row, idle: Cost) -> tuple[Cost, float]:
    before, began = _used(stack), time.monotonic()
    run = _load(stack, row)
    time.sleep(max(LAST_WORDS, began + row.seconds - time.monotonic()))
    seconds = time.monotonic() - began
    used = _difference(_used(stack), before, 1.0)
    whole = Cost(used.server - idle.server * seconds, used.envoy - idle.envoy * seconds)
    return Cost(whole.server / row.calls, whole.envoy / row.calls), run["pieces"] / row.calls


def _load(stack: Stack, row: Row) -> dict[str, float]:
    """Raises RuntimeError when a call fails, as what it cost then says nothing."""
    load = Load(stack.port, stack.key, row.kind, row.calls, min(row.at_once, row.calls), row.rate)
    command = [sys.executable, "-m", "bench.load", json.dumps(asdict(load))]
    run: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True, cwd=ROOT).stdout)
    if run["failed"]:
        raise RuntimeError(f"{run['failed']} of {row.calls} calls of {stack.name} failed: {run['first_failure']}")
    return run


def _used(stack: Stack) -> Cost:
    return Cost(cpu_seconds(stack.server), cpu_seconds(stack.envoy))


def _difference(after: Cost, before: Cost, share: float) -> Cost:
    return Cost((after.server - before.server) * share, (after.envoy - before.envoy) * share)
