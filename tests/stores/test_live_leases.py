"""The calls under way that hold something, as an operator sees them; the same on every store."""

from ext_proc.leases import Hold
from tests.stores.backends import NOW, claim, extension, lease, settlement, slot


async def test_live_leases_are_listed_with_what_they_hold(store):
    await store.reserve(lease("d2", claim(amount=40), slot(), expires_at=NOW + 20, user="ann"), NOW)
    await store.reserve(lease("d1", claim("other", 5, scope="a|b=c"), expires_at=NOW + 10), NOW)
    await store.extend(extension("d2", claim(amount=2), expires_at=NOW + 30), NOW)
    first, second = await store.leases()
    assert (first.decision_id, first.holds) == ("d1", (Hold("other", "usd", "a|b=c", 5),))
    assert (second.decision_id, second.expires_at) == ("d2", NOW + 30)
    assert second.holds == (Hold("usd", "usd", "team=a", 42), Hold("slots", "concurrent", "team=a", 1))
    assert second.entry == {"decision_id": "d2", "at": NOW, "user": "ann"}


async def test_those_of_one_limit_are_listed_apart(store):
    await store.reserve(lease("d1", claim()), NOW)
    await store.reserve(lease("d2", slot()), NOW)
    assert [one.decision_id for one in await store.leases("slots")] == ["d2"]
    assert await store.leases("none") == []


async def test_a_lease_that_has_ended_is_not_listed(store):
    await store.reserve(lease("d1", claim()), NOW)
    await store.settle([settlement("d1", usd=1)], NOW)
    assert await store.leases() == []
