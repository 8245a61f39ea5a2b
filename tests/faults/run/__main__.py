"""`python -m tests.faults.run`: hard budgets under faults, at length, with a table of what was promised and seen."""

from __future__ import annotations

import secrets
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from tests.faults.run.report import show
from tests.faults.run.run import Wanted, run

STORES = ("sqlite", "redis")


def main(
    *,
    store: Annotated[str, typer.Option(help="sqlite, redis, or both: one after the other.")] = "both",
    seconds: Annotated[float, typer.Option(help="For how long calls are made.")] = 120,
    callers: Annotated[int, typer.Option(help="How many call at once.")] = 64,
    seed: Annotated[int, typer.Option(help="Of what is drawn: calls, answers, faults. 0 draws one.")] = 0,
    envoy: Annotated[str, typer.Option(help="The Envoy to run: 1.37, 1.38, 1.39 or 1.40.")] = "1.40",
    keep: Annotated[Path | None, typer.Option(help="A new folder for the logs, the store and the truth.")] = None,
) -> None:
    """Call a real Envoy from many sides while workers and the store die, and see that no limit is passed."""
    seed = seed or secrets.randbelow(1_000_000)
    broken = []
    for name in STORES if store == "both" else (store,):
        print(f"{name}: seed {seed}, {callers} callers for {seconds:.0f} s", flush=True)
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder) if keep is None else keep / name
            place.mkdir(parents=True, exist_ok=True)
            done = run(Wanted(name, seconds, callers, seed, envoy), place)
        show(done)
        broken += [f"{name}: {promise}" for promise in done.broken]
    sys.exit("; ".join(broken) or 0)


if __name__ == "__main__":
    typer.run(main)
