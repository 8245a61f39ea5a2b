"""What only the store at Redis promises: one round trip, its own clock, exact sums, and keys that end."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ext_proc.errors import ControlError
from ext_proc.leases import Grant
from ext_proc.limits import LARGEST
from ext_proc.principal import Principal, VirtualKey
from ext_proc.stored import Stored
from ext_proc.stores.redis import RedisStore
from ext_proc.stores.redis_address import RedisAddress
from ext_proc.stores.redis_scripts import _FOLDER
from tests.stores.backends import NOW, claim, extension, lease, redis_store, settlement, slot, standing
from tests.stores.servers import RedisServer

TEAM = ("usd", "team=a")
HOUR = 3600
MOST_KEPT = 7 * 86_400


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    begun = RedisServer(tmp_path_factory.mktemp("redis")).start()
    yield begun
    begun.end()


@pytest.fixture
async def opened(server):
    """Makes stores on the emptied server, and closes them."""
    server.client().flushall()
    stores = []

    async def open_one(store=None):
        stores.append(store or redis_store(server))
        await stores[-1].open()
        return stores[-1]

    yield open_one
    for store in stores:
        await store.close()


@pytest.fixture
async def store(opened):
    return await opened()


@pytest.fixture
async def timed(opened, server):
    """A store on which the clock of Redis counts."""
    return await opened(RedisStore(RedisAddress("one", (("127.0.0.1", server.port),))))


def server_time(server):
    seconds, microseconds = server.client().time()
    return seconds + microseconds / 1e6


@pytest.mark.parametrize("step", ["reserve", "extend", "settle"])
async def test_a_step_is_one_command_to_the_server(store, server, step):
    claims = (claim(), claim("rate", 1, unit="requests", window="1m"), slot())
    steps = {
        "reserve": lambda number: store.reserve(lease(f"d{number}", *claims), NOW),
        "extend": lambda _: store.extend(extension("d1", claim(amount=1)), NOW),
        "settle": lambda number: store.settle([settlement(f"d{number}", usd=1)], NOW),
    }
    await store.reserve(lease("d1", *claims), NOW)
    await steps[step](1)
    with server.client() as asking, asking.monitor() as monitor:
        await steps[step](2)
        server.client().echo("end")
        commands = []
        for told in monitor.listen():
            if told["command"].upper().startswith("ECHO"):
                break
            commands += [told["command"].split()[0].upper()] if told["client_type"] != "lua" else []
    assert [name for name in commands if name not in {"CLIENT", "HELLO"}] == ["EVALSHA"]


async def test_a_server_that_forgot_the_scripts_is_taught_them_again(store, server):
    await store.reserve(lease("d1", claim()), NOW)
    server.client().script_flush()
    assert (await store.reserve(lease("d2", claim()), NOW)).granted
    assert await standing(store) == {TEAM: (0, 20)}


@pytest.mark.parametrize("wrong", [-HOUR, HOUR, -400 * 24 * HOUR])
async def test_the_clock_of_redis_counts_however_wrong_the_callers_is(timed, server, wrong):
    """Leases end, and windows turn, by one clock for all replicas."""
    truth = server_time(server)
    caller = truth + wrong
    reserved = await timed.reserve(lease("d1", claim(window="day"), expires_at=caller + 100), caller)
    midnight = datetime.fromtimestamp(truth, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    assert reserved.balances[0].resets_at == (midnight + timedelta(days=1)).timestamp()
    ((_, ends),) = server.client().zrange("tollkeeper:{0}:expiry", 0, -1, withscores=True)
    assert truth + 99 < ends < server_time(server) + 101
    assert await timed.expire(caller + 1000) == 0
    await timed.settle([settlement("d1", usd=7)], caller)
    assert await standing(timed, caller) == {TEAM: (7, 0)}


async def test_a_lease_ends_when_the_server_says_so(timed, server):
    now = server_time(server)
    await timed.reserve(replace(lease("d1", claim(), expires_at=now - 1), entry={"at": now}), now)
    await timed.settle_later([settlement("d2", at=now + 1, usd=1)], 0)
    assert await timed.expire(now) == 2
    assert [row["outcome"] for row in await timed.entries(0, now + 60)] == ["expired", "served"]


async def test_a_calendar_window_that_another_replica_brought_is_asked_for(opened, server):
    first, second = await opened(), await opened()
    monthly = claim(window="month@Europe/Berlin")
    await first.reserve(lease("d1", monthly), NOW)
    assert await second.settle([settlement("d1", usd=4)], NOW) == 1
    await first.reserve(lease("d2", monthly, expires_at=NOW + 1), NOW)
    third = await opened()
    assert await third.expire(NOW + 1) == 1
    assert await standing(third) == {TEAM: (14, 0)}


async def test_a_settlement_in_a_later_period_is_charged_there(store):
    await store.reserve(lease("d1", claim(window="hour"), expires_at=NOW + 9 * HOUR), NOW)
    await store.settle([settlement("d1", usd=4)], NOW + 5 * HOUR)
    assert await standing(store, NOW + 5 * HOUR) == {TEAM: (4, 0)}
    assert await standing(store, NOW + 6 * HOUR) == {TEAM: (0, 0)}


async def test_amounts_are_exact_to_the_last_unit(store):
    large = claim(amount=2**53 + 1, maximum=LARGEST)
    await store.reserve(lease("d1", large), NOW)
    await store.settle([settlement("d1", usd=2**53 + 1)], NOW)
    rest = LARGEST - 2**53 - 1
    assert not (await store.reserve(lease("d2", claim(amount=rest + 1, maximum=LARGEST)), NOW)).granted
    reserved = await store.reserve(lease("d3", claim(amount=rest, maximum=LARGEST)), NOW)
    assert [(b.settled, b.leased, b.remaining) for b in reserved.balances] == [(2**53 + 1, rest, 0)]
    assert not (await store.reserve(lease("d4", claim(amount=1, maximum=LARGEST)), NOW)).granted


async def test_an_entry_that_expires_keeps_every_digit(store):
    await store.reserve(lease("d1", claim(), expires_at=NOW, cost_nano=LARGEST - 1, user="é\u2028"), NOW - 1)
    await store.expire(NOW)
    (row,) = await store.entries(0, NOW + 1)
    assert (row["cost_nano"], row["user"]) == (LARGEST - 1, "é\u2028")


AMOUNTS = st.integers(0, LARGEST) | st.sampled_from([0, 1, 10**9 - 1, 10**9, 10**15, 2**53, 2**53 + 1, LARGEST])
SUMS = "return {add(ARGV[1], ARGV[2]), subtract(ARGV[1], ARGV[2]), times(ARGV[1], 100), least(ARGV[1], ARGV[2])}"


@given(AMOUNTS, AMOUNTS)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_sums_in_lua_are_those_of_integers(server, one, other):
    source = (_FOLDER / "numbers.lua").read_text() + SUMS
    with server.client() as client:
        told = [int(text) for text in client.eval(source, 0, str(one), str(other))]
        assert told == [one + other, max(0, one - other), one * 100, min(one, other)]
        assert all(text == str(int(text)).encode() for text in client.eval(source, 0, str(one), str(other)))


async def test_every_key_is_in_a_hash_slot_that_is_named(store, server):
    await fill(store)
    names = server.client().keys("*")
    assert names
    assert [
        name
        for name in names
        if not name.startswith((b"tollkeeper:{0}:", b"tollkeeper:{keys}", b"tollkeeper:{objects}"))
    ] == []


async def test_no_key_lives_for_good_but_those_of_what_is_still_to_come(timed, server):
    """Lists of what ends are cleared as it ends; virtual keys and what is kept without an end are the operator's."""
    now = server_time(server)
    for number, window in enumerate(("1m", "month", "")):
        unit = "usd" if window else "concurrent"
        await timed.reserve(lease(f"d{number}", claim(f"l{number}", 1, window=window, unit=unit)), now)
        await timed.settle([settlement(f"d{number}", at=now, usd=1)], now)
    client = server.client()
    lists = {"sequence", "times", "outbox", "accounts"}
    lasting = {name.decode().rsplit(":", 1)[1] for name in client.keys("*") if client.ttl(name) < 0}
    assert lasting == lists
    assert max(map(client.ttl, client.keys("*"))) <= MOST_KEPT + 32 * 86_400


