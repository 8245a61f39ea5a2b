"""The table of sinks: the key under `usage:` to what opens one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ext_proc.sinks.jsonl import jsonl_sink
from ext_proc.sinks.log import log_sink
from ext_proc.sinks.sink import Sink

SINKS: Mapping[str, Callable[[Any], Sink]] = {
    "log": log_sink,
    "jsonl": lambda path: jsonl_sink(Path(path)),
}
