"""After the run: what the providers billed, call by call, beside what the ledger holds and what the limits were charged."""

from __future__ import annotations

import json
import time
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ext_proc.limits import Balance
from ext_proc.stores.opened import open_store
from tests.faults.run.callers import Call
from tests.faults.run.site import ALL_MONEY, ALL_TOKENS, Site

Row = dict[str, Any]


@dataclass(slots=True)
class Sums:
    """Tokens and nano-dollars."""

    tokens: int = 0
    nano: int = 0

    def add(self, tokens: int, nano: int) -> None:
        self.tokens += tokens
        self.nano += nano

    @classmethod
    def of(cls, rows: Iterable[tuple[int, int]]) -> Sums:
        sums = cls()
        for row in rows:
            sums.add(*row)
        return sums


@dataclass(slots=True)
class Audit:
    """`short` is what was billed and not charged, `over` the contrary: `marked` where an entry says that it estimates."""

    truth: Sums = field(default_factory=Sums)
    charged: Sums = field(default_factory=Sums)
    settled: Sums = field(default_factory=Sums)
    short: Sums = field(default_factory=Sums)
    unpaid: int = 0
    """Tokens that reached a client, or that its answer was made from, and that were not charged."""
    over: Sums = field(default_factory=Sums)
    marked: Sums = field(default_factory=Sums)
    short_calls: list[Row] = field(default_factory=list)
    over_calls: list[Row] = field(default_factory=list)
    outcomes: Counter[str] = field(default_factory=Counter)
    attempts: Counter[str] = field(default_factory=Counter)
    expired: Sums = field(default_factory=Sums)
    """What providers billed of calls whose leases expired with no later word; only the limits were charged for those."""
    twice: int = 0
    unknown: int = 0
    """Entries of no call that was made."""
    left: int = 0
    """Leases, and what limits still hold, when all is over."""


async def audited(site: Site, calls: list[Call]) -> Audit:
    store = open_store(site.settings)
    await store.open()
    entries, balances = await store.entries(0, time.time() + 60), await store.balances(time.time())
    leases = await store.leases()
    await store.close()
    audit = compare(calls, [json.loads(line) for line in site.truth.read_text().splitlines()], entries)
    audit.left = len(leases) + sum(balance.leased for balance in balances)
    audit.settled = Sums(_settled(balances, ALL_TOKENS), _settled(balances, ALL_MONEY))
    return audit


def compare(calls: list[Call], truth: list[Row], entries: list[Row]) -> Audit:
    audit = Audit()
    audit.twice = sum(count - 1 for count in Counter(entry["decision_id"] for entry in entries).values())
    audit.outcomes.update(entry["outcome"] for entry in entries)
    audit.attempts.update(row["goes"] for row in truth)
    billed, entered = defaultdict(list), _by_call(calls, entries, audit)
    for row in truth:
        billed[row["tag"]].append(row)
    for call in calls:
        _compare(audit, call, billed[call.tag], entered[call.tag])
    return audit


def _by_call(calls: list[Call], entries: list[Row], audit: Audit) -> dict[str, list[Row]]:
    """By the caller's key and by the time: a caller makes one call after the other, and some never learn their id."""
    of_key: dict[str, list[Call]] = defaultdict(list)
    for call in calls:
        of_key[call.key].append(call)
    found: dict[str, list[Row]] = defaultdict(list)
    for entry in entries:
        own = of_key[entry["key"]]
        at = bisect_right(own, entry["at"], key=lambda call: call.began) - 1
        if at < 0:
            audit.unknown += 1
        else:
            found[own[at].tag].append(entry)
    return found


def _compare(audit: Audit, call: Call, billed: list[Row], entries: list[Row]) -> None:
    truth = Sums.of((row["input"] + row["output"], row["nano"]) for row in billed)
    charged = Sums.of((row["input_tokens"] + row["output_tokens"], row["cost_nano"] or 0) for row in entries)
    audit.truth.add(truth.tokens, truth.nano)
    audit.charged.add(charged.tokens, charged.nano)
    if any(entry["outcome"] == "expired" for entry in entries):
        audit.expired.add(max(0, truth.tokens - charged.tokens), max(0, truth.nano - charged.nano))
        return
    audit.unpaid += _unpaid(call, billed, entries)
    short = Sums(max(0, truth.tokens - charged.tokens), max(0, truth.nano - charged.nano))
    over = Sums(max(0, charged.tokens - truth.tokens), max(0, charged.nano - truth.nano))
    audit.short.add(short.tokens, short.nano)
    is_marked = any(entry["estimated"] for entry in entries)
    (audit.marked if is_marked else audit.over).add(over.tokens, over.nano)
    if short != Sums():
        audit.short_calls.append(_told(call, billed, entries) | {"short": short.tokens})
    if over != Sums() and not is_marked:
        audit.over_calls.append(_told(call, billed, entries))


def _unpaid(call: Call, billed: list[Row], entries: list[Row]) -> int:
    """Input and output apart, so that the estimate of one cannot make up for the other."""
    read = next((row["input"] for row in reversed(billed) if row["billed"]), 0) if call.tokens else 0
    output, read_here = (sum(entry[name] for entry in entries) for name in ("output_tokens", "input_tokens"))
    return max(0, call.tokens - output) + max(0, read - read_here)


def _told(call: Call, billed: list[Row], entries: list[Row]) -> Row:
    """All that is known of a call that does not add up, to find out why."""
    script, names = (
        call.script,
        (
            "decision_id",
            "outcome",
            "status",
            "provider",
            "metering",
            "attempts",
            "estimated",
            "reason",
            "finish_reason",
            "input_tokens",
            "output_tokens",
        ),
    )
    return {
        "went": _went(billed, entries),
        "call": f"{call.tag} {script.api} {script.model} {'stream' if script.stream else 'whole'}",
        "end": f"{call.status} {call.end} after {call.pieces} pieces",
        "leaves": script.leaves,
        "at": round(call.began, 3),
        "attempts": [f"{row['number']}: {row['goes']} {row['input']}+{row['output']}" for row in billed],
        "entries": [{name: entry[name] for name in names} for entry in entries],
    }


def _went(billed: list[Row], entries: list[Row]) -> str:
    """Tries, the outcome and the beginning of its reason, so that calls of one kind can be counted."""
    tries = ", ".join(row["goes"] + ("" if row["billed"] else " (not billed)") for row in billed)
    ends = {f"{entry['outcome']} {(entry['reason'] or '').partition('{')[0]}".strip() for entry in entries}
    return f"{tries}: {', '.join(sorted(ends)) or 'no entry'}"


def _settled(balances: list[Balance], limit: str) -> int:
    return sum(balance.settled for balance in balances if balance.limit == limit)
