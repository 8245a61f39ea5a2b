"""What the store at Redis does when a server dies, hangs, or is lost with what it alone had."""

import asyncio

import pytest

from ext_proc.errors import ControlError
from ext_proc.stores.redis import RedisStore
from ext_proc.stores.redis_address import RedisAddress
from tests.stores.backends import NOW, claim, extension, lease, redis_store, settlement, standing
from tests.stores.servers import RedisCluster, RedisServer

TEAM = ("usd", "team=a")
CALLERS = 32
SOON = 0.3
"""Seconds after which a server that hangs is given up."""


@pytest.fixture
def begin(tmp_path):
    """Starts servers, and ends them all."""
    begun = []

    def start(name, **options):
        begun.append(RedisServer(tmp_path / name, **options).start())
        return begun[-1]

    yield start
    for server in begun:
        server.end()


@pytest.fixture
async def opened():
    stores = []

    async def open_one(server, **options):
        stores.append(redis_store(server, **options))
        await stores[-1].open()
        return stores[-1]

    yield open_one
    for store in stores:
        await store.close()


async def granted(store, decision_id, maximum, amount=1):
    """Whether it was; None when nobody knows, so that the call is refused."""
    try:
        wanted = lease(decision_id, claim(amount=amount, maximum=maximum), expires_at=NOW + 1e6)
        return (await store.reserve(wanted, NOW)).granted
    except ControlError:
        return None


async def hammer(store, caller, maximum, until):
    """Reserves until a call is not let in, and keeps what was granted; `until` then hears of it."""
    ids = []
    while True:
        decision_id = f"{caller}-{len(ids)}"
        if not await granted(store, decision_id, maximum):
            return ids
        ids.append(decision_id)
        until(len(ids))


async def hammer_all(store, maximum, until, prefix=""):
    lists = await asyncio.gather(*(hammer(store, f"{prefix}{n}", maximum, until) for n in range(CALLERS)))
    return [decision_id for ids in lists for decision_id in ids]


async def test_a_server_that_is_killed_keeps_what_it_acknowledged_and_nothing_is_overspent(begin, opened):
    server = begin("one", appendonly="yes", appendfsync="always")
    store = await opened(server)

    def kill_at_ten(count):
        if count == 10 and server.process.poll() is None:
            server.kill()

    granted_before = await hammer_all(store, 100_000, kill_at_ten)
    server.start()
    await store.expire(NOW)
    assert {one.decision_id for one in await store.leases()} == set(granted_before)
    assert await standing(store) == {TEAM: (0, len(granted_before))}
    rest = await hammer_all(store, 1000, lambda _: None, "again-")
    assert len(rest) + len(granted_before) == 1000
    assert await standing(store) == {TEAM: (0, 1000)}


async def test_a_server_that_hangs_is_given_up_and_what_it_did_meanwhile_is_given_back(begin, opened):
    server = begin("one")
    store = await opened(server, timeout=SOON)
    assert await granted(store, "d0", 100, 10)
    server.stop()
    asked = [granted(store, f"d{n}", 100, 10) for n in range(1, 6)]
    assert await asyncio.gather(*asked) == [None] * 5
    with pytest.raises(ControlError):
        await store.settle([settlement("d0", usd=3)], NOW)
    with pytest.raises(ControlError):
        await store.expire(NOW)
    server.go_on()
    await store.expire(NOW)
    assert sum((await standing(store))[TEAM]) in {10, 3}
    assert await granted(store, "d1", 100, 10) is None
    await store.settle([settlement("d0", usd=3)], NOW)
    assert await standing(store) == {TEAM: (3, 0)}


async def test_a_caller_that_leaves_in_the_middle_reserves_nothing(begin, opened):
    server = begin("one")
    store = await opened(server, timeout=10)
    assert await granted(store, "d0", 100, 10)
    server.stop()
    leaving = asyncio.create_task(granted(store, "d1", 100, 10))
    await asyncio.sleep(0)
    await asyncio.to_thread(server.wait_for_unread)
    leaving.cancel()
    await asyncio.gather(leaving, return_exceptions=True)
    server.go_on()
    await store.expire(NOW)
    assert await standing(store) == {TEAM: (0, 10)}


