"""A live lease gets more: amounts in slices, and time by activity; the same on every store."""

import asyncio

import pytest

from ext_proc.limits import LARGEST
from tests.stores.backends import NOW, claim, extension, lease, settlement, slot, standing

TEAM = ("usd", "team=a")


async def test_a_slice_is_added_to_what_the_lease_holds(store):
    await store.reserve(lease("d1", claim(amount=40)), NOW)
    extended = await store.extend(extension("d1", claim(amount=25)), NOW + 1)
    assert extended.granted
    assert [(b.settled, b.leased, b.remaining) for b in extended.balances] == [(0, 65, 35)]
    await store.settle([settlement("d1", usd=50)], NOW + 2)
    assert await standing(store) == {TEAM: (50, 0)}


async def test_a_slice_without_room_in_one_limit_is_added_to_none(store):
    await store.reserve(lease("d1", claim("wide", 10, 1000), claim("narrow", 10, 15)), NOW)
    refused = await store.extend(extension("d1", claim("wide", 6, 1000), claim("narrow", 6, 15)), NOW)
    assert [b.limit for b in refused.refused_by] == ["narrow"]
    assert await standing(store) == {("wide", "team=a"): (0, 10), ("narrow", "team=a"): (0, 10)}


async def test_a_slice_may_be_of_a_limit_that_the_lease_did_not_hold(store):
    await store.reserve(lease("d1", claim(amount=40)), NOW)
    assert (await store.extend(extension("d1", claim("other", 5)), NOW)).granted
    await store.settle([settlement("d1", usd=7)], NOW)
    assert await standing(store) == {TEAM: (7, 0), ("other", "team=a"): (7, 0)}


async def test_what_was_extended_is_charged_whole_when_it_expires(store):
    await store.reserve(lease("d1", claim(amount=40), expires_at=NOW + 10), NOW)
    await store.extend(extension("d1", claim(amount=25), expires_at=NOW + 20), NOW + 5)
    assert await store.expire(NOW + 19) == 0
    assert await store.expire(NOW + 20) == 1
    assert await standing(store) == {TEAM: (65, 0)}


@pytest.mark.parametrize("end", ["settled", "expired", "closed", "unknown"])
async def test_a_lease_that_has_ended_gets_no_more(store, end):
    if end != "unknown":
        await store.reserve(lease("d1", claim(amount=40), expires_at=NOW + 10), NOW)
    if end == "settled":
        await store.settle([settlement("d1", usd=40)], NOW)
    if end == "closed":
        await store.settle_later([settlement("d1", usd=40)], NOW + 20)
    before = await standing(store)
    moment = NOW + 10 if end == "expired" else NOW + 1
    extended = await store.extend(extension("d1", claim(amount=1)), moment)
    assert (extended.granted, extended.ended, extended.refused_by) == (False, True, ())
    assert await store.renew([extension("d1")], moment) == ["d1"]
    assert sum(map(sum, (await standing(store)).values())) == sum(map(sum, before.values()))


async def test_activity_keeps_a_slot(store):
    await store.reserve(lease("d1", slot(1), expires_at=NOW + 10), NOW)
    await store.reserve(lease("d2", claim(), expires_at=NOW + 10), NOW)
    assert await store.renew([extension("d1", expires_at=NOW + 30), extension("d9")], NOW + 9) == ["d9"]
    assert not (await store.reserve(lease("d3", slot(1)), NOW + 29)).granted
    assert (await store.reserve(lease("d3", slot(1)), NOW + 30)).granted


async def test_time_is_only_ever_added(store):
    await store.reserve(lease("d1", claim(), expires_at=NOW + 100), NOW)
    await store.renew([extension("d1", expires_at=NOW + 50)], NOW)
    await store.extend(extension("d1", expires_at=NOW + 60), NOW)
    assert await store.expire(NOW + 99) == 0
    assert await store.expire(NOW + 100) == 1


async def test_many_slices_at_once_never_pass_the_limit(store):
    for name in "abcd":
        await store.reserve(lease(name, claim(amount=1)), NOW)
    asked = [store.extend(extension("abcd"[n % 4], claim(amount=7)), NOW) for n in range(40)]
    granted = [extended.granted for extended in await asyncio.gather(*asked)]
    assert granted.count(True) == 13
    assert await standing(store) == {TEAM: (0, 95)}


@pytest.mark.parametrize("claims", [(claim(amount=-1),), (claim(amount=LARGEST + 1),), (claim(), claim())])
async def test_amounts_that_cannot_be_counted_are_a_mistake_of_the_caller(store, claims):
    await store.reserve(lease("d1", claim()), NOW)
    with pytest.raises(ValueError, match=r"amount|once"):
        await store.extend(extension("d1", *claims), NOW)
    assert await standing(store) == {TEAM: (0, 10)}
