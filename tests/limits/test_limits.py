"""What a settled or expired lease costs, by unit."""

import pytest

from ext_proc.limits import LARGEST, Balance, charge, check_amounts, worst_charge


@pytest.mark.parametrize(
    ("unit", "reserved", "amounts", "charged"),
    [
        ("usd", 900, {"usd": 100}, 100),
        ("usd", 900, {"tokens": 100}, 0),
        ("tokens", 10, {"tokens": 25}, 25),
        ("requests", 1, {"tokens": 25}, 1),
        ("requests", 1, {"requests": 0}, 0),
        ("concurrent", 1, {"concurrent": 1}, 0),
    ],
)
def test_a_call_is_charged_what_it_used_one_request_and_no_slot(unit, reserved, amounts, charged):
    assert charge(unit, reserved, amounts) == charged


@pytest.mark.parametrize(("unit", "charged"), [("usd", 7), ("requests", 7), ("tokens", 7), ("concurrent", 0)])
def test_a_call_that_nobody_settles_is_charged_its_worst_case_and_gives_its_slot_back(unit, charged):
    assert worst_charge(unit, 7) == charged


@pytest.mark.parametrize("amount", [-1, LARGEST + 1, 1.0, True, None])
def test_only_integers_that_can_be_counted_are_amounts(amount):
    with pytest.raises(ValueError, match="amount"):
        check_amounts([0, LARGEST, amount])


def test_what_remains_is_never_below_nothing():
    assert Balance("a", "", "usd", "day", 10, settled=8, leased=1, resets_at=None).remaining == 1
    assert Balance("a", "", "usd", "day", 10, settled=18, leased=1, resets_at=None).remaining == 0
