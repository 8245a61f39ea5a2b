"""A hard limit is hard: settled and leased together never pass it, whoever calls at once."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import anthropic
import httpx
import openai
import pytest

from ext_proc.stores.sqlite import SqliteStore
from tests.gateway import gateway, poll
from tests.sdks.scripts import USAGE, anthropic_answer, openai_answer
from tests.stores.servers import RedisServer

TOKENS = {"name": "tokens", "per": ["key"], "tokens": 1000, "window": "1m"}
COST = USAGE["input"] + USAGE["output"]


class Watch(threading.Thread):
    """Reads the balances over and over from a connection of its own, and keeps the highest sum that it saw."""

    def __init__(self, gate):
        super().__init__(daemon=True)
        self.path, self.ended = gate.folder / "tollkeeper.db", threading.Event()
        self.highest, self.reads = 0, 0

    def run(self):
        asyncio.run(self._watch())

    async def _watch(self):
        store = SqliteStore(self.path)
        await store.open()
        while not self.ended.is_set():
            for balance in await store.balances(time.time()):
                self.highest = max(self.highest, balance.settled + balance.leased)
            self.reads += 1
        await store.close()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.join(10)


@pytest.mark.parametrize("stream", [False, True])
def test_fifty_callers_at_once_never_pass_a_thousand_tokens(tmp_path, stream):
    with gateway(tmp_path, "1.40", openai_answer, anthropic_answer, limits=[TOKENS]) as gate, Watch(gate) as watch:
        key = gate.key()

        def call(_):
            body = {
                "model": "gpt-4o-mini",
                "max_tokens": 60,
                "messages": [{"role": "user", "content": "text"}],
                "stream": stream,
            }
            with httpx.Client(timeout=30) as client:
                return client.post(gate.url + "/v1/chat/completions", json=body, headers={"x-api-key": key}).status_code

        with ThreadPoolExecutor(50) as pool:
            statuses = list(pool.map(call, range(200)))
        served, refused = statuses.count(200), statuses.count(429)
        assert served + refused == 200
        assert 1 <= served <= 1000 // COST
        assert refused > 0
        entries = gate.entries(200, within=20)
        assert sum(entry["input_tokens"] + entry["output_tokens"] for entry in entries) == served * COST
        settled = poll(lambda: all(b["leased"] == 0 for b in balances(gate)) and balances(gate))
        assert settled[0]["settled"] == served * COST
    assert watch.reads > 20
    assert 0 < watch.highest <= 1000


@pytest.fixture
def stored(tmp_path):
    """The settings that name a store of each kind."""
    server = RedisServer(tmp_path / "redis")

    def settings(kind):
        if kind == "sqlite":
            return {}
        server.start()
        key = tmp_path / "hash.key"
        key.write_text("a-key-that-hashes-keys")
        return {"store": f"redis://127.0.0.1:{server.port}", "identity": {"hash_key": {"file": str(key)}}}

    yield settings
    server.end()


@pytest.mark.parametrize("unit", [{"requests": 6}, {"output_tokens": 6 * USAGE["output"]}])
@pytest.mark.parametrize("store", ["sqlite", "redis"])
def test_of_twenty_calls_at_once_on_a_limit_for_six_exactly_six_are_served(tmp_path, stored, store, unit):
    limits = [{"name": "six", "per": ["key"], **unit, "window": "1h"}]
    body = {"model": "gpt-4o-mini", "max_tokens": USAGE["output"], "messages": [{"role": "user", "content": "text"}]}
    with gateway(tmp_path, "1.40", openai_answer, anthropic_answer, limits=limits, **stored(store)) as gate:
        key, together = gate.key(), threading.Barrier(20)

        def call(_):
            together.wait(20)
            return gate.post("/v1/chat/completions", body, {"x-api-key": key}).status_code

        with ThreadPoolExecutor(20) as pool:
            statuses = list(pool.map(call, range(20)))
        assert (statuses.count(200), statuses.count(429)) == (6, 14)
        assert len(gate.openai.received) == 6
        (balance,) = poll(lambda: all(b["leased"] == 0 for b in balances(gate)) and balances(gate))
        assert balance["settled"] == next(iter(unit.values()))


def balances(gate):
    return [
        {"settled": row["used"], "leased": row["leased"]} for row in json.loads(gate.cli("budgets", "list", "--json"))
    ]


def test_a_refused_caller_learns_which_limit_and_how_it_stands(tmp_path):
    limits = [{"name": "two-a-minute", "per": ["key"], "requests": 2, "window": "1m"}]
    with gateway(tmp_path, "1.40", openai_answer, anthropic_answer, limits=limits) as gate:
        client = gate.client(openai.OpenAI)
        request = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "text"}]}
        first = client.chat.completions.with_raw_response.create(**request)
        assert first.headers["x-ratelimit-limit-requests"] == "2"
        assert first.headers["x-ratelimit-remaining-requests"] == "1"
        client.chat.completions.create(**request)
        with pytest.raises(openai.RateLimitError) as refused:
            client.chat.completions.create(**request)
        assert "two-a-minute" in refused.value.message
        assert refused.value.code == "rate_limit_exceeded"
        assert 1 <= int(refused.value.response.headers["retry-after"]) <= 61
        with pytest.raises(anthropic.RateLimitError) as refused:
            gate.client(anthropic.Anthropic).messages.create(
                model="claude-haiku-4-5", max_tokens=5, messages=request["messages"]
            )
        assert "two-a-minute" in refused.value.body["error"]["message"]
        entry = gate.entry(refused.value.response.headers["x-tollkeeper-decision"])
        assert (entry["outcome"], entry["reason"], entry["cost_nano"]) == (
            "refused",
            "rate_limit_exceeded:two-a-minute",
            0,
        )


def test_limits_are_kept_over_a_restart(tmp_path):
    limits = [{"name": "three", "per": ["key"], "requests": 3, "window": "1h"}]
    body = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "text"}]}
    with gateway(tmp_path, "1.40", openai_answer, anthropic_answer, limits=limits) as gate:
        assert [gate.post("/v1/chat/completions", body).status_code for _ in range(2)] == [200, 200]
        gate.entries(2)
        keys = gate.keys
    with gateway(tmp_path, "1.40", openai_answer, anthropic_answer, limits=limits) as gate:
        gate.keys.update(keys)
        assert [gate.post("/v1/chat/completions", body).status_code for _ in range(2)] == [200, 429]


def test_a_call_without_an_output_cap_gets_what_the_limit_has_room_for(tmp_path):
    with gateway(tmp_path, "1.40", openai_answer, anthropic_answer, limits=[TOKENS]) as gate:
        body = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "text"}]}
        assert gate.post("/v1/chat/completions", body).status_code == 200
        sent = gate.openai.received[-1].json
        assert 16 <= sent["max_completion_tokens"] < 1000
        assert sent["messages"] == body["messages"]


def test_concurrent_calls_hold_a_slot_each_until_they_end(tmp_path):
    limits = [{"name": "slots", "per": ["key"], "concurrent": 3}]

    def slow(received):
        answer = openai_answer(received)
        answer.pause = 0.1
        return answer

    with gateway(tmp_path, "1.40", slow, anthropic_answer, limits=limits) as gate:
        key = gate.key()
        body = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "text"}], "stream": True}
        with ThreadPoolExecutor(12) as pool:
            statuses = list(
                pool.map(lambda _: gate.post("/v1/chat/completions", body, {"x-api-key": key}).status_code, range(12))
            )
        assert statuses.count(200) == 3
        assert statuses.count(429) == 9
        poll(lambda: gate.post("/v1/chat/completions", body, {"x-api-key": key}).status_code == 200)


def test_money_is_refused_where_no_price_is_known(tmp_path):
    limits = [{"name": "money", "per": ["key"], "usd": 1, "window": "month"}]
    models = {"house-model": {"backends": [{"provider": "openai", "model": "house-model"}]}}
    with gateway(tmp_path, "1.40", openai_answer, anthropic_answer, limits=limits, models=models) as gate:
        answer = gate.post(
            "/v1/chat/completions", {"model": "house-model", "messages": [{"role": "user", "content": "text"}]}
        )
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "unpriced_model")
        assert not gate.openai.received


def test_the_ledger_holds_what_was_exported(tmp_path):
    with gateway(tmp_path, "1.40", openai_answer, anthropic_answer, limits=[TOKENS]) as gate:
        for _ in range(3):
            gate.post(
                "/v1/chat/completions",
                {"model": "gpt-4o-mini", "max_tokens": 9, "messages": [{"role": "user", "content": "text"}]},
            )
        exported = gate.entries(3)
        with sqlite3.connect(gate.folder / "tollkeeper.db") as db:
            held = [row[0] for row in db.execute("SELECT decision_id FROM entries")]
        db.close()
        assert sorted(held) == sorted(entry["decision_id"] for entry in exported)
        table = json.loads(gate.cli("usage", "--by", "key,model", "--since", "1h", "--json"))
        assert "gpt-4o-mini" in json.dumps(table)
