"""A file of usage entries, one JSON line each; opened anew for every batch, so that log rotation needs no signal."""

from __future__ import annotations

import os
import stat
from functools import partial
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ext_proc.sinks.sink import Sink


def lines_of(entries: Sequence[dict[str, Any]]) -> bytes:
    return b"".join(orjson.dumps(entry, option=orjson.OPT_APPEND_NEWLINE) for entry in entries)


def write_whole(descriptor: int, data: bytes) -> None:
    """One write for all lines, so that several processes may append to one file; more only when it came up short."""
    while data:
        data = data[os.write(descriptor, data) :]


def jsonl_sink(path: Path) -> Sink:
    return partial(_append, path)


def _append(path: Path, entries: Sequence[dict[str, Any]]) -> None:
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640)
    try:
        write_whole(descriptor, (b"\n" if _is_torn(descriptor) else b"") + lines_of(entries))
    finally:
        os.close(descriptor)


def _is_torn(descriptor: int) -> bool:
    """A full disk may have cut the last line; the next one must not be joined to it."""
    status = os.fstat(descriptor)
    return stat.S_ISREG(status.st_mode) and status.st_size > 0 and os.pread(descriptor, 1, status.st_size - 1) != b"\n"
