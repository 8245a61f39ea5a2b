"""A body twice as long costs at most 2.2 times: counted in lines of our code that run, so that no clock is asked.

What one line may cost by itself, as in a copy of all that came before, is timed by `make bench`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import ext_proc
from ext_proc.apis import APIS
from ext_proc.errors import TollkeeperError
from fuzz.targets import TARGETS
from tests.fuzz.growth import grown
from tests.fuzz.steps import steps

CODE = str(Path(ext_proc.__file__).parent)
TIMES, MOST = 40, 2.2
SLACK = 50
"""Lines, as short bodies run few."""


def lines(step: Callable[[], Any]) -> int:
    """How many lines of the package run, each as often as it does."""
    count = 0

    def in_frame(_frame: FrameType, event: str, _argument: Any) -> Any:
        nonlocal count
        count += event == "line"
        return in_frame

    def enter(frame: FrameType, _event: str, _argument: Any) -> Any:
        return in_frame if frame.f_code.co_filename.startswith(CODE) else None

    before = sys.gettrace()
    sys.settrace(enter)
    try:
        with suppress(TollkeeperError):
            step()
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize("name", TARGETS)
def test_a_body_twice_as_long_costs_about_twice(name):
    short, long = (_counted(name, times) for times in (TIMES, 2 * TIMES))
    dear = {step: (once, long.get(step, 0)) for step, once in short.items() if long.get(step, 0) > MOST * once + SLACK}
    assert dear == {}


def _counted(name: str, times: int) -> dict[tuple[str, str], int]:
    api, reader = name.rsplit(".", 1)
    return {
        (place, title): lines(step)
        for place, body in grown(name, times).items()
        for title, step in steps(APIS[api], reader, body, cut=16)
    }


def test_the_count_tells_a_quadratic_reader_from_a_linear_one():
    from ext_proc.apis.json_value import as_text

    linear = [lines(lambda n=n: [as_text(one) for one in range(n)]) for n in (TIMES, 2 * TIMES)]
    square = [lines(lambda n=n: [as_text(one) for one in range(n) for _ in range(n)]) for n in (TIMES, 2 * TIMES)]
    assert linear[1] <= MOST * linear[0]
    assert square[1] > MOST * square[0]
