"""What operators do to limits, the same on every store: grants, their end, and resets."""

from dataclasses import replace

import pytest

from ext_proc.leases import Grant
from ext_proc.limits import LARGEST
from tests.stores.backends import NOW, claim, lease, settlement, slot, standing

TEAM = ("usd", "team=a")
GRANT = Grant("g1", "usd", "team=a", "usd", 50, NOW, NOW + 100, "for the launch")


async def test_a_grant_raises_the_maximum_until_its_end(store):
    await store.grant(GRANT, NOW)
    reserved = await store.reserve(lease("d1", claim(amount=150)), NOW + 99)
    assert [(b.maximum, b.granted, b.remaining) for b in reserved.balances] == [(150, 50, 0)]
    assert [(b.maximum, b.granted) for b in await store.balances(NOW + 99)] == [(150, 50)]
    await store.settle([settlement("d1", usd=90)], NOW + 99)
    assert not (await store.reserve(lease("d2", claim(amount=11)), NOW + 100)).granted
    assert [(b.maximum, b.granted) for b in await store.balances(NOW + 100)] == [(100, 0)]


async def test_a_grant_is_for_one_scope_and_unit(store):
    await store.grant(GRANT, NOW)
    assert not (await store.reserve(lease("d1", claim(amount=101, scope="team=b")), NOW)).granted
    assert not (await store.reserve(lease("d2", claim(amount=101, unit="tokens")), NOW)).granted
    await store.grant(replace(GRANT, id="g2", limit="slots", unit="concurrent", amount=1), NOW)
    assert [(await store.reserve(lease(f"s{n}", slot(1)), NOW)).granted for n in range(3)] == [True, True, False]


async def test_grants_add_up_each_once_and_are_listed(store):
    other = replace(GRANT, id="g2", amount=7, until=None, at=NOW + 1)
    for grant in (GRANT, other, replace(GRANT, amount=999)):
        await store.grant(grant, NOW)
    assert await store.grants(NOW) == [GRANT, other]
    assert (await store.reserve(lease("d1", claim(amount=157)), NOW)).granted
    assert await store.grants(NOW + 100) == [other]


async def test_a_grant_that_is_revoked_counts_no_more(store):
    await store.grant(GRANT, NOW)
    assert await store.revoke_grant("g1", NOW)
    assert not await store.revoke_grant("g1", NOW)
    assert not await store.revoke_grant("g9", NOW)
    assert await store.grants(NOW) == []
    assert not (await store.reserve(lease("d1", claim(amount=101)), NOW)).granted


async def test_a_grant_that_has_ended_cannot_be_revoked(store):
    await store.grant(GRANT, NOW)
    assert not await store.revoke_grant("g1", NOW + 100)


async def test_an_extension_sees_grants(store):
    await store.grant(replace(GRANT, until=None), NOW)
    await store.reserve(lease("d1", claim(amount=LARGEST, maximum=LARGEST)), NOW)
    assert [(b.maximum, b.granted) for b in await store.balances(NOW)] == [(LARGEST, 50)]


@pytest.mark.parametrize("amount", [-1, LARGEST + 1, 1.5])
async def test_a_grant_that_cannot_be_counted_is_a_mistake_of_the_caller(store, amount):
    with pytest.raises(ValueError, match="amount"):
        await store.grant(replace(GRANT, amount=amount), NOW)
    await store.grant(replace(GRANT, amount=LARGEST), NOW)
    with pytest.raises(ValueError, match="greater"):
        await store.grant(replace(GRANT, id="g2", amount=1), NOW)
    assert [grant.amount for grant in await store.grants(NOW)] == [LARGEST]


async def test_a_reset_forgets_what_is_settled_and_leaves_leases(store):
    await store.reserve(lease("d1", claim(amount=40)), NOW)
    await store.settle([settlement("d1", usd=40)], NOW)
    await store.reserve(lease("d2", claim(amount=30), claim("other", 5)), NOW)
    assert await store.reset("usd", "team=a", NOW) == 1
    assert await standing(store) == {TEAM: (0, 30), ("other", "team=a"): (0, 5)}
    await store.settle([settlement("d2", usd=20)], NOW)
    assert await standing(store) == {TEAM: (20, 0), ("other", "team=a"): (20, 0)}
    assert len(await store.entries(0, NOW + 1)) == 2


async def test_a_reset_of_what_is_not_there_says_so(store):
    await store.reserve(lease("d1", claim()), NOW)
    assert await store.reset("usd", "team=b", NOW) == 0
    assert await store.reset("us", "team=a", NOW) == 0


async def test_a_charge_that_a_reset_forgot_is_corrected_no_more(store):
    await store.reserve(lease("d1", claim(amount=40), expires_at=NOW + 5), NOW)
    await store.expire(NOW + 5)
    await store.reset("usd", "team=a", NOW + 6)
    await store.reserve(lease("d2", claim(amount=30)), NOW + 6)
    await store.settle([settlement("d2", usd=30)], NOW + 6)
    assert await store.settle([settlement("d1", usd=15)], NOW + 7) == 1
    assert await standing(store, NOW + 7) == {TEAM: (30, 0)}
