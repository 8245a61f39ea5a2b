"""The operator's price file: read exactly, or refused with the key and what is allowed."""

import json
from decimal import Decimal

import pytest

from ext_proc.bills import cost_nano
from ext_proc.price_entry import write_price
from ext_proc.price_file import PriceFileError, read_price_file
from ext_proc.prices import Rates, Tier
from ext_proc.usage import Usage

WHOLE = """
version: 2026-11
effective: 2026-11-01
models:
  "own-*":
    input: 0.15
    output: 0.6
    cache_read: 0.075
    cache_write: 0.1875
    per_request: 0.001
    tiers:
    - {above: 200000, input: 0.3, output: 1}
  "*": {input: 0, output: 0}
"""


def read(folder, text):
    path = folder / "prices.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_price_file(path)


def test_a_file_is_read_exactly_and_in_its_order(tmp_path):
    (glob, price), (last, free) = read(tmp_path, WHOLE).models
    assert (glob, last) == ("own-*", "*")
    assert price.rates == Rates(*map(Decimal, ("0.15", "0.6", "0.075", "0.1875")))
    assert price.tiers == (Tier(200_000, Rates(Decimal("0.3"), Decimal(1))),)
    assert price.units.request == Decimal("0.001")
    assert free.rates == Rates(Decimal(0), Decimal(0))


UNITS = [
    ("{input: 1, output: 1, cache_write: 2, cache_write_1h: 3}", Usage(9, 0, 0, 9, 0, False, 9), "", 27_000),
    ("{input: 1, output: 1, input_audio: 5}", Usage(9, input_audio_tokens=9), "", 45_000),
    ("{input: 1, output: 1, output_audio: 5}", Usage(0, 9, output_audio_tokens=9), "", 45_000),
    ("{input: 1, output: 1, input_image: 5}", Usage(9, input_image_tokens=9), "", 45_000),
    ("{input: 1, output: 1, output_image: 5}", Usage(0, 9, output_image_tokens=9), "", 45_000),
    ("{per_search: 0.002}", Usage(searches=3), "", 6_000_000),
    ("{per_million_characters: 15}", Usage(characters=100), "", 1_500_000),
    ("{per_hour: 0.36}", Usage(audio_milliseconds=10_000), "", 1_000_000),
    ("{per_minute: 0.006}", Usage(audio_milliseconds=10_000), "", 1_000_000),
    ("{per_image: 0.04, images: {hd *: 0.12}}", Usage(images=1), "low 1x1", 40_000_000),
    ("{per_image: 0.04, images: {hd *: 0.12}}", Usage(images=1), "hd 1x1", 120_000_000),
    ("{input: 1, output: 1, service_tiers: {priority: {input: 2, output: 2}}}", Usage(9, 0), "", 9000),
    (
        "{input: 1, output: 1, service_tiers: {priority: {input: 2, output: 2}}}",
        Usage(9, service_tier="priority"),
        "",
        18_000,
    ),
]


@pytest.mark.parametrize(("price", "usage", "picture", "nano"), UNITS)
def test_whatever_is_billed_can_have_its_price(tmp_path, price, usage, picture, nano):
    ((_, read_price),) = read(tmp_path, f"models: {{m: {price}}}").models
    assert cost_nano(read_price, usage, picture) == nano


@pytest.mark.parametrize("price", [price for price, *_ in UNITS])
def test_a_price_that_is_written_reads_as_the_same_again(tmp_path, price):
    ((_, known),) = read(tmp_path, f"models: {{m: {price}}}").models
    written = json.dumps({"models": {"m": write_price(known)}}, default=float)
    ((_, again),) = read(tmp_path, written).models
    assert again == known


def test_the_share_of_a_batch_can_be_told(tmp_path):
    ((_, price),) = read(tmp_path, "models: {m: {input: 1, output: 1, batch: 0.25}}").models
    assert price.batch == Decimal("0.25")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("version: 1", 1),
        ("version: 1\nmodels:\n  gpt-4.1: {input: 1, output: 1}\n  gpt-5.1:\n    input: 1\n    output: x", 6),
        ("version: 1\nmodels:\n  a:\n    input: 1\n    output: 1\n    inptu: 1", 6),
        ("models:\n  a: {input: 1,\n    output: 1, tiers: [\n    {above: 1, input: 1, output: -1}]}", 4),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path, text, line):
    with pytest.raises(PriceFileError, match=rf"^prices\.yaml:{line}: "):
        read(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("models: [", "not YAML"),
        (b"models: \xff", "not YAML"),
        ("[]", "the file: allowed: a mapping with version, effective, models"),
        ("version: 1", "'models' is missing"),
        ("modles: {}", "'modles' is unknown; allowed: version, effective, models"),
        ("models: {a: {per_image: 1, output: 1}}", "models.a: 'input' is missing"),
        ("models: {a: {per_image: x}}", "models.a.per_image: 'x' is wrong; allowed: dollars from 0 on"),
        ("models: {a: {images: 1}}", "models.a.images: allowed: a mapping from quality and size"),
        ("models: {a: {per_minute: 1, per_hour: 1}}", "models.a.per_minute: there is per_hour, too"),
        ("models: {a: {input: 1, output: 1, batch: 2}}", "models.a.batch: 2 is wrong; allowed: a share from 0 to 1"),
        ("models: {a: {input: 1, output: 1, service_tiers: 2}}", "models.a.service_tiers: allowed: a mapping"),
        (
            "models: {a: {input: 1, output: 1, service_tiers: {flex: {batch: 1}}}}",
            "models.a.service_tiers.flex.batch: 'batch' is unknown",
        ),
        ("models: []", "models: allowed: a mapping"),
        ("models: {a: 3}", "models.a: allowed: a mapping with input, output"),
        ("models: {a: {inptu: 1}}", "models.a.inptu: 'inptu' is unknown; allowed: input, output, cache_read"),
        ("models: {a: {input: 1}}", "models.a: 'output' is missing"),
        ("models: {a: {input: -1, output: 1}}", "models.a.input: -1 is wrong; allowed: dollars from 0 on"),
        ("models: {a: {input: .nan, output: 1}}", "models.a.input: nan"),
        ("models: {a: {input: .inf, output: 1}}", "models.a.input: inf"),
        ("models: {a: {input: true, output: 1}}", "models.a.input: True"),
        ("models: {a: {input: '1', output: 1}}", "models.a.input: '1'"),
        ("models: {a: {input: 1, output: 1, tiers: 3}}", "models.a.tiers: allowed: a list"),
        ("models: {a: {input: 1, output: 1, tiers: [{input: 1, output: 1}]}}", "models.a.tiers.0: 'above' is missing"),
        ("models: {a: {input: 1, output: 1, tiers: [{above: -1, input: 1, output: 1}]}}", "models.a.tiers.0.above: -1"),
        ("models: {a: {input: 1, output: 1}, a: {input: 2, output: 2}}", "the key 'a' is there twice"),
        ("effective: soon\nmodels: {}", "effective: 'soon' is no date"),
        ("version: [1]\nmodels: {}", "version: allowed: a word or a number"),
    ],
)
def test_a_mistake_is_named_with_what_is_allowed(tmp_path, text, message):
    with pytest.raises(PriceFileError) as raised:
        read(tmp_path, text)
    assert str(raised.value).startswith("prices.yaml:")
    assert message in str(raised.value)
