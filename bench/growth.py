"""What a body twice as long costs: the CPU of each reader and writer, as a multiple of that for half of it.

Measured over two doublings, of which the mean counts, as one may be that from a cache into memory.
Tests count lines for the same; here the clock also sees what one line costs, as a copy of all that came before.
"""

from __future__ import annotations

import gc
import math
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from ext_proc.apis import APIS
from ext_proc.errors import TollkeeperError
from fuzz.targets import TARGETS
from tests.fuzz.growth import grown
from tests.fuzz.steps import steps

TARGET = 2.2
TIMES = {"request": 100, "answer": 100, "stream": 10, "error": 500}
"""How often what grows stands in the shorter body. Streams come in single bytes, and so cost more."""
LEAST = 0.003
"""Seconds of a step below which nothing can be said of it."""
TRIES = 9
"""Of what seems too dear at first, as another process may have been in the way: the least of each counts."""


@dataclass(frozen=True, slots=True)
class Growth:
    """The dearest of an API's steps with one kind of body, and where that grew. `ratio` 0: all too quick to tell."""

    api: str
    reader: str
    ratio: float = 0.0
    step: str = ""
    place: str = ""


def growths() -> list[Growth]:
    """Without Python's collector, which looks at all that lives whenever much is made, whoever made it."""
    gc.collect()
    gc.disable()
    try:
        return [_worst(*name.rsplit(".", 1)) for name in TARGETS]
    finally:
        gc.enable()


def _worst(api: str, reader: str) -> Growth:
    found = [Growth(api, reader), *_growths(api, reader)]
    return max(found, key=lambda growth: growth.ratio)


def _growths(api: str, reader: str) -> Iterator[Growth]:
    short, long = (grown(f"{api}.{reader}", times) for times in (TIMES[reader], 4 * TIMES[reader]))
    for place in short:
        pairs = zip(*(steps(APIS[api], reader, body[place], cut=1) for body in (short, long)), strict=False)
        for (title, quarter), (_, whole) in pairs:
            yield Growth(api, reader, _ratio(quarter, whole), title, place)


def _ratio(quarter: Callable[[], Any], whole: Callable[[], Any]) -> float:
    if _seconds(whole) < LEAST:
        return 0.0
    ratio = math.sqrt(_seconds(whole) / _seconds(quarter))
    if ratio <= TARGET:
        return ratio
    times = [(_seconds(quarter), _seconds(whole)) for _ in range(TRIES)]
    return math.sqrt(min(whole for _, whole in times) / min(quarter for quarter, _ in times))


def _seconds(step: Callable[[], Any]) -> float:
    began = time.process_time()
    with suppress(TollkeeperError):
        step()
    return time.process_time() - began
