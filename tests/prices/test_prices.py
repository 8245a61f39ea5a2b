"""Prices: exact, rounded up once, unknown and never zero, and a worst case that no usage within reach exceeds."""

from dataclasses import fields, replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ext_proc.bills import bill, cost_nano, worst_case_nano
from ext_proc.prices import Price, Rates, Tier, Units, at_batch_rate
from ext_proc.usage import Usage

MINI = Price(Rates(Decimal("0.15"), Decimal("0.6"), cache_read=Decimal("0.075")), "a list")
SONNET = Price(
    Rates(Decimal(3), Decimal(15), Decimal("0.3"), Decimal("3.75"), cache_write_1h=Decimal(6)),
    "a list",
    (Tier(200_000, Rates(Decimal(6), Decimal("22.5"), Decimal("0.6"), Decimal("7.5"))),),
    Units(search=Decimal("0.01")),
)
SEARCH = Price(Rates(Decimal(1), Decimal(8), reasoning=Decimal(3)), "a list", units=Units(request=Decimal("0.012")))
ODD = Price(Rates(Decimal("0.0000004"), Decimal("0.0000001")), "a list")
TALK = Price(Rates(Decimal(2), Decimal(10), input_audio=Decimal(32), output_audio=Decimal(64)), "a list")
DRAW = Price(Rates(Decimal(5), Decimal(10), input_image=Decimal(8), output_image=Decimal(32)), "a list")
NOTHING = Rates(Decimal(0), Decimal(0))
VOICE = Price(NOTHING, "a list", units=Units(characters=Decimal(15)), by_token=False)
HEAR = Price(NOTHING, "a list", units=Units(hour=Decimal("0.111"), least_milliseconds=10_000), by_token=False)
PICTURES = (("hd *", Decimal("0.12")), ("standard 1792x1024", Decimal("0.08")))
PAINT = Price(NOTHING, "a list", units=Units(image=Decimal("0.04"), images=PICTURES), by_token=False)
RANK = Price(NOTHING, "a list", units=Units(search=Decimal("0.002")), by_token=False)
FAST = replace(MINI, service_tiers={"priority": MINI.times(Decimal(2)), "flex": MINI.times(Decimal("0.5"))})

COSTS = [
    (MINI, Usage(), 0),
    (MINI, Usage(input_tokens=1000, output_tokens=500), 450_000),
    (MINI, Usage(input_tokens=1000, output_tokens=500, cache_read_input_tokens=800), 390_000),
    (SONNET, Usage(input_tokens=1000, cache_creation_input_tokens=600, cache_read_input_tokens=300), 2_640_000),
    (SONNET, Usage(input_tokens=10, cache_creation_input_tokens=10, cache_creation_1h_input_tokens=4), 46_500),
    (SONNET, Usage(input_tokens=200_000, output_tokens=10), 600_150_000),
    (SONNET, Usage(input_tokens=200_001, output_tokens=10), 1_200_231_000),
    (SONNET, Usage(input_tokens=1, searches=3), 30_003_000),
    (SEARCH, Usage(input_tokens=10, output_tokens=10, reasoning_output_tokens=4), 12_070_000),
    (ODD, Usage(input_tokens=1), 1),
    (ODD, Usage(input_tokens=2500), 1),
    (ODD, Usage(input_tokens=2501), 2),
    (TALK, Usage(100, 50, input_audio_tokens=80, output_audio_tokens=40), 40_000 + 2_560_000 + 100_000 + 2_560_000),
    (DRAW, Usage(100, 50, input_image_tokens=80, output_image_tokens=50), 100_000 + 640_000 + 1_600_000),
    (VOICE, Usage(output_tokens=500, characters=1001), 15_015_000),
    (HEAR, Usage(input_tokens=500, audio_milliseconds=60_001), 1_850_031),
    (HEAR, Usage(audio_milliseconds=1), 308_334),
    (PAINT, Usage(images=2), 240_000_000),
    (RANK, Usage(searches=2), 4_000_000),
    (FAST, Usage(1000, 500, service_tier="priority"), 900_000),
    (FAST, Usage(1000, 500, service_tier="Flex"), 225_000),
    (FAST, Usage(1000, 500, service_tier="default"), 450_000),
    (MINI, Usage(1000, 500, service_tier="flex"), 450_000),
]


@pytest.mark.parametrize(("price", "usage", "nano"), COSTS)
def test_usage_costs_what_the_list_says(price, usage, nano):
    assert cost_nano(price, usage) == nano


@pytest.mark.parametrize(
    ("picture", "nano"),
    [("hd 1024x1024", 120_000_000), ("standard 1792x1024", 80_000_000), ("standard 1x1", 40_000_000)],
)
def test_an_image_costs_what_its_quality_and_size_do(picture, nano):
    assert cost_nano(PAINT, Usage(images=1), picture) == nano


UNKNOWN = [
    (MINI, Usage(100, 50, input_audio_tokens=80), 42_000 - 12_000 + 3000),
    (MINI, Usage(100, 50, output_audio_tokens=50), 15_000),
    (MINI, Usage(100, 50, searches=1), 45_000),
    (MINI, Usage(100, 50, service_tier="priority"), 45_000),
    (MINI, Usage(100, images=1), 15_000),
    (VOICE, Usage(searches=1), 0),
    (RANK, Usage(images=1), 0),
    (RANK, Usage(audio_milliseconds=1), 0),
]


