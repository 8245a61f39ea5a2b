"""The price book: the operator's file, then the published list, else nothing."""

from datetime import UTC, datetime
from decimal import Decimal

import genai_prices
import pytest
from genai_prices.data_snapshot import get_snapshot

from ext_proc.bills import cost_nano
from ext_proc.price_book import PriceBook, published_price
from ext_proc.price_file import read_price_file
from ext_proc.prices import at_batch_rate
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
        ("openai", "dall-e-3"),
    ],
)
def test_an_unknown_price_is_none_and_never_zero(kind, model):
    assert PriceBook().price(kind, model, NOW.timestamp()) is None


def test_every_published_model_can_be_priced_or_is_unknown():
    for provider in get_snapshot().providers:
        for model in provider.models:
            price = published_price(provider.id, model.id, NOW)
            assert price is None or cost_nano(price, Usage(1000, 1000)) >= 0


OF_THEIRS = [
    ("anthropic", "claude-haiku-4-5", Usage(1000, 500, 200, 300, 0, False, 100), {}),
    ("anthropic", "claude-opus-4-8", Usage(1000, 500, service_tier="fast"), {"speed": "fast"}),
    ("anthropic", "claude-haiku-4-5", Usage(1000, 500, service_tier="priority"), {}),
    ("anthropic", "claude-haiku-4-5", Usage(1000, 500, searches=3), {}),
    ("openai", "gpt-5.1", Usage(1000, 500, 200, service_tier="priority"), {"service_tier": "priority"}),
    ("openai", "gpt-5.1", Usage(1000, 500, 200, service_tier="flex"), {"service_tier": "flex"}),
    ("openai", "gpt-5.1", Usage(1000, 500, 200, service_tier="default"), {"service_tier": "default"}),
    ("openai", "gpt-audio", Usage(1000, 500, input_audio_tokens=300, output_audio_tokens=400), {}),
    ("openai", "gpt-image-1.5", Usage(1000, 500, input_image_tokens=300, output_image_tokens=400), {}),
    ("openai", "tts-1", Usage(characters=400), {}),
    ("openai", "gpt-4o-mini-tts", Usage(10, 500, output_audio_tokens=500), {}),
    ("openai", "whisper-1", Usage(audio_milliseconds=61_000), {}),
    ("groq", "whisper-large-v3", Usage(audio_milliseconds=2_000), {}),
    ("gemini", "gemini-2.5-flash", Usage(1000, 500, input_audio_tokens=300), {}),
    ("gemini", "gemini-2.5-pro", Usage(1000, 500, input_audio_tokens=300), {}),
]


@pytest.mark.parametrize(("kind", "model", "usage", "context"), OF_THEIRS)
def test_what_is_billed_beside_text_has_the_published_cost_too(kind, model, usage, context):
    """Compared with the arithmetic of `genai-prices` itself, which takes seconds and knows tiers by a context."""
    theirs = genai_prices.calc_price(
        genai_prices.Usage(
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            cache_read_tokens=usage.cache_read_input_tokens,
            cache_write_tokens=usage.cache_creation_input_tokens,
            cache_write_1h_tokens=usage.cache_creation_1h_input_tokens,
            input_audio_tokens=usage.input_audio_tokens,
            output_audio_tokens=usage.output_audio_tokens,
            input_image_tokens=usage.input_image_tokens,
            output_image_tokens=usage.output_image_tokens,
            input_characters=usage.characters,
            audio_seconds=Decimal(usage.audio_milliseconds) / 1000,
            input_audio_seconds=Decimal(usage.audio_milliseconds) / 1000,
            web_searches=usage.searches,
        ),
        model,
        provider_id={"gemini": "google"}.get(kind, kind),
        genai_request_timestamp=NOW,
        price_context=context,
    )
    ours = cost_nano(PriceBook().price(kind, model, NOW.timestamp()), usage)
    assert Decimal(ours) - 1 < theirs.total_price * 10**9 <= ours


def test_a_published_price_of_batches_goes_before_the_usual_half():
    price = PriceBook().price("xai", "grok-4.3", NOW.timestamp())
    assert at_batch_rate(price, 1, 1000).rates.input == Decimal(1) != price.rates.input / 2


def test_a_dearer_service_tier_without_a_published_price_is_unknown():
    price = PriceBook().price("openai", "gpt-4-turbo", NOW.timestamp())
    assert cost_nano(price, Usage(10, 10, service_tier="priority")) is None


def test_sound_is_unknown_where_only_text_has_a_published_price():
    price = PriceBook().price("openai", "gpt-4o-audio-preview", NOW.timestamp())
    assert cost_nano(price, Usage(10, 10)) is not None
    assert cost_nano(price, Usage(10, 10, input_audio_tokens=5)) is None


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
