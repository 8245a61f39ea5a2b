"""What each kind of provider is sent is kept as a text, so that a new row, or a change to one, is seen as what it sends.

A missing text is made by `python -m tests.providers.asked KIND > tests/providers/goldens/KIND.txt`, and then read.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from ext_proc.providers import KINDS
from tests.providers.asked import asked

GOLDENS = Path(__file__).parent / "goldens"


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_provider_is_sent_what_its_text_says(kind):
    assert asked(kind) == (GOLDENS / f"{kind}.txt").read_text()


def test_there_is_no_text_of_a_kind_that_is_gone():
    assert {path.stem for path in GOLDENS.iterdir()} <= KINDS.keys()
