"""Several processes on one database, one of them killed."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from ext_proc.stores.sqlite import SqliteStore
from tests.stores.backends import NOW, claim, lease, redis_store, standing
from tests.stores.servers import RedisServer

HAMMER = Path(__file__).with_name("hammer.py")
TEAM = ("usd", "team=a")


def hammering(path, name, most, maximum):
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, str(HAMMER), str(path), name, str(most), str(maximum)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


@pytest.fixture(params=["sqlite", "redis"])
def where(request, tmp_path):
    """A store that processes share: the path of a database or the port of a Redis."""
    if request.param == "sqlite":
        yield tmp_path / "store.db"
        return
    server = RedisServer(tmp_path / "redis").start()
    yield server.port
    server.end()


async def opened(where):
    store = redis_store(where) if isinstance(where, int) else SqliteStore(where)
    await store.open()
    return store


async def test_several_processes_never_pass_a_limit_together(where):
    processes = [hammering(where, name, 1000, 301) for name in "abc"]
    granted = [process.communicate(timeout=60)[0].split() for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0]
    assert sum(map(len, granted)) == 100
    store = await opened(where)
    assert sum((await standing(store))[TEAM]) == 300
    await store.close()


async def test_what_a_killed_process_held_ends_with_its_leases(where):
    with hammering(where, "a", 1_000_000, 10**12) as process:
        acknowledged = [process.stdout.readline().strip() for _ in range(100)]
        process.kill()
        acknowledged += process.stdout.read().split()
    store = await opened(where)
    settled, leased = (await standing(store))[TEAM]
    assert settled + leased - 3 * len(acknowledged) in {0, 3}
    assert await store.expire(NOW + 1e9) == leased // 3
    assert await standing(store, NOW + 1e9) == {TEAM: (leased, 0)}
    await store.close()


async def test_a_killed_process_leaves_a_whole_database_that_keeps_what_it_acknowledged(tmp_path):
    path = tmp_path / "store.db"
    with hammering(path, "a", 1_000_000, 10**12) as process:
        acknowledged = [process.stdout.readline().strip() for _ in range(200)]
        process.kill()
        acknowledged += process.stdout.read().split()
    store = SqliteStore(path)
    await store.open()
    settled, leased = (await standing(store))[TEAM]
    assert (await store.reserve(lease("after", claim(amount=3, maximum=10**12)), NOW)).granted
    await store.close()
    assert settled + leased - 3 * len(acknowledged) in {0, 3}
    with sqlite3.connect(path) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert db.execute("SELECT count(*) FROM leases WHERE decision_id <> 'after'").fetchone() == (leased // 3,)
    db.close()
