"""Every order that may be chosen is known beforehand, and has a name that both sides compute."""

from __future__ import annotations

import re

import pytest

from ext_proc.plan_names import plan_cluster_name, plan_orders
from ext_proc.settings import Model

ORDERS = [
    ([0], [(0,)]),
    ([0, 0], [(0, 1), (1, 0)]),
    ([0, 1], [(0, 1)]),
    ([1, 0], [(1, 0)]),
    ([0, 0, 0], [(0, 1, 2), (1, 0, 2), (2, 0, 1)]),
    ([0, 1, 0, 1], [(0, 2, 1, 3), (0, 2, 3, 1), (2, 0, 1, 3), (2, 0, 3, 1)]),
]


@pytest.mark.parametrize(("priorities", "orders"), ORDERS)
def test_each_backend_may_come_first_within_its_priority(priorities, orders):
    model = Model(backends=[{"provider": f"p{at}", "priority": priority} for at, priority in enumerate(priorities)])
    assert plan_orders(model) == orders


def test_names_are_readable_and_differ_with_every_order():
    orders = [["a"], ["a", "b"], ["b", "a"], ["a", "a"], ["a_b"], ["a", "b", "c"], ["a-b"], ["ä", "日本"], ["x" * 500]]
    names = [plan_cluster_name(order) for order in orders]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"plan_[A-Za-z0-9-]*_[0-9a-f]{10}", name) for name in names)
    assert plan_cluster_name(["openai", "claude"]).startswith("plan_openai-claude_")


def test_a_name_stays_as_it_is_between_releases():
    assert plan_cluster_name(["openai", "claude"]) == plan_cluster_name(("openai", "claude"))
    assert plan_cluster_name(["openai", "claude"]) == "plan_openai-claude_4c993e3afc"
