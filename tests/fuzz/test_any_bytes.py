"""No bytes hurt a reader of any API, nor the writers that its words go to."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fuzz.targets import TARGETS
from tests.fuzz.mutations import bodies
from tests.fuzz.seeds import seeds

EACH = pytest.mark.parametrize("name", TARGETS)


@EACH
def test_the_seeds_themselves_hurt_nothing(name):
    for seed in seeds(name):
        TARGETS[name](seed)


@EACH
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_only_our_own_errors_leave_a_reader_and_every_writer_can_say_what_was_read(name, data):
    TARGETS[name](data.draw(bodies(name, seeds(name))))
