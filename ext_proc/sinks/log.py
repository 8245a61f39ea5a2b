"""Usage entries on standard output or standard error, one JSON line each."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from ext_proc.sinks.jsonl import lines_of, write_whole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ext_proc.sinks.sink import Sink

_DESCRIPTORS = {"stdout": 1, "stderr": 2}


def log_sink(stream: Literal["stdout", "stderr"]) -> Sink:
    """Writes past Python's buffers, so that each line is whole and there at once."""
    return partial(_write, _DESCRIPTORS[stream])


def _write(descriptor: int, entries: Sequence[dict[str, Any]]) -> None:
    write_whole(descriptor, lines_of(entries))
