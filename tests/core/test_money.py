"""Money beside tokens: what is held for the dearest that a call may use, what it costs then, and what is unknown."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from ext_proc.effects import Reserve
from ext_proc.events import Finished
from ext_proc.plan import load
from ext_proc.price_book import PriceBook
from ext_proc.price_file import Overrides
from ext_proc.prices import Price, Rates, Tier, Units
from ext_proc.replies import Allow
from ext_proc.stages.conclude import conclude
from tests.core.conversation import CHAT, MESSAGES, PROVIDERS, body, call, decide, error_of, room, snapshot

PRICED = Rates(Decimal(1), Decimal(2))
TEXT = Price(PRICED, "a list", (Tier(1_000_000, Rates(Decimal(9), Decimal(9))),))
TIERED = replace(TEXT, service_tiers={"priority": TEXT.times(Decimal(3)), "flex": TEXT.times(Decimal("0.5"))})
CACHED = Price(replace(PRICED, cache_write=Decimal("1.25")), "a list")
TALKS = Price(replace(PRICED, input_audio=Decimal(32), output_audio=Decimal(64)), "a list")
NOTHING = Rates(Decimal(0), Decimal(0))
PAINTS = Price(
    NOTHING, "a list", units=Units(image=Decimal("0.04"), images=(("hd *", Decimal("0.12")),)), by_token=False
)
SPEAKS = Price(NOTHING, "a list", units=Units(characters=Decimal(15)), by_token=False)
RANKS = Price(NOTHING, "a list", units=Units(search=Decimal("0.002")), by_token=False)
WINDOW = 50_000
LIMITS = [{"name": "money", "usd": 5000, "window": "month"}]
MODELS = {
    "m": {"backends": [{"provider": "openai", "context_window": WINDOW}]},
    "claude": {"backends": [{"provider": "anthropic"}]},
    "ranker": {"backends": [{"provider": "jina"}]},
}
JINA = {"kind": "jina", "credential": {"env": "JINA_KEY"}}
IMAGES, SPEECH, RERANK = "/v1/images/generations", "/v1/audio/speech", "/v1/rerank"


def view(price, **limit):
    limits = [{**LIMITS[0], **limit}]
    credentials = {"jina": "a key"}
    known = snapshot(models=MODELS, limits=limits, providers={**PROVIDERS, "jina": JINA}, credentials=credentials)
    return replace(known, book=PriceBook(Overrides((("*", price),))))


def asked(path, **members):
    if path in (CHAT, MESSAGES):
        return body(path, "claude" if path == MESSAGES else "m", max_tokens=10, **members)
    return json.dumps({"model": "ranker" if path == RERANK else "m", **members}).encode()


def sound(**members):
    data = {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}
    return {"messages": [{"role": "user", "content": [data]}], **members}


def paper():
    return {"messages": [{"role": "user", "content": [{"type": "file", "file": {"file_data": "data:a/b,AAAA"}}]}]}


SPOKEN = {"modalities": ["text", "audio"], "audio": {"voice": "alloy", "format": "wav"}}
KEPT = [{"type": "text", "text": "s", "cache_control": {"type": "ephemeral", "ttl": "1h"}}]
HELD = {
    "text": (CHAT, {}, TEXT, lambda size: size + 20),
    "a tier that nobody asked for": (CHAT, {}, TIERED, lambda size: size + 20),
    "a cheaper tier, which may be refused": (CHAT, {"service_tier": "flex"}, TIERED, lambda size: size + 20),
    "a dearer tier": (CHAT, {"service_tier": "priority"}, TIERED, lambda size: 3 * (size + 20)),
    "any tier": (CHAT, {"service_tier": "auto"}, TIERED, lambda size: 3 * (size + 20)),
    "any tier of one": (CHAT, {"service_tier": "auto"}, TEXT, lambda size: size + 20),
    "five minutes in a cache": (MESSAGES, {}, CACHED, lambda size: size * Decimal("1.25") + 20),
    "an hour in a cache": (MESSAGES, {"system": KEPT}, CACHED, lambda size: size * 2 + 20),
    "text to a model that hears and speaks": (CHAT, {}, TALKS, lambda size: size + 20),
    "sound to it": (CHAT, sound(), TALKS, lambda _: WINDOW * 32 + 20),
    "a document to it": (CHAT, paper(), TALKS, lambda _: WINDOW + 20),
    "an answer that is spoken": (CHAT, SPOKEN, TALKS, lambda size: size + 640),
    "images": (IMAGES, {"prompt": "p", "n": 3}, PAINTS, lambda _: 360_000),
    "images of one size": (
        IMAGES,
        {"prompt": "p", "n": 3, "quality": "low", "size": "1024x1024"},
        PAINTS,
        lambda _: 120_000,
    ),
    "characters": (SPEECH, {"input": "hello", "voice": "v"}, SPEAKS, lambda _: 75),
    "units of a rerank": (RERANK, {"query": "q", "documents": ["a"] * 300}, RANKS, lambda _: 14_000),
}


@pytest.mark.parametrize("case", HELD)
def test_the_dearest_that_a_call_may_use_is_held(case):
    """In millionths of a dollar for one byte of text."""
    path, members, price, micro = HELD[case]
    sent = asked(path, **members)
    (effect,), reply = decide(call(sent, path), view(price), room)
    assert isinstance(effect, Reserve), reply
    assert effect.lease.claims[0].amount == micro(len(sent)) * 1000


UNKNOWN = {
    "sound to a model with a price for text": (CHAT, sound(), TEXT),
    "an answer that is spoken": (CHAT, SPOKEN, TEXT),
    "a dearer tier": (CHAT, {"service_tier": "priority"}, TEXT),
    "images by a model that is paid by the character": (IMAGES, {"prompt": "p"}, RANKS),
    "speech of a model that is paid by the search": (SPEECH, {"input": "hello", "voice": "v"}, RANKS),
    "a rerank by a model that is paid by the image": (RERANK, {"query": "q", "documents": ["a"]}, PAINTS),
}


@pytest.mark.parametrize("case", UNKNOWN)
def test_what_a_call_may_use_without_a_known_price_is_refused_by_a_limit_in_dollars(case):
    path, members, price = UNKNOWN[case]
    effects, reply = decide(call(asked(path, **members), path), view(price))
    assert (effects, reply.status) == ([], 403)
    assert "for all that this call may use" in error_of(reply)["message"] or path != CHAT


@pytest.mark.parametrize("case", UNKNOWN)
def test_and_passes_uncounted_where_the_limit_allows_it(case):
    path, members, price = UNKNOWN[case]
    effects, reply = decide(call(asked(path, **members), path), view(price, unpriced="allow"))
    assert not effects
    assert isinstance(reply, Allow)


METERED = {
    "sound": (TALKS, {"prompt_tokens": 9, "completion_tokens": 9, "input_audio_tokens": 9, "output_audio_tokens": 9}, 864),
    "a dearer tier": (TIERED, {"prompt_tokens": 9, "completion_tokens": 9, "service_tier": "priority"}, 81),
    "an hour in a cache": (
        CACHED,
        {"input_tokens": 1, "output_tokens": 9, "cache_creation_input_tokens": 8, "ephemeral_1h_input_tokens": 8},
        1 + 16 + 18,
    ),
    "searches": (
        replace(TEXT, units=Units(search=Decimal("0.01"))),
        {"input_tokens": 9, "output_tokens": 9, "web_search_requests": 2},
        27 + 20_000,
    ),
    "searches of no known price": (TEXT, {"input_tokens": 9, "output_tokens": 9, "web_search_requests": 2}, None),
    "a faster answer": (
        replace(TEXT, service_tiers={"fast": TEXT.times(Decimal(2))}),
        {"input_tokens": 9, "output_tokens": 9, "service_tier": "standard", "speed": "fast"},
        54,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", METERED)
def test_what_the_host_metered_beside_text_has_its_price(case):
    """In millionths of a dollar; and a limit is charged what is known, where the cost of all is not."""
    price, usage, micro = METERED[case]
    here = view(price)
    _, reply = decide(call(asked(CHAT)), here, room)
    told = {**usage, "finish_reason": "stop"}
    ended = Finished(reply.plan, 200, "openai", 1, 900, told, 1.0, 0.1, aborted=False, details="")
    settled = conclude(load(reply.plan), ended, here)
    assert settled.entry["cost_nano"] == (None if micro is None else micro * 1000)
    assert settled.amounts["usd"] == (27 if micro is None else micro) * 1000


def test_an_image_is_charged_by_the_quality_and_the_size_that_were_asked_for():
    here = view(PAINTS)
    sent = asked(IMAGES, prompt="p", quality="low", size="1024x1024")
    _, reply = decide(call(sent, IMAGES), here, room)
    ended = Finished(reply.plan, 200, "openai", 1, 900, {}, 1.0, 0.1, aborted=False, details="")
    entry = conclude(load(reply.plan), ended, here).entry
    assert (entry["images"], entry["cost_nano"], entry["price"]) == (1, 40_000_000, "a list")
