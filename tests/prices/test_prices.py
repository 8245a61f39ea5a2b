"""Prices: exact, rounded up, and a worst case that no usage exceeds."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ext_proc.prices import Price, Rates, Tier, at_batch_rate, cost_nano, worst_case_nano
from ext_proc.usage import Usage

MINI = Price(Rates(Decimal("0.15"), Decimal("0.6"), cache_read=Decimal("0.075")), "a list")
SONNET = Price(
    Rates(Decimal(3), Decimal(15), Decimal("0.3"), Decimal("3.75")),
    "a list",
    (Tier(200_000, Rates(Decimal(6), Decimal("22.5"), Decimal("0.6"), Decimal("7.5"))),),
)
SEARCH = Price(Rates(Decimal(1), Decimal(8), reasoning=Decimal(3)), "a list", per_request=Decimal("0.012"))
ODD = Price(Rates(Decimal("0.0000004"), Decimal("0.0000001")), "a list")

COSTS = [
    (MINI, Usage(), 0),
    (MINI, Usage(input_tokens=1000, output_tokens=500), 450_000),
    (MINI, Usage(input_tokens=1000, output_tokens=500, cache_read_input_tokens=800), 390_000),
    (SONNET, Usage(input_tokens=1000, cache_creation_input_tokens=600, cache_read_input_tokens=300), 2_640_000),
    (SONNET, Usage(input_tokens=200_000, output_tokens=10), 600_150_000),
    (SONNET, Usage(input_tokens=200_001, output_tokens=10), 1_200_231_000),
    (SEARCH, Usage(input_tokens=10, output_tokens=10, reasoning_output_tokens=4), 12_070_000),
    (ODD, Usage(input_tokens=1), 1),
    (ODD, Usage(input_tokens=2500), 1),
    (ODD, Usage(input_tokens=2501), 2),
]


@pytest.mark.parametrize(("price", "usage", "nano"), COSTS)
def test_usage_costs_what_the_list_says(price, usage, nano):
    assert cost_nano(price, usage) == nano


rates_of_models = st.builds(
    Rates,
    *[st.decimals(0, 10_000, places=9)] * 2,
    *[st.none() | st.decimals(0, 10_000, places=9)] * 3,
)
prices = st.builds(
    Price,
    rates_of_models,
    st.just("a list"),
    st.lists(st.builds(Tier, st.integers(0, 400_000), rates_of_models), max_size=3).map(tuple),
    st.decimals(0, 10, places=6),
)
tokens = st.integers(0, 10**6)
usages = st.builds(Usage, tokens, tokens, tokens, tokens, tokens)


@given(price=prices, usage=usages)
def test_no_usage_costs_more_than_the_worst_case_of_as_many_tokens(price, usage):
    assert 0 <= cost_nano(price, usage) <= worst_case_nano(price, usage.input_tokens, usage.output_tokens)


@given(price=prices, usage=usages, more=st.tuples(tokens, tokens))
def test_the_worst_case_covers_all_smaller_usage_too(price, usage, more):
    bounds = (usage.input_tokens + more[0], usage.output_tokens + more[1])
    assert cost_nano(price, usage) <= worst_case_nano(price, *bounds)


@given(rates=rates_of_models, read=tokens, written=tokens, plain=tokens, output=tokens)
def test_a_cost_is_never_below_the_true_value_and_less_than_a_nano_dollar_above(rates, read, written, plain, output):
    usage = Usage(read + written + plain, output, read, written)
    parts = ((rates.input, plain), (rates.read, read), (rates.written, written), (rates.output, output))
    true = sum((Fraction(rate) * 1000 * count for rate, count in parts), Fraction(0))
    assert true <= cost_nano(Price(rates, "a list"), usage) < true + 1


BATCHES = [
    (MINI, 2, 600, Usage(input_tokens=1000, output_tokens=500), 225_000),
    (MINI, 2, 600, Usage(input_tokens=1000, output_tokens=500, cache_read_input_tokens=800), 195_000),
    (SONNET, 9, 200_000, Usage(input_tokens=900_000, output_tokens=10), 1_350_075_000),
    (SONNET, 9, 200_001, Usage(input_tokens=900_000, output_tokens=10), 2_700_112_500),
    (SEARCH, 3, 10, Usage(input_tokens=10, output_tokens=10), 18_000_000 + 45_000),
]


@pytest.mark.parametrize(("price", "requests", "longest", "usage", "nano"), BATCHES)
def test_a_batch_costs_half_in_the_tier_of_its_longest_request(price, requests, longest, usage, nano):
    batched = at_batch_rate(price, requests, longest)
    assert (cost_nano(batched, usage), batched.source) == (nano, "a list, in a batch")
    assert worst_case_nano(batched, usage.input_tokens, usage.output_tokens) >= nano
