"""A worker whose Redis is away: each limit denies, allows, or is served from what was held beforehand."""

import json

import pytest

from ext_proc.bootstrap import open_worker
from ext_proc.credentials.hash_key import load_hash_key
from ext_proc.events import Call
from ext_proc.plan import load
from ext_proc.principal import Principal
from ext_proc.replies import Allow
from ext_proc.settings_file import load as load_settings
from ext_proc.stages.account import Outcome, settlement
from ext_proc.usage import Usage
from ext_proc.virtual_keys import make
from tests.stores.servers import RedisServer

SETTINGS = """\
store: redis://127.0.0.1:{port}
identity: {{hash_key: {{file: hash.key}}}}
providers:
  local: {{kind: openai-compatible, endpoint: "http://127.0.0.1:1/v1"}}
models:
  "*": {{backends: [{{provider: local}}]}}
limits:
- {{name: tokens, per: [team], tokens: 100000, window: day, outage: {outage}}}
"""
MOST = 1000
"""Output tokens of a call; its input is some hundred more."""


@pytest.fixture
def server(tmp_path):
    begun = RedisServer(tmp_path / "redis", appendonly="yes", appendfsync="always").start()
    yield begun
    begun.end()


@pytest.fixture
async def opened(server, tmp_path):
    """Opens a worker whose limit has this policy, with a key of the team research."""
    workers = []

    async def open_one(outage):
        path = tmp_path / "tollkeeper.yaml"
        path.write_text(SETTINGS.format(port=server.port, outage=outage))
        (tmp_path / "hash.key").write_text("a-key-to-hash-with-long-enough")
        workers.append(await open_worker(path))
        secret, key = make("alice", Principal(team="research"), 0.0, None, load_hash_key(load_settings(path)))
        await workers[-1].store.add_key(key)
        await workers[-1].refresh()
        return workers[-1], secret

    yield open_one
    for worker in workers:
        await worker.store.close()


async def asked(worker, secret):
    sent = {"model": "m", "max_tokens": MOST, "messages": [{"role": "user", "content": "hi"}]}
    headers = (("authorization", f"Bearer {secret}"),)
    return await worker.driver.decide(Call("POST", "/v1/chat/completions", headers, json.dumps(sent).encode()))


@pytest.mark.parametrize(("outage", "let_in"), [("deny", False), ("allow", True)])
async def test_while_the_store_is_away_a_limit_denies_or_is_not_enforced(server, opened, outage, let_in):
    worker, secret = await opened(outage)
    assert isinstance(await asked(worker, secret), Allow)
    await worker.hold()
    server.kill()
    reply = await asked(worker, secret)
    assert isinstance(reply, Allow) is let_in
    assert let_in or reply.status == 503


async def test_while_the_store_is_away_calls_are_let_in_from_what_was_held_and_charged_when_it_is_back(server, opened):
    worker, secret = await opened("local")
    first = await asked(worker, secret)
    await worker.hold()
    held = (await worker.store.balances(0))[0].leased
    server.kill()
    served = []
    while isinstance(reply := await asked(worker, secret), Allow):
        served.append(load(reply.plan))
    assert reply.status in (429, 503)
    assert 0 < len(served) * MOST <= held
    assert all(plan.draws_on for plan in served)
    server.start()
    used = Usage(input_tokens=10, output_tokens=20)
    ended = [settlement(p, p.steps[0], Outcome(200, "served", used), worker.snapshot) for p in served]
    assert await worker.leases.settle(ended, worker.driver.clock()) == len(served)
    assert load(first.plan).draws_on == []
    standing = (await worker.store.balances(worker.driver.clock()))[0]
    assert standing.settled == len(served) * 30
    assert standing.settled + standing.leased <= standing.maximum
