"""The event loop that the embedded store runs on stays free, and its write-ahead log small."""

import asyncio
import sqlite3
from contextlib import closing

import pytest

from ext_proc.errors import ControlError
from ext_proc.stores import sqlite_connection
from ext_proc.stores.sqlite import SqliteStore
from tests.stores.backends import NOW, claim, lease, standing

TEAM = ("usd", "team=a")


@pytest.fixture
async def store(tmp_path):
    opened = SqliteStore(tmp_path / "store.db", patience=5)
    await opened.open()
    yield opened
    await opened.close()


async def test_the_loop_goes_on_while_another_process_holds_the_file(store, tmp_path):
    with closing(sqlite3.connect(tmp_path / "store.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        waiting = [asyncio.create_task(store.reserve(lease(f"d{number}", claim()), NOW)) for number in range(5)]
        for _ in range(20):
            await asyncio.wait_for(asyncio.sleep(0.001), 1)
        assert not any(task.done() for task in waiting)
        other.execute("ROLLBACK")
        assert all(reserved.granted for reserved in await asyncio.gather(*waiting))
    assert await standing(store) == {TEAM: (0, 50)}


async def test_reads_wait_for_no_writer(store, tmp_path):
    await store.reserve(lease("d1", claim()), NOW)
    with closing(sqlite3.connect(tmp_path / "store.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert await standing(store) == {TEAM: (0, 10)}
        assert await store.find_key("unknown") is None


async def test_the_write_ahead_log_begins_anew(store, tmp_path):
    commits = 3 * sqlite_connection._COMMITS_TO_CHECKPOINT
    log = tmp_path / "store.db-wal"
    sizes = []
    for number in range(commits):
        await store.reserve(lease(f"d{number}", claim(amount=1, maximum=10**9)), NOW)
        if number % 50 == 0:
            await (store._connection._checkpoint or asyncio.sleep(0))
            sizes.append(log.stat().st_size)
    assert sizes[-1] < 2 * sizes[len(sizes) // 3]
    assert await standing(store) == {TEAM: (0, commits)}


async def test_a_store_that_is_closed_while_a_call_waits_refuses_it(tmp_path):
    store = SqliteStore(tmp_path / "store.db", patience=0.2)
    await store.open()
    with closing(sqlite3.connect(tmp_path / "store.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        waiting = asyncio.create_task(store.reserve(lease("d1", claim()), NOW))
        await asyncio.sleep(0)
        await store.close()
        with pytest.raises(ControlError):
            await waiting
