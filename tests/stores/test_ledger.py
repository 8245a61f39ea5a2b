"""Usage entries and their outbox, the same on every store."""

from tests.stores.backends import NOW, claim, lease, settlement


async def test_entries_are_read_by_time(store):
    await store.settle([settlement(f"d{n}", at=NOW + n) for n in (3, 1, 2)], NOW)
    assert [row["at"] - NOW for row in await store.entries(NOW + 1, NOW + 3)] == [1, 2]


async def test_the_outbox_gives_each_entry_once_oldest_first(store):
    await store.settle([settlement(f"d{n}") for n in range(5)], NOW)
    first = await store.take_outbox("a", 2, NOW)
    second = await store.take_outbox("b", 9, NOW)
    assert [row["decision_id"] for _, row in first] == ["d0", "d1"]
    assert [row["decision_id"] for _, row in second] == ["d2", "d3", "d4"]
    assert await store.take_outbox("a", 9, NOW) == []


async def test_what_is_exported_does_not_come_back(store):
    await store.settle([settlement("d1")], NOW)
    taken = await store.take_outbox("a", 9, NOW)
    await store.mark_exported([sequence for sequence, _ in taken])
    assert await store.take_outbox("a", 9, NOW + 1000) == []


async def test_what_a_crashed_exporter_took_is_given_to_another_after_thirty_seconds(store):
    await store.settle([settlement("d1")], NOW)
    taken = await store.take_outbox("a", 9, NOW)
    assert await store.take_outbox("b", 9, NOW + 29) == []
    assert await store.take_outbox("b", 9, NOW + 30) == taken


async def test_a_correction_is_exported_again_even_when_it_came_while_the_first_was_under_way(store):
    await store.reserve(lease("d1", claim(), expires_at=NOW + 1), NOW)
    await store.expire(NOW + 1)
    ((sequence, first),) = await store.take_outbox("a", 9, NOW + 1)
    await store.settle([settlement("d1", usd=3)], NOW + 2)
    await store.mark_exported([sequence])
    ((_, corrected),) = await store.take_outbox("a", 9, NOW + 3)
    assert (first["decision_id"], first["outcome"]) == ("d1", "expired")
    assert (corrected["decision_id"], corrected["outcome"]) == ("d1", "served")
