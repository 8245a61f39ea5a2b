"""Hard budgets while all goes wrong at once: a short run of `python -m tests.faults.run`, on each store."""

from __future__ import annotations

import os

import pytest

from tests.faults.run.report import BILLED, show
from tests.faults.run.run import Wanted, run
from tests.faults.run.script import TRIES, draw
from tests.faults.run.troubles import KINDS, plan

SEED = int(os.environ.get("SEED", "20"))
SECONDS = {"sqlite": 8.0, "redis": 9.0}


@pytest.mark.parametrize("store", ["sqlite", "redis"])
def test_no_limit_is_passed_and_nothing_served_is_free_while_workers_and_the_store_die(tmp_path, store):
    """Of answers that break off before the client has a byte, some are charged below what was billed: the long run tells."""
    done = run(Wanted(store, SECONDS[store], callers=16, seed=SEED, without=frozenset({"half"})), tmp_path)
    show(done)
    assert set(done.broken) <= {BILLED}
    assert done.audit.truth.tokens > 0
    assert done.audit.outcomes["refused"] > 0
    assert done.troubles.done["worker killed"] > 0


def test_a_seed_draws_the_same_calls_and_the_same_faults_each_time():
    calls = [draw(3, caller, number) for caller in range(8) for number in range(50)]
    assert calls == [draw(3, caller, number) for caller in range(8) for number in range(50)]
    assert {goes for call in calls for goes in call.part.tries} == set(TRIES)
    for store, kinds in KINDS.items():
        assert plan(3, store, 60) == plan(3, store, 60)
        assert {trouble.kind for trouble in plan(3, store, 60)} == set(kinds)
