"""The tables of a run, and the same as JSON."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from bench.events import OBSERVED_TARGET, TRANSLATED_TARGET, PerEvent
from bench.growth import TARGET as TWICE_TARGET
from bench.growth import Growth
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
    events: list[PerEvent] = field(default_factory=list)
    growths: list[Growth] = field(default_factory=list)

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
        ours, null = self._each(metering, Figures.together)
        return ours, null

    def per_event_of_python(self) -> tuple[float, float]:
        """The same of the servers alone, inline: what gRPC costs to bring an event and take it back, and more."""
        ours, null = self._each("inline", Figures.server)
        return ours, null

    def _each(self, metering: str, cost: Callable[[Figures], tuple[float, float]]) -> tuple[float, ...]:
        streams = sorted(self._streams(metering), key=lambda figures: figures.row.kind.events)
        short, long = streams[0], streams[-1]
        events = long.row.kind.events - short.row.kind.events
        return tuple((b - a) / events for a, b in zip(cost(short), cost(long), strict=True))

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
            "server_event_us": _pair(*self.per_event_of_python()),
            "code_event_us": {event.title: round(event.micros, 1) for event in self.events},
            "twice_as_long": {f"{one.api}.{one.reader}": round(one.ratio, 2) for one in self.growths if one.ratio},
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
        console.print(_code_table(results.events, results.per_event_of_python()))
        console.print(_growth_table(results.growths))
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


def _code_table(events: Sequence[PerEvent], server: tuple[float, float]) -> Table:
    title = "Our code alone per streamed event (µs of CPU), beside the null server's echo of one"
    table = _table(title, "event", ">each", ">target", ">of a null echo")
    table.add_row("null server: gRPC in and out, no reading", _n(server[1]), "", "")
    table.add_row("service, inline: the same, observed", _n(server[0]), "", f"{server[0] / server[1]:.0%}")
    for event in events:
        kind, target = ("observed", OBSERVED_TARGET) if event.observed else ("translated", TRANSLATED_TARGET)
        mark = f"≤ {target:.0f}" + ("" if event.micros <= target else "  over")
        table.add_row(f"{kind}: {event.title}", f"{event.micros:.1f}", mark, f"{event.micros / server[1] / 1e6:.0%}")
    return table


def _growth_table(growths: Sequence[Growth]) -> Table:
    title = f"A body twice as long: CPU as a multiple, of the dearest step (target ≤ {TWICE_TARGET})"
    table = _table(title, "body", ">multiple", "step", "what grew")
    for one in sorted(growths, key=lambda growth: -growth.ratio):
        if one.ratio:
            table.add_row(f"{one.api} {one.reader}", f"{one.ratio:.2f}", one.step, one.place)
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
