"""Outages in any order, and a Redis that hangs: no limit is passed, and no charge is lost."""

import asyncio
import sqlite3
from contextlib import closing

from hypothesis import given, settings
from hypothesis import strategies as st

from ext_proc.errors import ControlError
from ext_proc.stores.local_slices import LocalSlices
from ext_proc.stores.sqlite import SqliteStore
from tests.stores.backends import NOW, lease, redis_store, settlement, standing
from tests.stores.servers import RedisServer
from tests.stores.test_local_slices import TEAM, admitted, call, local


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["in", "out", "settle", "keep", "away", "back"]), st.integers(0, 1), st.integers(1, 30)
        ),
        max_size=60,
    )
)
@settings(max_examples=60, deadline=None)
def test_no_order_of_outages_passes_a_limit_or_loses_a_charge(tmp_path_factory, steps):

    asyncio.run(outages(tmp_path_factory.mktemp("slices"), steps))


async def outages(folder, steps):
    """Two workers and one limit. What was used is known here, apart from all that they count."""
    store = SqliteStore(folder / "store.db", patience=0)
    await store.open()
    workers = [LocalSlices(store, share=0.2), LocalSlices(store, share=0.2)]
    open_calls, used, count = [], 0, 0
    with closing(sqlite3.connect(folder / "store.db", isolation_level=None)) as other:
        for step, number, amount in steps:
            worker = workers[number]
            try:
                if step == "away" and not other.in_transaction:
                    other.execute("BEGIN IMMEDIATE")
                elif step == "back" and other.in_transaction:
                    other.execute("ROLLBACK")
                elif step == "in":
                    count += 1
                    reserved = await worker.reserve(lease(f"d{count}", local(amount=amount, maximum=150)), NOW)
                    open_calls += [(f"d{count}", amount, number, reserved.draws_on)] if reserved.granted else []
                elif step == "settle" and open_calls:
                    decision_id, most, lender, draws_on = open_calls[0]
                    told = settlement(decision_id, draws_on=draws_on, usd=min(amount, most))
                    settled = await workers[number if amount % 2 else lender].settle([told], NOW)
                    assert settled == 1
                    used += min(amount, most)
                    del open_calls[0]
                elif step == "keep":
                    await worker.keep(NOW)
            except ControlError:
                assert other.in_transaction
            known = await standing(store) if not other.in_transaction else {}
            assert sum(known.get(TEAM, (0, 0))) <= 150
        if other.in_transaction:
            other.execute("ROLLBACK")
    for decision_id, most, _, draws_on in open_calls:
        await workers[0].settle([settlement(decision_id, draws_on=draws_on, usd=most)], NOW)
        used += most
    assert sum(row["cost_nano"] for row in await store.entries(0, NOW + 1)) == used
    settled, leased = (await standing(store)).get(TEAM, (0, 0))
    assert settled == used
    assert settled + leased <= 150
    await store.close()


async def test_while_redis_hangs_calls_are_served_from_slices_and_it_all_adds_up(tmp_path):
    server = RedisServer(tmp_path).start()
    store = redis_store(server, timeout=30)
    try:
        await store.open()
        worker = LocalSlices(store, share=0.1, patience=0.2)
        assert await call(worker, "first", local(), used=0)
        await worker.keep(NOW)
        server.stop()
        ids = await admitted(worker, 12, local())
        assert len(ids) == 10
        server.go_on()
        await store.expire(NOW)
        assert await worker.settle([settlement(decision_id, usd=7) for decision_id in ids], NOW) == 10
        assert await standing(store) == {TEAM: (70, 30)}
        await worker.give_back(NOW)
        assert await standing(store) == {TEAM: (70, 0)}
        await store.close()
    finally:
        server.end()
