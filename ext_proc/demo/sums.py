"""The steps that look back: which keys went where, and what it all cost."""

from __future__ import annotations

import json
from typing import Any

from ext_proc.cli.tables import number, usd
from ext_proc.demo.stage import Stage, expect, masked

COLUMNS = ("calls", "refused", "input_tokens", "output_tokens")


def keys_apart(stage: Stage) -> str:
    virtual = tuple(stage.keys.values())
    for name, provider in stage.providers.items():
        credential = provider.credential(provider.last)
        shown = credential.replace(provider.key, masked(provider.key))
        stage.show.line(name, f"got {provider.format.auth_header}: {shown}")
        for one in provider.received:
            told = " ".join(one.headers.values()) + one.body.decode()
            expect(not any(key in told for key in virtual), f"the {name} provider got to see a virtual key")
    stage.show.line("you", f"hold {masked(virtual[0])}, of which only a keyed hash is stored")
    for provider in stage.providers.values():
        expect(not any(provider.key in text for text in stage.seen), f"a client got to see the key of {provider.name}")
    return f"looked for in {sum(len(p.received) for p in stage.providers.values())} calls and their answers"


def exact_cost(stage: Stage) -> str:
    calls = sum(len(provider.received) for provider in stage.providers.values())
    stage.eventually(lambda: _usage(stage)["total"]["served"] >= calls)
    told = _usage(stage)
    rows = [[row["team"], row["model"], *_numbers(row)] for row in told["rows"]]
    stage.show.verbatim("   $ tollkeeper usage --by team,model", "dim")
    stage.show.table(
        ("team", "model", "calls", "refused", "input", "output", "cost USD"),
        [*rows, ["total", "", *_numbers(told["total"])]],
        names=2,
    )
    total = told["total"]
    expect(total["served"] == calls, f"{calls} calls reached a provider, and {total['served']} are charged")
    expect(total["estimated"] == 0, "a call was charged by an estimate")
    expect(total["cost_nano"] == _by_hand(told["rows"]), f"${usd(total['cost_nano'])} is not tokens times price")
    return "tokens times the price in prices.yaml, in integers of a nano-dollar"


def _usage(stage: Stage) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(stage.command("usage", "--by", "team,model", "--json"))
    return told


def _numbers(row: dict[str, Any]) -> list[str]:
    return [*(number(row[name]) for name in COLUMNS), usd(row["cost_nano"])]


def _by_hand(rows: list[dict[str, Any]]) -> int:
    """Nano-dollars of a token, as `PRICES` has them by the million."""
    prices = {"gpt-4o-mini": (150, 600), "claude-haiku-4-5": (1000, 5000)}
    known = [(row, prices[row["model"]]) for row in rows if row["model"] in prices]
    return sum(row["input_tokens"] * in_ + row["output_tokens"] * out for row, (in_, out) in known)
