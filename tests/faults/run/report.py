"""The tables of a run: what happened, and each promise beside what was seen."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from tests.faults.run.audit import Audit
from tests.faults.run.callers import Call
from tests.faults.run.reader import OVERDUE, Reader
from tests.faults.run.troubles import Troubles

MOST_OVER = 0.001
"""Of what was billed, for calls whose entries do not say that they estimate."""
BILLED = "billed and not charged"
MOST_SHOWN = 4
"""Calls that do not add up, in all that is known of them."""


@dataclass(slots=True)
class Run:
    """All that a run has seen. `about` names what it ran on; `faults` is what the service logged as unforeseen."""

    about: dict[str, str]
    calls: list[Call]
    troubles: Troubles
    reader: Reader
    audit: Audit
    told_again: int
    faults: int

    @property
    def over_share(self) -> float:
        audit = self.audit
        return max(audit.over.tokens / max(1, audit.truth.tokens), audit.over.nano / max(1, audit.truth.nano))

    @property
    def sums_differ(self) -> bool:
        """The limits were charged what the entries say, and the worst case of calls that expired."""
        audit = self.audit
        apart = (audit.settled.tokens - audit.charged.tokens, audit.settled.nano - audit.charged.nano)
        return min(apart) < 0 if audit.outcomes["expired"] else apart != (0, 0)

    def promises(self) -> Iterator[tuple[str, str, str, bool]]:
        """What is promised, how much of the contrary is allowed, what was seen, and whether that is kept."""
        audit, reader = self.audit, self.reader
        above, short = sum(reader.above.values()), audit.short
        yield "units above a limit", "0", f"{above} in {reader.reads:,} readings", above == 0 and reader.reads > 20
        late = max(0.0, reader.overdue)
        yield "a lease is resolved after its end", f"{OVERDUE:.0f} s", f"{late:.2f} s", late <= OVERDUE
        yield "served and not charged", "0", f"{audit.unpaid} tokens", audit.unpaid == 0
        yield BILLED, "0", f"{short.tokens} tokens, ${short.nano / 1e9:.6f}", not audit.short_calls
        share = self.over_share
        yield "charged and not billed, unmarked", f"{MOST_OVER:.1%}", f"{share:.3%}", share <= MOST_OVER
        covered = audit.settled.tokens >= audit.truth.tokens and audit.settled.nano >= audit.truth.nano
        yield "limits charged below the truth", "0", "0" if covered else "too little", covered
        yield "limits and entries differ", "0", str(int(self.sums_differ)), not self.sums_differ
        yield "entries of one call twice", "0", str(audit.twice), audit.twice == 0
        yield "entries of no call", "0", str(audit.unknown), audit.unknown == 0
        yield "held when all is over", "0", str(audit.left), audit.left == 0
        yield "faults that nobody foresaw", "0", str(self.faults), self.faults == 0

    @property
    def broken(self) -> list[str]:
        return [name for name, *_, kept in self.promises() if not kept]


def show(run: Run) -> None:
    console = Console(width=None if sys.stdout.isatty() else 120, highlight=False)
    console.print(", ".join(f"{name} {value}" for name, value in run.about.items()))
    console.print(_happened(run))
    console.print(_limits(run))
    console.print(_promises(run))
    if run.audit.short_calls:
        console.print(_short(run.audit))
    for row in [*run.audit.short_calls, *run.audit.over_calls][:MOST_SHOWN]:
        console.print(row)


def _happened(run: Run) -> Table:
    table = _table("What happened", "what", ">how often", "of which")
    calls, audit = run.calls, run.audit
    table.add_row("calls", f"{len(calls):,}", _told(Counter(_answer(call) for call in calls)))
    table.add_row("tries at providers", f"{audit.attempts.total():,}", _told(audit.attempts))
    table.add_row("entries", f"{audit.outcomes.total():,}", _told(audit.outcomes))
    table.add_row("access logs told again", f"{run.told_again:,}", "")
    table.add_row("troubles", f"{run.troubles.done.total():,}", _told(run.troubles.done))
    table.add_row("tokens billed", f"{audit.truth.tokens:,}", f"${audit.truth.nano / 1e9:.6f}")
    table.add_row("charged more, as estimated", f"{audit.marked.tokens:,}", f"${audit.marked.nano / 1e9:.6f}")
    more = audit.settled.tokens - audit.charged.tokens, audit.settled.nano - audit.charged.nano
    table.add_row("charged more, as expired", f"{more[0]:,}", f"${more[1] / 1e9:.6f}")
    return table


def _limits(run: Run) -> Table:
    table = _table("How full limits were at most: settled and leased", "limit", ">of it", ">units above")
    for name, share in sorted(run.reader.fullest.items()):
        table.add_row(name, f"{share:.1%}", str(run.reader.above[name]))
    return table


def _promises(run: Run) -> Table:
    table = _table("What was promised", "promise", ">at most", ">seen", "")
    for name, allowed, seen, kept in run.promises():
        table.add_row(name, allowed, seen, "kept" if kept else "BROKEN")
    return table


def _short(audit: Audit) -> Table:
    table = _table("Billed and not charged, by how it went", "tries and what became of them", ">calls", ">tokens")
    calls, tokens = Counter[str](), Counter[str]()
    for row in audit.short_calls:
        calls[row["went"]] += 1
        tokens[row["went"]] += row["short"]
    for went, count in calls.most_common():
        table.add_row(went, str(count), str(tokens[went]))
    return table


def _answer(call: Call) -> str:
    return f"{call.status or 'no answer'} {call.end}"


def _told(counts: Counter[str]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counts.most_common())


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, box=SIMPLE_HEAD, title_justify="left", pad_edge=False)
    for column in columns:
        table.add_column(column.removeprefix(">"), justify="right" if column.startswith(">") else "left")
    return table