@pytest.mark.parametrize(("price", "usage", "nano"), UNKNOWN)
def test_what_has_no_known_price_makes_the_cost_unknown_and_the_rest_is_still_told(price, usage, nano):
    assert cost_nano(price, usage) is None
    assert bill(price, usage) == (nano, False)
    assert worst_case_nano(price, replace(usage, service_tier=None), usage.service_tier) is None or usage.images


FREE = Price(NOTHING, "the operator's own")


@pytest.mark.parametrize("usage", [Usage(9, 9, input_audio_tokens=9, output_audio_tokens=9), Usage(images=1)])
def test_a_model_whose_tokens_cost_nothing_is_known_to_cost_nothing(usage):
    assert cost_nano(FREE, usage) == 0


dollars = st.decimals(0, 10_000, places=9)
perhaps = st.none() | dollars
rates_of_models = st.builds(Rates, dollars, dollars, *[perhaps] * 8)
units = st.builds(
    Units,
    st.decimals(0, 10, places=6),
    perhaps,
    perhaps,
    st.lists(st.tuples(st.sampled_from(["hd *", "low 1*", "*"]), dollars), max_size=2).map(tuple),
    perhaps,
    perhaps,
    st.integers(0, 10_000),
)
tiers = st.lists(st.builds(Tier, st.integers(0, 400_000), rates_of_models), max_size=3).map(tuple)
plain = st.builds(Price, rates_of_models, st.just("a list"), tiers, units)
prices = st.builds(
    Price,
    rates_of_models,
    st.just("a list"),
    tiers,
    units,
    st.dictionaries(st.sampled_from(["priority", "flex", "fast"]), plain, max_size=3),
    by_token=st.booleans(),
)
words = st.sampled_from([None, "default", "auto", "flex", "priority", "fast"])
counts = st.integers(0, 10**6)
usages = st.builds(Usage, *[counts] * 5, st.just(value=False), *[counts] * 9, words)
NUMBERS = [field.name for field in fields(Usage) if field.name not in {"estimated", "service_tier"}]


@given(price=prices, most=usages, asked=words, picture=st.sampled_from(["", "hd 1024x1024", "low 1x1"]), data=st.data())
def test_no_usage_within_its_bounds_costs_more_than_the_worst_case(price, most, asked, picture, data):
    """In any service tier that the request may be served in, whatever of it was cached, heard, seen or thought."""
    shares = data.draw(st.lists(st.integers(0, 100), min_size=len(NUMBERS), max_size=len(NUMBERS)))
    used = {name: getattr(most, name) * share // 100 for name, share in zip(NUMBERS, shares, strict=True)}
    served = data.draw(st.sampled_from([None, "default", *([*price.service_tiers] if asked == "auto" else [asked])]))
    billed = bill(price, Usage(**used, service_tier=served), picture)
    worst = worst_case_nano(price, most, asked, picture)
    assert worst is None or 0 <= billed.nano <= worst
    assert billed.whole or worst is None or used["images"]


@given(rates=rates_of_models, read=counts, written=counts, kept=counts, text=counts, output=counts)
def test_a_cost_is_never_below_the_true_value_and_less_than_a_nano_dollar_above(
    rates, read, written, kept, text, output
):
    usage = Usage(read + written + kept + text, output, read, written + kept, cache_creation_1h_input_tokens=kept)
    parts = (
        (rates.input, text),
        (rates.read, read),
        (rates.written, written),
        (rates.written_1h, kept),
        (rates.output, output),
    )
    true = sum((Fraction(rate) * 1000 * count for rate, count in parts), Fraction(0))
    assert true <= cost_nano(Price(rates, "a list"), usage) < true + 1


@given(hour=dollars, heard=counts)
def test_a_second_of_an_hour_is_exact_too(hour, heard):
    true = Fraction(hour) * heard * 10**9 / 3_600_000
    price = Price(NOTHING, "a list", units=Units(hour=hour), by_token=False)
    assert true <= cost_nano(price, Usage(audio_milliseconds=heard)) < true + 1


BATCHES = [
    (MINI, 2, 600, Usage(input_tokens=1000, output_tokens=500), 225_000),
    (MINI, 2, 600, Usage(input_tokens=1000, output_tokens=500, cache_read_input_tokens=800), 195_000),
    (replace(MINI, batch=Decimal("0.8")), 2, 600, Usage(1000, 500), 360_000),
    (replace(MINI, service_tiers={"batch": SEARCH}), 3, 600, Usage(10, 10), 36_090_000),
    (SONNET, 9, 200_000, Usage(input_tokens=900_000, output_tokens=10), 1_350_075_000),
    (SONNET, 9, 200_001, Usage(input_tokens=900_000, output_tokens=10), 2_700_112_500),
    (SEARCH, 3, 10, Usage(input_tokens=10, output_tokens=10), 18_000_000 + 45_000),
]


@pytest.mark.parametrize(("price", "requests", "longest", "usage", "nano"), BATCHES)
def test_a_batch_costs_its_share_in_the_tier_of_its_longest_request(price, requests, longest, usage, nano):
    batched = at_batch_rate(price, requests, longest)
    assert (cost_nano(batched, usage), batched.source) == (nano, "a list, in a batch")
    assert worst_case_nano(batched, usage) >= nano
