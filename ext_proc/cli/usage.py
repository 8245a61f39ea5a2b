"""`tollkeeper usage`: what was called, by whom, and what it cost."""

import csv
import sys
import time
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from ext_proc.cli.failure import Failure
from ext_proc.cli.instants import before, iso
from ext_proc.cli.options import DEFAULT, AsJson, ConfigFile, settings_at
from ext_proc.cli.store_step import on_store
from ext_proc.cli.tables import number, show_json, show_table, usd
from ext_proc.usage_totals import GROUPS, Totals, summed

Sums = Mapping[tuple[Any, ...], Totals]
_COLUMNS = (
    ">calls",
    ">refused",
    ">failed",
    ">cut",
    ">input",
    ">cached",
    ">output",
    ">cost USD",
    ">unpriced",
    ">estimated",
)


def usage(
    by: Annotated[str, typer.Option(help=f"Group by these, with commas: {', '.join(GROUPS)}.")] = "model",
    since: Annotated[str, typer.Option(help="From when on: 7d, 12h or a date, 2027-01-31 (UTC).")] = "7d",
    until: Annotated[str | None, typer.Option(help="Until when, that instant excluded; now when left out.")] = None,
    as_json: AsJson = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV, for spreadsheets.")] = False,
    config: ConfigFile = DEFAULT,
) -> None:
    """Sum up calls, tokens and exact cost.

    Example: tollkeeper usage --by team,model --since 30d
    """
    if as_json and as_csv:
        raise Failure("--json and --csv: give one of them")
    now = time.time()
    names = _groups(by)
    start = before(since, now, "--since")
    end = now + 1 if until is None else before(until, now, "--until")
    if end <= start:
        raise Failure(f"--until: {until!r} is not after --since {since!r}")
    sums, total = summed(on_store(settings_at(config).settings, lambda store: store.entries(start, end)), names)
    if as_json:
        show_json(_json(names, start, end, sums, total))
    elif as_csv:
        _show_csv(names, sums)
    else:
        _show(names, sums, total)


def _groups(by: str) -> list[str]:
    names = [name.strip() for name in by.split(",")]
    for name in names:
        if name not in GROUPS:
            raise Failure(f"--by: {name!r} is unknown; allowed: {', '.join(GROUPS)}")
    return list(dict.fromkeys(names))


def _json(names: list[str], start: float, end: float, sums: Sums, total: Totals) -> dict[str, Any]:
    rows = [dict(zip(names, group, strict=True)) | totals.row() for group, totals in sums.items()]
    return {"since": iso(start), "until": iso(end), "by": names, "rows": rows, "total": total.row()}


def _show_csv(names: list[str], sums: Sums) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow([*names, *Totals().row()])
    writer.writerows([*group, *totals.row().values()] for group, totals in sums.items())


def _show(names: list[str], sums: Sums, total: Totals) -> None:
    if not sums:
        typer.echo("no calls in this time")
        return
    rows = [[*group, *_cells(totals)] for group, totals in sums.items()]
    show_table([*names, *_COLUMNS], rows, ["total", *[" "] * (len(names) - 1), *_cells(total)])


def _cells(totals: Totals) -> list[str]:
    counts = (totals.calls, totals.refused, totals.failed, totals.aborted)
    tokens = (totals.input_tokens, totals.cache_read_input_tokens, totals.output_tokens)
    share = f"{totals.estimated_share:.1%}"
    return [*map(number, (*counts, *tokens)), usd(totals.cost_nano), number(totals.unpriced), share]