async def test_lists_lose_what_has_ended(store, server):
    client = server.client()
    for number in range(10):
        await store.reserve(lease(f"d{number}", claim(f"l{number}", 1)), NOW)
        await store.settle([settlement(f"d{number}", usd=1)], NOW)
        await store.grant(Grant(f"g{number}", f"l{number}", "team=a", "usd", 5, NOW, NOW + 9), NOW)
    client.delete(*client.keys("*:e:*"), *client.keys("*:a:*"))
    while client.scard("tollkeeper:{0}:accounts") or client.hlen("tollkeeper:{0}:grants"):
        await store.expire(NOW + 9)
    assert client.keys("*:g:*") == []
    for number in range(10, 14):
        await store.settle([settlement(f"d{number}", usd=1)], NOW)
    assert client.zcard("tollkeeper:{0}:outbox") == 4
    assert len(await store.take_outbox("a", 99, NOW)) == 4
    assert await store.balances(NOW) == []


async def test_an_account_that_was_gone_is_listed_again(store, server):
    await store.reserve(lease("d1", claim()), NOW)
    server.client().delete("tollkeeper:{0}:a:usd|usd|team=a", "tollkeeper:{0}:accounts")
    await store.settle([settlement("d1", usd=4)], NOW)
    await store.reserve(lease("d2", claim()), NOW)
    assert await standing(store) == {TEAM: (4, 10)}