async def test_a_server_that_is_gone_is_found_again(begin, opened):
    server = begin("one")
    store = await opened(server)
    await asyncio.gather(*(granted(store, f"a{n}", 1000) for n in range(CALLERS)))
    server.kill()
    assert await granted(store, "b", 1000) is None
    with pytest.raises(ControlError):
        await store.ping()
    server.start()
    answers = await asyncio.gather(*(granted(store, f"c{n}", 1000) for n in range(CALLERS)))
    assert answers == [True] * CALLERS


@pytest.fixture
def pair(begin):
    """A primary and a replica that has caught up."""
    primary = begin("primary", repl_diskless_sync_delay=0)
    replica = begin("replica")
    replica.follow(primary)
    return primary, replica


async def test_what_no_replica_has_is_refused_and_given_back(pair, opened):
    primary, replica = pair
    store = await opened(primary, replicas=1, timeout=1.0)
    assert await granted(store, "d0", 100, 10)
    replica.stop()
    assert await granted(store, "d1", 100, 10) is None
    with pytest.raises(ControlError, match="too few replicas"):
        await store.extend(extension("d0", claim(amount=5)), NOW)
    replica.go_on()
    await store.expire(NOW)
    assert await granted(store, "d2", 100, 10)
    assert {one.decision_id for one in await store.leases()} == {"d0", "d2"}


async def test_a_settlement_that_no_replica_has_is_told_again_until_one_has_it(pair, opened):
    primary, replica = pair
    store = await opened(primary, replicas=1, timeout=1.0)
    await granted(store, "d0", 100, 10)
    replica.stop()
    for _ in range(2):
        with pytest.raises(ControlError, match="too few replicas"):
            await store.settle([settlement("d0", usd=4)], NOW)
    replica.go_on()
    assert await store.settle([settlement("d0", usd=4)], NOW) == 0
    primary.kill()
    replica.client().replicaof("no", "one")
    promoted = await opened(replica)
    assert [row["cost_nano"] for row in await promoted.entries(0, NOW + 1)] == [4]
    assert await standing(promoted) == {TEAM: (4, 0)}


async def test_a_cluster_confirms_too(tmp_path):
    cluster = RedisCluster(tmp_path, replica=True).start()
    address = RedisAddress("cluster", (("127.0.0.1", cluster.servers[0].port),), replicas=1, timeout=1.0)
    store = RedisStore(address, own_time=False)
    try:
        await store.open()
        assert await granted(store, "d0", 100, 10)
        cluster.servers[3].stop()
        assert await granted(store, "d1", 100, 10) is None
        cluster.servers[3].go_on()
        await store.expire(NOW)
        assert await standing(store) == {TEAM: (0, 10)}
    finally:
        await store.close()
        cluster.end()


async def test_no_confirmed_reservation_is_lost_when_a_replica_takes_over(pair, opened):
    """The replica is cut off in the middle, the primary goes on alone for a while, dies, and the replica is promoted."""
    primary, replica = pair
    store = await opened(primary, replicas=1, timeout=1.0)

    def cut_off(count):
        if count == 10:
            replica.stop()

    confirmed = await hammer_all(store, 100_000, cut_off)
    unconfirmed = await opened(primary)
    assert all(await asyncio.gather(*(granted(unconfirmed, f"alone-{n}", 100_000) for n in range(50))))
    primary.kill()
    replica.go_on()
    replica.client().replicaof("no", "one")
    promoted = await opened(replica)
    kept = {one.decision_id for one in await promoted.leases()}
    assert set(confirmed) <= kept
    assert len(confirmed) >= CALLERS
    assert (await standing(promoted))[TEAM] == (0, len(kept))
