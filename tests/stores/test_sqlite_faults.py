"""What the embedded store does when its file cannot be used, and that it heals."""

import asyncio
import resource
import sqlite3
import stat

import pytest

from ext_proc.errors import ControlError
from ext_proc.limits import LARGEST
from ext_proc.stored import Stored
from ext_proc.stores.sqlite import SqliteStore
from tests.stores.backends import NOW, claim, lease, settlement, standing

TEAM = ("usd", "team=a")


@pytest.fixture
async def store(tmp_path):
    opened = SqliteStore(tmp_path / "store.db", patience=0.05)
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
def other(tmp_path):
    """Another program that holds the file."""
    connection = sqlite3.connect(tmp_path / "store.db", isolation_level=None)
    yield connection
    connection.close()


async def test_the_file_is_for_its_owner_alone(store, tmp_path):
    await store.reserve(lease("d1", claim()), NOW)
    files = list(tmp_path.iterdir())
    assert len(files) > 1
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


async def test_all_is_kept_over_a_restart(tmp_path):
    for expected in ((0, 10), (0, 20)):
        store = SqliteStore(tmp_path / "store.db")
        await store.open()
        await store.reserve(lease(f"d{expected[1]}", claim(amount=10)), NOW)
        assert await standing(store) == {TEAM: expected}
        await store.close()


async def test_a_locked_file_fails_the_waiting_calls_and_heals(store, other):
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(ControlError, match="does not answer"):
        await store.reserve(lease("d1", claim()), NOW)
    other.execute("ROLLBACK")
    assert (await store.reserve(lease("d1", claim()), NOW)).granted
    assert await standing(store) == {TEAM: (0, 10)}


async def test_a_full_disk_fails_the_waiting_calls_and_loses_nothing_that_was_acknowledged(store, tmp_path):
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, ((tmp_path / "store.db-wal").stat().st_size + 50_000, limits[1]))
    try:
        results = [await granted(store, lease(f"d{n}", claim(amount=1, maximum=10_000))) for n in range(100)]
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert set(results) == {True, ControlError}
    assert await granted(store, lease("after", claim(amount=1, maximum=10_000)))
    assert await standing(store) == {TEAM: (0, results.count(True) + 1)}


async def granted(store, wanted):
    try:
        return (await store.reserve(wanted, NOW)).granted
    except ControlError:
        return ControlError


@pytest.mark.parametrize("damage", [b"this is no database, " * 500, None])
async def test_a_file_that_cannot_be_used_is_said_at_open_and_works_once_it_is_gone(tmp_path, damage):
    path = tmp_path / "folder" / "store.db"
    if damage:
        path.parent.mkdir()
        path.write_bytes(damage)
    store = SqliteStore(path)
    with pytest.raises(ControlError):
        await store.open()
    path.unlink() if damage else path.parent.mkdir()
    await store.open()
    await store.ping()
    await store.close()


async def test_a_newer_schema_is_refused_with_both_versions(store, other, tmp_path):
    other.execute("UPDATE meta SET value = 99 WHERE name = 'schema'")
    with pytest.raises(ControlError, match="schema 99, this version of the service knows 3"):
        await SqliteStore(tmp_path / "store.db").open()


OLDER = """
DROP TABLE objects; DROP TABLE grants;
ALTER TABLE accounts DROP COLUMN thresholds; ALTER TABLE accounts DROP COLUMN alerted;
ALTER TABLE accounts DROP COLUMN alerted_until; ALTER TABLE accounts DROP COLUMN epoch;
ALTER TABLE entries DROP COLUMN holds; ALTER TABLE entries DROP COLUMN event;
UPDATE expired SET charges = CAST(json_remove(CAST(charges AS TEXT), '$[0][5]') AS BLOB);
UPDATE meta SET value = 1 WHERE name = 'schema'"""
"""Makes the file that of the first version."""


async def test_the_schema_of_an_older_version_is_led_to_this_one_and_nothing_is_lost(store, other, tmp_path):
    await store.reserve(lease("d1", claim()), NOW)
    await store.reserve(lease("d2", claim(amount=40), expires_at=NOW + 1), NOW)
    await store.expire(NOW + 1)
    other.executescript(OLDER)
    led = SqliteStore(tmp_path / "store.db")
    await led.open()
    await led.keep([Stored("file-1", "file", "openai", "team=a", NOW)], NOW)
    assert await led.find_object("file-1", NOW)
    assert await standing(led) == {TEAM: (40, 10)}
    await led.settle([settlement("d1", usd=3), settlement("d2", usd=4)], NOW + 2)
    assert await standing(led) == {TEAM: (7, 0)}
    await led.close()


async def test_a_closed_store_says_so(tmp_path):
    store = SqliteStore(tmp_path / "store.db")
    with pytest.raises(ControlError, match="not open"):
        await store.ping()


async def test_a_wrong_call_does_not_spoil_its_neighbours(store):
    wrong = (claim("s", LARGEST, LARGEST, enforce=False), claim("t", LARGEST, LARGEST, enforce=False))
    await store.reserve(lease("d0", *wrong), NOW)
    results = await asyncio.gather(
        store.reserve(lease("d1", claim()), NOW),
        store.reserve(lease("d2", claim(), *wrong), NOW),
        store.reserve(lease("d3", claim(scope="\ud800")), NOW),
        store.settle([settlement("d1", usd=4), settlement("\ud800", usd=4)], NOW),
        store.reserve(lease("d4", claim()), NOW),
        return_exceptions=True,
    )
    assert [isinstance(result, ValueError | TypeError) for result in results] == [False, True, True, True, False]
    assert (await standing(store))[TEAM] == (0, 20)


async def test_a_caller_that_left_before_its_turn_reserves_nothing(tmp_path, other):
    store = SqliteStore(tmp_path / "store.db", patience=10)
    await store.open()
    other.execute("BEGIN IMMEDIATE")
    waiting = [asyncio.create_task(store.reserve(lease(f"d{number}", claim()), NOW)) for number in range(2)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    await asyncio.gather(waiting[0], return_exceptions=True)
    other.execute("ROLLBACK")
    assert (await waiting[1]).granted
    assert await standing(store) == {TEAM: (0, 10)}
    await store.close()


async def test_processes_may_open_a_new_file_at_the_same_time(tmp_path):
    stores = [SqliteStore(tmp_path / "store.db") for _ in range(8)]
    await asyncio.gather(*(store.open() for store in stores))
    await asyncio.gather(*(store.reserve(lease(f"d{n}", claim(amount=1)), NOW) for n, store in enumerate(stores)))
    assert await standing(stores[0]) == {TEAM: (0, 8)}
    for store in stores:
        await store.close()


async def test_buckets_that_no_longer_count_are_removed(store, other):
    for number in range(200):
        now = NOW + number * 20
        await store.reserve(lease(f"d{number}", claim(amount=1, window="1m"), expires_at=now + 9), now)
        await store.settle([settlement(f"d{number}", usd=1)], now)
    assert other.execute("SELECT count(*) FROM spent").fetchone()[0] <= 5
