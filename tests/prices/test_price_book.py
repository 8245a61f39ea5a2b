"""The price book: the operator's file, then the published list, else nothing."""

from datetime import UTC, datetime
from decimal import Decimal

import genai_prices
import pytest
from genai_prices.data_snapshot import get_snapshot

from ext_proc.price_book import PriceBook, published_price
from ext_proc.price_file import read_price_file
from ext_proc.prices import cost_nano
from ext_proc.usage import Usage

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def book(folder, text):
    path = folder / "prices.yaml"
    path.write_text(text)
    return PriceBook(read_price_file(path))


@pytest.mark.parametrize(
    ("kind", "model", "usage"),
    [
        ("openai", "gpt-4o-mini", Usage(1000, 500, 200)),
        ("openai", "text-embedding-3-small", Usage(1000)),
        ("anthropic", "claude-haiku-4-5", Usage(1000, 500, 200, 300)),
        ("anthropic", "claude-sonnet-4-5", Usage(250_000, 500, 200, 300)),
        ("gemini", "gemini-2.5-pro", Usage(250_000, 500, 200)),
        ("vertex", "gemini-2.5-pro", Usage(200_000, 500, 200)),
        ("azure", "gpt-4o", Usage(1000, 500, 200)),
        ("perplexity", "sonar", Usage(1000, 500)),
        ("deepseek", "deepseek-chat", Usage(1000, 500, 200)),
    ],
)
def test_a_published_price_gives_the_published_cost(kind, model, usage):
    """Compared with the arithmetic of `genai-prices` itself."""
    price = PriceBook().price(kind, model, NOW.timestamp())
    theirs = genai_prices.calc_price(
        genai_prices.Usage(
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            cache_read_tokens=usage.cache_read_input_tokens,
            cache_write_tokens=usage.cache_creation_input_tokens,
        ),
        model,
        provider_id={"gemini": "google", "vertex": "google"}.get(kind, kind),
        genai_request_timestamp=NOW,
    )
    assert cost_nano(price, usage) == -(-theirs.total_price * 10**9 // 1)
    assert price.source.startswith(f"genai-prices {genai_prices.__version__}")


@pytest.mark.parametrize(
    ("kind", "model"),
    [
        ("openai", "no-such-model"),
        ("openai-compatible", "gpt-4o-mini"),
        ("no-such-kind", "gpt-4o"),
        ("openai", "whisper-1"),
    ],
)
def test_an_unknown_price_is_none_and_never_zero(kind, model):
    assert PriceBook().price(kind, model, NOW.timestamp()) is None


def test_every_published_model_can_be_priced_or_is_unknown():
    for provider in get_snapshot().providers:
        for model in provider.models:
            price = published_price(provider.id, model.id, NOW)
            assert price is None or cost_nano(price, Usage(1000, 1000)) >= 0


def test_a_price_that_depends_on_the_time_of_day_is_the_one_in_force_now():
    prices = PriceBook()
    day, night = (prices.price("deepseek", "deepseek-chat", NOW.replace(hour=hour).timestamp()) for hour in (12, 18))
    assert day.rates.output > night.rates.output


def test_a_look_up_is_kept_for_the_hot_path():
    prices = PriceBook()
    kept = prices.price("openai", "gpt-4o-mini", NOW.timestamp())
    assert prices.price("openai", "gpt-4o-mini", NOW.timestamp() + 1) is kept


def test_models_that_clients_invent_do_not_fill_the_memory():
    prices = PriceBook()
    for number in range(5000):
        prices.price("openai-compatible", f"model-{number}", NOW.timestamp())
    assert len(prices._found) <= 4096


def test_the_operators_file_goes_before_the_published_list_and_says_so(tmp_path):
    prices = book(tmp_path, 'version: "7"\neffective: 2026-11-01\nmodels: {"gpt-4o*": {input: 0.1, output: 0.2}}')
    price = prices.price("openai", "gpt-4o-mini", NOW.timestamp())
    assert price.rates.input == Decimal("0.1")
    assert price.source == "prices.yaml 7 (since 2026-11-01)"
    assert prices.price("anthropic", "claude-haiku-4-5", NOW.timestamp()).source.startswith("genai-prices")


def test_the_operators_file_holds_from_its_effective_date_on(tmp_path):
    prices = book(tmp_path, 'effective: 2027-01-01\nmodels: {"gpt-4o*": {input: 0.1, output: 0.2}}')
    sources = [
        prices.price("openai", "gpt-4o-mini", when.timestamp()).source.split()[0]
        for when in (datetime(2026, 12, 31, 23, 59, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
    ]
    assert sources == ["genai-prices", "prices.yaml"]
