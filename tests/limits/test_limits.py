"""What a settled or expired lease costs, by unit."""

import pytest

from ext_proc.limits import (
    LARGEST,
    Balance,
    account_key,
    charge,
    check_amounts,
    drawn,
    of_account_key,
    threshold_amount,
    worst_charge,
)


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


@pytest.mark.parametrize(
    ("unit", "amounts", "charged"),
    [
        ("usd", {"usd": 3}, 3),
        ("usd", {}, 0),
        ("requests", {}, 0),
        ("requests", {"requests": 1}, 1),
        ("concurrent", {}, 0),
    ],
)
def test_what_draws_on_a_lease_is_charged_what_it_says_and_no_request_of_its_own(unit, amounts, charged):
    assert drawn(unit, amounts) == charged


@pytest.mark.parametrize(("maximum", "amount"), [(100, 80), (0, 0), (1, 1), (11, 9), (LARGEST, 3689348814741910324)])
def test_a_threshold_is_reached_by_no_less_than_its_percent(maximum, amount):
    assert threshold_amount(maximum, 80) == amount


def test_an_account_is_named_by_limit_unit_and_scope():
    assert of_account_key(account_key("a", "input_tokens", "team=x|y")) == ("a", "input_tokens", "team=x|y")
