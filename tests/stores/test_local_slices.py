"""While the store is away a worker serves what its limits allow, and never more than it holds already."""

import sqlite3
from contextlib import closing, contextmanager

import pytest

from ext_proc.errors import ControlError
from ext_proc.stores.local_slices import LocalSlices
from ext_proc.stores.slices import IDLE, LIFE
from ext_proc.stores.sqlite import SqliteStore
from tests.stores.backends import NOW, claim, extension, lease, settlement, standing

TEAM = ("usd", "team=a")


def local(amount=10, maximum=1000, **terms):
    return claim(amount=amount, maximum=maximum, outage="local", **terms)


@pytest.fixture
async def store(tmp_path):
    opened = SqliteStore(tmp_path / "store.db", patience=0)
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
def away(tmp_path):
    """Another program holds the file meanwhile."""

    @contextmanager
    def hold():
        with closing(sqlite3.connect(tmp_path / "store.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
            other.execute("ROLLBACK")

    return hold


async def call(worker, decision_id, *claims, now=NOW, used=5):
    """A call that is let in and settled; whether it was."""
    reserved = await worker.reserve(lease(decision_id, *claims), now)
    if reserved.granted:
        await worker.settle([settlement(decision_id, usd=used, requests=1)], now)
    return reserved.granted


@pytest.fixture
async def worker(store):
    """One that has served a call, and holds a slice of a tenth of its limit: one hundred."""
    made = LocalSlices(store, share=0.1)
    assert await call(made, "first", local(), used=0)
    await made.keep(NOW)
    return made


async def admitted(worker, count, *claims, prefix="d"):
    """The calls that were let in; those that were not were refused for the store's sake."""
    ids = []
    for number in range(count):
        try:
            reserved = await worker.reserve(lease(f"{prefix}{number}", *claims), NOW)
        except ControlError:
            continue
        assert reserved.granted
        ids.append(f"{prefix}{number}")
    return ids


async def test_a_slice_is_held_of_what_calls_claim(store, worker):
    assert await standing(store) == {TEAM: (0, 100)}


async def test_no_more_is_let_in_than_the_slice_holds(store, worker, away):
    with away():
        assert await admitted(worker, 12, local()) == [f"d{n}" for n in range(10)]
    assert await standing(store) == {TEAM: (0, 100)}


async def test_what_was_let_in_is_charged_to_the_slice_once_the_store_is_back(store, worker, away):
    with away():
        ids = await admitted(worker, 10, local())
        with pytest.raises(ControlError):
            await worker.settle([settlement("d0", usd=7)], NOW)
    told = [settlement(decision_id, usd=7) for decision_id in ids]
    assert await worker.settle(told, NOW) == 10
    assert await worker.settle(told, NOW) == 0
    assert await standing(store) == {TEAM: (70, 30)}
    await worker.give_back(NOW)
    assert await standing(store) == {TEAM: (70, 0)}
    assert len(await store.entries(0, NOW + 1)) == 11


async def test_another_worker_may_settle_what_this_one_let_in(store, worker, away):
    with away():
        reserved = await worker.reserve(lease("d1", local(amount=40)), NOW)
    other = LocalSlices(store)
    assert await other.settle([settlement("d1", draws_on=reserved.draws_on, usd=30)], NOW) == 1
    assert await worker.settle([settlement("d1", usd=30)], NOW) == 0
    assert await standing(store) == {TEAM: (30, 70)}
    with away():
        assert len(await admitted(worker, 12, local())) == 6


async def test_what_was_not_used_is_lent_again(worker, away):
    with away():
        assert len(await admitted(worker, 12, local())) == 10
    await worker.settle([settlement(f"d{n}", usd=1) for n in range(10)], NOW)
    with away():
        assert len(await admitted(worker, 12, local(), prefix="e")) == 9


async def test_an_access_log_that_would_wait_settles_at_once(store, worker, away):
    with away():
        await worker.reserve(lease("d1", local(amount=40)), NOW)
    await worker.settle_later([settlement("d1", usd=30), settlement("d2", usd=1)], NOW)
    assert await standing(store) == {TEAM: (30, 70)}
    assert await store.expire(NOW) == 1


POLICIES = [
    ((local(), claim("other", outage="deny")), None),
    ((local(), claim("other", outage="allow")), 1),
    ((local(), claim("other", enforce=False)), 1),
    ((local(), local(scope="team=b")), None),
    ((local(scope="team=b"),), None),
    ((claim("other", outage="allow"),), 0),
    ((claim("other"),), None),
    ((), 0),
]


@pytest.mark.parametrize(("claims", "slices"), POLICIES)
async def test_every_limit_has_its_say(worker, away, claims, slices):
    """One that denies refuses, one that allows is passed over, and one that is local needs a slice."""
    with away():
        if slices is None:
            with pytest.raises(ControlError):
                await worker.reserve(lease("d1", *claims), NOW)
        else:
            assert len((await worker.reserve(lease("d1", *claims), NOW)).draws_on) == slices


UNCHECKED = [
    ((local(),), ()),
    ((local(), claim("other", outage="allow"), claim("other", scope="team=b", outage="allow")), ("other",)),
    ((claim("seen", enforce=False), claim("other", outage="allow")), ("seen", "other")),
    ((claim("seen", enforce=False, outage="local"), local()), ("seen",)),
]


@pytest.mark.parametrize(("claims", "names"), UNCHECKED)
async def test_a_call_tells_which_limits_let_it_in_without_looking(worker, away, claims, names):
    assert (await worker.reserve(lease("d1", *claims), NOW)).unchecked == ()
    with away():
        assert (await worker.reserve(lease("d2", *claims), NOW)).unchecked == names


async def test_another_slice_is_held_for_the_next_outage_whoever_settles_the_calls_of_the_last(store, worker, away):
    with away():
        reserved = await worker.reserve(lease("d1", local(amount=100)), NOW)
    await LocalSlices(store).settle([settlement("d1", draws_on=reserved.draws_on, usd=30)], NOW)
    await worker.keep(NOW)
    assert await standing(store) == {TEAM: (30, 70 + 100)}
    with away():
        assert len(await admitted(worker, 12, local(), prefix="e")) == 10


async def test_nothing_is_held_of_a_limit_that_is_local_no_more(store, worker):
    assert worker.hold_of("usd")
    assert await call(worker, "d1", claim(maximum=1000), used=1)
    await worker.keep(NOW)
    assert await standing(store) == {TEAM: (1, 0)}
    assert not worker.hold_of("usd")


async def test_a_stream_that_was_let_in_gets_its_slices_from_the_same(worker, away):
    with away():
        await worker.reserve(lease("d1", local(amount=60)), NOW)
        assert (await worker.extend(extension("d1", local(amount=40)), NOW)).granted
        assert not (await worker.extend(extension("d1", local(amount=1)), NOW)).granted
    assert not (await worker.extend(extension("d1", local(amount=1)), NOW)).granted


async def test_a_stream_that_the_store_let_in_goes_on_where_all_its_limits_allow(worker, away):
    allows, seen = claim("other", outage="allow"), claim("seen", enforce=False)
    await worker.reserve(lease("d1", allows, seen), NOW)
    with away():
        reserved = await worker.extend(extension("d1", allows, seen), NOW)
        assert (reserved.granted, reserved.unchecked) == (True, ("other", "seen"))
        for claims in [(allows, claim()), (allows, local()), ()]:
            with pytest.raises(ControlError):
                await worker.extend(extension("d1", *claims), NOW)


async def test_what_nobody_settles_is_charged_at_its_worst(store, worker, away):
    with away():
        await worker.reserve(lease("d1", local(amount=40), expires_at=NOW + 5), NOW)
        await worker.reserve(lease("d2", local(amount=40), expires_at=NOW + 5), NOW)
    assert await worker.renew([extension("d2", expires_at=NOW + 50)], NOW) == []
    await worker.keep(NOW + 5)
    assert (await standing(store))[TEAM][0] == 40
    assert [row["outcome"] for row in await store.entries(0, NOW + 9)] == ["served", "expired"]


async def test_a_slice_is_filled_up_again(store, worker, away):
    with away():
        await admitted(worker, 6, local())
    await worker.settle([settlement(f"d{n}", usd=10) for n in range(6)], NOW)
    assert await standing(store) == {TEAM: (60, 40)}
    await worker.keep(NOW)
    assert await standing(store) == {TEAM: (60, 100)}


async def test_a_slice_that_is_not_used_is_given_back(store, worker):
    await worker.keep(NOW + IDLE + 1)
    assert await standing(store) == {TEAM: (0, 0)}


async def test_a_slice_lives_while_it_is_kept_and_a_dead_workers_ends(store, worker):
    for step in range(1, 4):
        await call(worker, f"later{step}", local(), now=NOW + step * IDLE, used=0)
        await worker.keep(NOW + step * IDLE)
        await store.expire(NOW + step * IDLE)
    assert await standing(store) == {TEAM: (0, 100)}
    await store.expire(NOW + 3 * IDLE + LIFE)
    assert await standing(store) == {TEAM: (100, 0)}


async def test_a_slice_that_expired_in_a_long_outage_lends_no_more_and_is_corrected(store, worker, away):
    with away():
        await worker.reserve(lease("d1", local(amount=40), expires_at=NOW + 9 * LIFE), NOW)
        with pytest.raises(ControlError):
            await worker.reserve(lease("d2", local()), NOW + LIFE)
    await store.expire(NOW + LIFE)
    assert await standing(store) == {TEAM: (100, 0)}
    await worker.settle([settlement("d1", usd=30)], NOW + LIFE)
    await worker.reserve(lease("d3", local(), expires_at=NOW + 9 * LIFE), NOW + LIFE)
    await worker.keep(NOW + LIFE)
    assert await standing(store) == {TEAM: (30, 10 + 100)}


async def test_a_workers_own_slice_is_not_in_the_way_of_its_calls(store, worker):
    assert (await worker.reserve(lease("big", local(amount=1000)), NOW)).granted
    assert await standing(store) == {TEAM: (0, 1000)}