async def test_a_forever_limit_is_never_forgotten(store, server):
    await store.reserve(lease("d1", claim(window="forever")), NOW)
    await store.settle([settlement("d1", usd=1)], NOW)
    assert server.client().ttl("tollkeeper:{0}:a:usd|usd|team=a") == -1


async def fill(store):
    await store.reserve(lease("d1", claim(thresholds=(50,)), tenant="acme"), NOW)
    await store.settle([settlement("d1", usd=99)], NOW)
    await store.add_key(VirtualKey("k1", "digest-1", "ci", Principal(team="a"), NOW))
    await store.revoke_key("k1", NOW)
    await store.keep([Stored("file-1", "file", "openai", "team=a", NOW)], NOW)


async def test_tenants_are_spread_over_slots_and_each_stays_in_one(opened, server):
    store = await opened(redis_store(server, shards=64))
    for number in range(20):
        tenant = f"t{number}"
        own = claim(amount=60, scope=f"tenant={tenant}")
        assert (await store.reserve(lease(f"d{number}", own, tenant=tenant), NOW)).granted
        assert not (await store.reserve(lease(f"e{number}", own, tenant=tenant), NOW)).granted
        longer = replace(extension(f"d{number}", replace(own, amount=40)), tenant=tenant)
        assert (await store.extend(longer, NOW)).granted
        assert await store.renew([longer], NOW) == []
    told = [
        replace(settlement(f"d{n}", usd=n), entry={"decision_id": f"d{n}", "at": NOW, "tenant": f"t{n}"})
        for n in range(20)
    ]
    assert await store.settle(told[:10], NOW) == 10
    assert await store.expire(NOW + 600) == 10
    balances = {b.scope: b.settled for b in await store.balances(NOW + 600)}
    assert balances == {f"tenant=t{n}": n if n < 10 else 100 for n in range(20)}
    taken = await store.take_outbox("a", 15, NOW) + await store.take_outbox("a", 99, NOW)
    assert sorted(row["decision_id"] for _, row in taken) == sorted(f"d{n}" for n in range(20))
    await store.mark_exported([sequence for sequence, _ in taken])
    assert await store.take_outbox("a", 99, NOW + 99) == []
    shards = {json.dumps(name.decode().split("}")[0]) for name in server.client().keys("*:a:*")}
    assert len(shards) > 5


async def test_a_user_of_an_acl_needs_its_own_keys_alone(opened, server, store):
    rights = ["~tollkeeper:*", "+@all", "-@dangerous", "-@admin"]
    server.client().execute_command("ACL", "SETUSER", "gate", "on", ">first", "resetkeys", *rights)
    password = ["first"]
    entered = await opened(redis_store(server, username="gate", password=lambda: password[0]))
    await fill(entered)
    assert await entered.find_key("digest-1")
    with pytest.raises(ControlError):
        await opened(redis_store(server, username="gate", password=lambda: "wrong"))
    assert await standing(entered) == {TEAM: (99, 0)}


async def test_a_password_that_is_changed_is_taken_up_at_the_next_connection(opened, server, store):
    client = server.client()
    client.execute_command("ACL", "SETUSER", "gate", "on", ">first", "~tollkeeper:*", "+@all")
    password = ["first"]
    entered = await opened(redis_store(server, username="gate", password=lambda: password[0]))
    client.execute_command("ACL", "SETUSER", "gate", "resetpass", ">second")
    client.execute_command("CLIENT", "KILL", "USER", "gate")
    password[0] = "second"
    assert (await entered.reserve(lease("d1", claim()), NOW)).granted
