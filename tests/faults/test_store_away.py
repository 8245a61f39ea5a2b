"""Redis hangs or dies under a gateway of two workers: each limit denies, allows, or serves what was held beforehand."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import anthropic
import httpx
import openai
import pytest
import yaml

from ext_proc.principal import Principal
from ext_proc.virtual_keys import make
from tests.gateway import gateway, poll
from tests.sdks.scripts import anthropic_answer, openai_answer
from tests.stores.backends import redis_store
from tests.stores.servers import RedisServer

MODELS = {
    "gpt-4o-mini": {"backends": [{"provider": "openai"}]},
    "claude-haiku-4-5": {"backends": [{"provider": "anthropic"}]},
    "chat-on-messages": {"backends": [{"provider": "anthropic", "model": "claude-haiku-4-5"}]},
}
HASH_KEY = b"a-key-to-hash-with"
USER = [{"role": "user", "content": "text"}]
FAULTS = {"hangs": (RedisServer.stop, RedisServer.go_on), "dies": (RedisServer.kill, RedisServer.start)}
"""How Redis goes away, and how it comes back."""
EACH_FAULT = pytest.mark.parametrize("fault", FAULTS)
WORKERS = 2
SLICE = 3
"""Calls that each worker holds beforehand: a fiftieth of the limit."""
BEFORE, MEANWHILE = 10, 20
MOST = SLICE * 50


@pytest.fixture
def server(tmp_path):
    begun = RedisServer(tmp_path / "redis", appendonly="yes", appendfsync="always").start()
    yield begun
    begun.end()


@pytest.fixture
def opened(server, tmp_path):
    """A gateway over this Redis with one limit; its workers know the key of the team research from their start."""
    (tmp_path / "hash.key").write_bytes(HASH_KEY)
    identity = {"hash_key": {"file": str(tmp_path / "hash.key")}}
    settings = {"store": f"redis://127.0.0.1:{server.port}", "identity": identity, "models": MODELS}
    secret, key = make("alice", Principal(team="research"), 0.0, None, HASH_KEY)
    asyncio.run(_add(server, key))

    def enter(**limit):
        opening = gateway(tmp_path, "1.40", openai_answer, anthropic_answer, limits=[limit], **settings)
        gate = stack.enter_context(opening)
        gate.keys["default"] = secret
        return gate

    with ExitStack() as stack:
        yield enter


async def _add(server, key):
    store = redis_store(server)
    await store.open()
    await store.add_key(key)
    await store.close()


def ask(gate, model="gpt-4o-mini"):
    return gate.post("/v1/chat/completions", {"model": model, "messages": USER, "max_tokens": 50})


def many(gate, count, model="gpt-4o-mini"):
    """The statuses of so many calls, some at a time."""
    with ThreadPoolExecutor(8) as pool:
        return Counter(pool.map(lambda _: ask(gate, model).status_code, range(count)))


def standing(gate):
    (row,) = json.loads(gate.cli("budgets", "list", "--json"))
    return row["used"], row["leased"]


def readiness(gate):
    answer = httpx.get(f"http://{gate.settings['listen']['http']}/readyz")
    return answer.status_code, answer.json()["status"], answer.json().get("store")


def served(server, count):
    """What the ledger has of calls that were served, once there are so many."""

    def found():
        entries = asyncio.run(_entries(server))
        rows = [entry for entry in entries if entry["outcome"] == "served"]
        return rows if len(rows) >= count else None

    return poll(found, 20, lambda: [(entry["outcome"], entry["reason"]) for entry in asyncio.run(_entries(server))])


async def _entries(server):
    store = redis_store(server)
    await store.open()
    entries = await store.entries(0, time.time() + 60)
    await store.close()
    return entries


@EACH_FAULT
def test_a_limit_that_denies_refuses_in_the_clients_shape_until_the_file_says_otherwise(server, opened, fault):
    gate = opened(name="rate", per=["team"], requests=1000, window="day")
    assert ask(gate).status_code == 200
    away, back = FAULTS[fault]
    away(server)
    with pytest.raises(openai.InternalServerError) as refused:
        gate.client().chat.completions.create(model="gpt-4o-mini", messages=USER)
    assert (refused.value.status_code, refused.value.code) == (503, "control_unavailable")
    with pytest.raises(anthropic.APIStatusError) as refused:
        gate.client(anthropic.Anthropic).messages.create(model="claude-haiku-4-5", max_tokens=9, messages=USER)
    assert (refused.value.status_code, refused.value.body["type"]) == (503, "error")
    assert len(gate.openai.received) == 1
    assert readiness(gate)[:2] == (503, "store unavailable")
    gate.settings["limits"][0]["outage"] = "allow"
    gate.config.write_text(yaml.safe_dump(gate.settings))
    poll(lambda: many(gate, 4) == {200: 4})
    back(server)
    poll(lambda: readiness(gate) == (200, "ready", None))


@EACH_FAULT
def test_a_limit_that_allows_serves_known_keys_meanwhile_and_each_entry_tells(server, opened, fault):
    gate = opened(name="rate", per=["team"], requests=3, window="day", outage="allow")
    assert many(gate, 4) == {200: 3, 429: 1}
    away, back = FAULTS[fault]
    away(server)
    assert many(gate, 8) == {200: 8}
    unknown = {"authorization": "Bearer tk-" + "a" * 43, "content-type": "application/json"}
    assert gate.post("/v1/chat/completions", {"model": "gpt-4o-mini", "messages": USER}, unknown).status_code == 503
    assert readiness(gate) == (200, "ready", "away")
    back(server)
    reasons = Counter(entry["reason"] for entry in served(server, 11))
    assert reasons == {None: 3, "unchecked:rate": 8}
    used, leased = poll(lambda: (got := standing(gate))[1] == 0 and got)
    assert used + leased == 3
    poll(lambda: ask(gate).status_code == 429)


@pytest.mark.parametrize(("fault", "model"), [("dies", "gpt-4o-mini"), ("hangs", "chat-on-messages")])
def test_a_limit_that_is_local_serves_what_its_workers_hold_and_nothing_more(server, opened, fault, model):
    gate = opened(name="rate", per=["team"], requests=MOST, window="day", outage="local")
    assert many(gate, BEFORE, model) == {200: BEFORE}
    poll(lambda: standing(gate) == (BEFORE, WORKERS * SLICE), 20, lambda: (standing(gate), gate.log()[-2000:]))
    away, back = FAULTS[fault]
    away(server)
    assert many(gate, MEANWHILE, model) == {200: WORKERS * SLICE, 503: MEANWHILE - WORKERS * SLICE}
    assert readiness(gate) == (200, "ready", "away")
    back(server)
    total = BEFORE + WORKERS * SLICE
    entries = served(server, total)
    assert len(entries) == total
    assert {(entry["reason"], entry["estimated"]) for entry in entries} == {(None, False)}
    assert sum(poll(lambda: (now := standing(gate))[0] == total and now, 20, lambda: standing(gate))) <= MOST
    after = many(gate, MOST, model)
    assert set(after) == {200, 429}
    used, leased = poll(lambda: (now := standing(gate))[0] >= total + after[200] and now, 20, lambda: standing(gate))
    assert used == total + after[200]
    assert used + leased <= MOST
