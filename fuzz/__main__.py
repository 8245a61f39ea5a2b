"""`python -m fuzz`: every target in turn with Atheris, from the seeds of the tests. Each runs in a process of its own.

What breaks a target is kept beside its corpus, and printed with the command that repeats it.
"""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

CORPUS = Path(".fuzz")
LONGEST = 4096
"""Bytes of an input."""
SLOWEST = 10
"""Seconds after which an input counts as a hang."""


def main(
    *,
    only: Annotated[str, typer.Option(help="Only targets whose name contains this, like `messages.stream`.")] = "",
    runs: Annotated[int, typer.Option(help="Inputs to try for each target.")] = 20_000,
    target: Annotated[str, typer.Option(help="Run this one here, with the arguments of libFuzzer.", hidden=True)] = "",
    arguments: Annotated[list[str] | None, typer.Argument(hidden=True)] = None,
) -> None:
    """Look for bytes that hurt a reader, guided by the branches they reach."""
    if find_spec("atheris") is None:
        sys.exit("error: Atheris is missing, or has no wheel for this Python; try: pip install --group fuzz")
    if target:
        _run_here(target, arguments or [])
    from fuzz.targets import TARGETS

    failed = [name for name in TARGETS if only in name and not _run(name, runs)]
    sys.exit(f"{len(failed)} targets failed: {', '.join(failed)}" if failed else 0)


def _run(name: str, runs: int) -> bool:
    from tests.fuzz.seeds import seeds

    folder = CORPUS / name
    folder.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds(name)):
        (folder / f"seed-{number}").write_bytes(seed)
    limits = (
        f"-runs={runs}",
        f"-max_len={LONGEST}",
        f"-timeout={SLOWEST}",
        f"-artifact_prefix={folder}-",
        "-verbosity=0",
    )
    command = [sys.executable, "-m", "fuzz", "--target", name, "--", str(folder), *limits]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    print(f"{name:<40} {'good' if ended.returncode == 0 else 'FAILED'}", flush=True)
    if ended.returncode:
        print(ended.stdout[-3000:], ended.stderr[-3000:], " ".join(command), sep="\n", flush=True)
    return ended.returncode == 0


def _run_here(name: str, arguments: list[str]) -> None:
    import atheris

    with atheris.instrument_imports(include=["ext_proc"]):
        from fuzz.targets import TARGETS
    atheris.Setup([sys.argv[0], *arguments], TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    typer.run(main)
