"""The operator's price file: read exactly, or refused with the key and what is allowed."""

from decimal import Decimal

import pytest

from ext_proc.price_file import PriceFileError, read_price_file
from ext_proc.prices import Rates, Tier

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
    assert price.per_request == Decimal("0.001")
    assert free.rates == Rates(Decimal(0), Decimal(0))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("models: [", "not YAML"),
        (b"models: \xff", "not YAML"),
        ("[]", "the file: allowed: a mapping with version, effective, models"),
        ("version: 1", "'models' is missing"),
        ("modles: {}", "'modles' is unknown; allowed: version, effective, models"),
        ("models: []", "models: allowed: a mapping"),
        ("models: {a: 3}", "models.a: allowed: a mapping with input, output"),
        ("models: {a: {inptu: 1}}", "models.a: 'inptu' is unknown; allowed: input, output, cache_read"),
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
    assert str(raised.value).startswith("prices.yaml: ")
    assert message in str(raised.value)
