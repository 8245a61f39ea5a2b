"""Money is exact: what the ledger, the limit and `usage` say is what fractions say, to the nano-dollar."""

import json
import math
import random
from dataclasses import replace
from fractions import Fraction

from ext_proc.leases import Lease, Settlement
from ext_proc.limits import Claim
from ext_proc.plan import Plan, Step
from ext_proc.price_book import PriceBook
from ext_proc.price_file import read_price_file
from ext_proc.stages.account import Outcome, settlement
from ext_proc.usage import Usage
from tests.core.conversation import snapshot

ENTRIES, KINDS = 100_000, 5000
NOW = 1_793_000_000.0
TEXT = {"input": "0.15", "output": "0.6"}
CACHED = {"input": "3", "output": "15.000000001", "cache_read": "0.3", "cache_write": "3.75", "cache_write_1h": "6.1"}
SOUND = {"input": "0.0000007", "output": "0.37", "input_audio": "32.3", "output_audio": "64.7", "reasoning": "0.9"}
PICTURES = {"input": "5", "output": "10", "input_image": "8.13", "output_image": "32.77", "per_search": "0.0101"}
UNITS = {"per_request": "0.000000123", "per_image": "0.0401", "per_million_characters": "15.7", "per_hour": "0.111"}
MODELS = {"text": TEXT, "cached": CACHED, "sound": SOUND, "pictures": PICTURES, "units": UNITS}
PER_TOKEN = {
    "text": Fraction(1000),
    "per_search": Fraction(10**9),
    "per_image": Fraction(10**9),
    "per_million_characters": Fraction(1000),
    "per_hour": Fraction(10**9, 3_600_000),
}
"""Nano-dollars of one unit at a price of one dollar: a token, a search, an image, a character, a millisecond."""


def prices():
    """The price file, as its operator writes it."""
    told = {model: ", ".join(f"{key}: {dollars}" for key, dollars in rates.items()) for model, rates in MODELS.items()}
    priced = [f"  {model}: {{{rates}}}" for model, rates in told.items()]
    return "\n".join(["version: 7", "effective: 2026-01-01", "models:", *priced, ""])


def drawn(chance, model):
    """Counts that do not overlap, by what each is billed as."""
    return {
        key: chance.randrange(3000) if chance.random() < 0.7 else 0 for key in MODELS[model] if key != "per_request"
    }


def as_usage(counts):
    """The same as providers tell it, whose input and output include their parts."""
    kinds = ("input", "cache_read", "cache_write", "cache_write_1h", "input_audio", "input_image")
    written = counts.get("cache_write", 0) + counts.get("cache_write_1h", 0)
    return Usage(
        input_tokens=sum(counts.get(kind, 0) for kind in kinds),
        output_tokens=sum(counts.get(kind, 0) for kind in ("output", "reasoning", "output_audio", "output_image")),
        cache_read_input_tokens=counts.get("cache_read", 0),
        cache_creation_input_tokens=written,
        cache_creation_1h_input_tokens=counts.get("cache_write_1h", 0),
        reasoning_output_tokens=counts.get("reasoning", 0),
        input_audio_tokens=counts.get("input_audio", 0),
        output_audio_tokens=counts.get("output_audio", 0),
        input_image_tokens=counts.get("input_image", 0),
        output_image_tokens=counts.get("output_image", 0),
        images=counts.get("per_image", 0),
        searches=counts.get("per_search", 0),
        characters=counts.get("per_million_characters", 0),
        audio_milliseconds=counts.get("per_hour", 0),
    )


def true_cost(model, counts):
    """In fractions, and rounded up once."""
    rates = {key: Fraction(dollars) for key, dollars in MODELS[model].items()}
    parts = (rates[key] * PER_TOKEN.get(key, PER_TOKEN["text"]) * count for key, count in counts.items())
    return math.ceil(sum(parts, rates.get("per_request", Fraction(0)) * 10**9))


def charged(path):
    """Calls of every kind: the model, the true cost, and the settlement."""
    view = replace(snapshot(), book=PriceBook(read_price_file(path)))
    chance = random.Random(7)
    made = []
    for _ in range(KINDS):
        model = chance.choice(list(MODELS))
        counts = drawn(chance, model)
        plan = Plan("", NOW, "chat_completions", "", model, (), {"team": "a"})
        step = Step("openai", model, "chat_completions", native=True)
        one = settlement(plan, step, Outcome(200, "served", as_usage(counts)), view)
        made.append((model, true_cost(model, counts), one))
    return made


def of_number(one, number):
    return Settlement(f"d{number}", one.amounts, {**one.entry, "decision_id": f"d{number}"}, draws_on=("all",))


def test_a_hundred_thousand_mixed_calls_add_up_to_the_nano_dollar(folder):
    (folder.path / "prices.yaml").write_text(prices())
    kinds, each = charged(folder.path / "prices.yaml"), ENTRIES // KINDS
    true = {model: each * sum(cost for kind, cost, _ in kinds if kind == model) for model in MODELS}
    settled = [of_number(one, number) for number, (_, _, one) in enumerate(kinds * each)]
    assert {one.entry["price"] for one in settled} == {"prices.yaml 7 (since 2026-01-01)"}
    lease = Lease("all", (Claim("money", "", "usd", "forever", 10**18, 1, enforce=True),), NOW + 600, {})

    async def charge(store):
        await store.reserve(lease, NOW)
        for start in range(0, ENTRIES, 5000):
            await store.settle(settled[start : start + 5000], NOW)
        return [balance.settled for balance in await store.balances(NOW)]

    assert folder.store(charge) == [[sum(true.values())]]
    told = json.loads(folder.ok("usage", "--by", "model", "--since", "2026-01-01", "--until", "2100-01-01", "--json"))
    assert {row["model"]: row["cost_nano"] for row in told["rows"]} == true
    assert (told["total"]["cost_nano"], told["total"]["calls"]) == (sum(true.values()), ENTRIES)
