"""The tables of a run, and the same as JSON."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from bench.micro import Timed
from bench.rounds import Cost, Figures

WHOLE_TARGET = 1.6
GROWTH_TARGET = 1.1


@dataclass(slots=True)
class Results:
    """All that a run has measured. `about` names versions and the machine."""

    about: dict[str, str]
    idle: tuple[Cost, Cost]
    rows: list[Figures] = field(default_factory=list)
    micro: list[Timed] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        """Every row was asked for, and so what is derived from several can be."""
        return bool(self.micro)

    @property
    def growth(self) -> float:
        """Natively metered: the service's CPU for a long stream, as a multiple of that for a short one."""
        native = sorted(self._streams("native"), key=lambda figures: figures.row.kind.events)
        return native[-1].server()[0] / native[0].server()[0]

    def per_event(self, metering: str) -> tuple[float, float]:
        """Seconds of CPU of Envoy and server together for one more event of a stream: ours and null."""
        streams = sorted(self._streams(metering), key=lambda figures: figures.row.kind.events)
        short, long = streams[0], streams[-1]
        events = long.row.kind.events - short.row.kind.events
        ours, null = ((b - a) / events for a, b in zip(short.together(), long.together(), strict=True))
        return ours, null

    def _streams(self, metering: str) -> list[Figures]:
        return [f for f in self.rows if f.row.kind.events and f.row.kind.metering == metering]

    def as_json(self) -> dict[str, Any]:
        rows = {
            "idle_us_per_second": _pair(*(cost.server for cost in self.idle)),
            "calls": [*map(_row_json, self.rows)],
        }
        if not self.is_whole:
            return {**self.about, **rows}
        return {
            **self.about,
            **rows,
            "native_growth": round(self.growth, 3),
            "event_us": {metering: _pair(*self.per_event(metering)) for metering in METERINGS},
            "steps_us": {timed.title.strip(): round(timed.micros, 1) for timed in self.micro},
        }


METERINGS = ("native", "inline")


NOTES = """The null server answers the check and every attempt with constants, and passes watched streams on.
The service prepares plain calls at the edge, so that their attempts ask nobody; inline streams do.
Native streams begin at a steady rate, which leaves less for each commit and log message to share than whole answers."""


def show(results: Results) -> None:
    console = Console(width=None if sys.stdout.isatty() else 150, highlight=False)
    console.print(", ".join(f"{name} {value}" for name, value in results.about.items()))
    console.print(_calls_table(results.rows))
    if results.is_whole:
        console.print(_events_table(results))
        console.print(_steps_table(results.micro, results.rows[0].server()[1] * 1e6))
    ours, null = results.idle
    console.print(f"Idle, taken off above: {_us(ours.server)} µs of CPU a second; null {_us(null.server)}.")
    console.print(NOTES)


def _calls_table(rows: Sequence[Figures]) -> Table:
    title = "Python CPU per governed call (µs), beside a null two-level server"
    table = _table(title, "call", ">Tollkeeper", ">null", ">ratio", ">lowest and highest", ">target", ">rounds")
    for figures in rows:
        ours, null = figures.server()
        ratios = figures.ratios
        spread = f"{ratios[0]:.2f} to {ratios[-1]:.2f}"
        target = "" if figures is not rows[0] else f"≤ {WHOLE_TARGET}"
        rounds = f"{len(ratios)} x {figures.row.calls}"
        table.add_row(figures.row.title, _n(ours), _n(null), f"{figures.ratio:.2f}", spread, target, rounds)
    return table


def _events_table(results: Results) -> Table:
    title = "CPU of Envoy and service together per streamed event (µs)"
    table = _table(title, "metering", ">Tollkeeper", ">null", "")
    for metering in METERINGS:
        ours, null = results.per_event(metering)
        growth = f"service, longest stream to shortest: {results.growth:.2f} (target ≤ {GROWTH_TARGET})"
        table.add_row(metering, _n(ours), _n(null), growth if metering == "native" else "")
    return table


def _steps_table(micro: Sequence[Timed], null_micros: float) -> Table:
    table = _table("Steps alone (µs of CPU)", "step", ">each", ">of a null call")
    for timed in micro:
        table.add_row(timed.title, f"{timed.micros:.1f}", f"{timed.micros / null_micros:.1%}")
    return table


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, box=SIMPLE_HEAD, title_justify="left", pad_edge=False)
    for column in columns:
        table.add_column(column.removeprefix(">"), justify="right" if column.startswith(">") else "left")
    return table


def _row_json(figures: Figures) -> dict[str, Any]:
    ours, null = figures.server()
    both = figures.together()
    return {
        "call": figures.row.title,
        "cpu_us": _us(ours),
        "null_cpu_us": _us(null),
        "ratio": round(figures.ratio, 3),
        "ratios": [round(ratio, 3) for ratio in figures.ratios],
        "with_envoy_us": _us(both[0]),
        "null_with_envoy_us": _us(both[1]),
        "reads_per_call": round(figures.pieces, 1),
    }


def _pair(ours: float, null: float) -> dict[str, int]:
    return {"tollkeeper": _us(ours), "null": _us(null)}


def _us(seconds: float) -> int:
    return round(seconds * 1e6)


def _n(seconds: float) -> str:
    return f"{_us(seconds):,}"
