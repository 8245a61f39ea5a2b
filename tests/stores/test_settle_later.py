"""What the access log told of a watched answer waits in the store, and outlives the process that heard it."""

from tests.stores.backends import NOW, claim, lease, settlement, standing

TEAM = ("usd", "team=a")


async def test_it_is_charged_when_it_is_due(store):
    await store.reserve(lease("d1", claim(amount=40)), NOW)
    await store.settle_later([settlement("d1", usd=25)], NOW + 2)
    assert await store.expire(NOW + 1) == 0
    assert await standing(store) == {TEAM: (0, 40)}
    assert await store.expire(NOW + 2) == 1
    assert await standing(store) == {TEAM: (25, 0)}
    assert [row["outcome"] for row in await store.entries(NOW - 1, NOW + 9)] == ["served"]


async def test_a_settle_that_comes_before_it_is_the_only_one(store):
    await store.reserve(lease("d1", claim(amount=40)), NOW)
    await store.settle_later([settlement("d1", usd=25)], NOW + 2)
    assert await store.settle([settlement("d1", usd=30)], NOW + 1) == 1
    assert await store.expire(NOW + 9) == 0
    assert await standing(store) == {TEAM: (30, 0)}


async def test_after_a_settle_it_changes_nothing(store):
    await store.reserve(lease("d1", claim(amount=40)), NOW)
    await store.settle([settlement("d1", usd=30)], NOW)
    await store.settle_later([settlement("d1", usd=25)], NOW + 2)
    assert await store.expire(NOW + 9) == 0
    assert await standing(store) == {TEAM: (30, 0)}
    assert len(await store.entries(NOW - 1, NOW + 9)) == 1


async def test_a_settle_that_comes_after_it_corrects_the_charge(store):
    await store.reserve(lease("d1", claim(amount=40)), NOW)
    await store.settle_later([settlement("d1", usd=25)], NOW + 2)
    await store.expire(NOW + 2)
    assert await store.settle([settlement("d1", usd=30)], NOW + 3) == 1
    assert await standing(store) == {TEAM: (30, 0)}


async def test_a_call_without_limits_gets_its_entry(store):
    await store.settle_later([settlement("d1", usd=25)], NOW + 2)
    assert await store.expire(NOW + 2) == 1
    assert [row["decision_id"] for row in await store.entries(NOW - 1, NOW + 9)] == ["d1"]
