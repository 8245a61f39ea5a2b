"""Leases over limits, the same on every store."""

import asyncio
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from ext_proc.limits import LARGEST
from tests.stores.backends import NOW, claim, lease, settlement, slot, standing

TEAM = ("usd", "team=a")


async def test_a_lease_is_held_until_it_is_settled_by_what_was_used(store):
    reserved = await store.reserve(lease("d1", claim(amount=40)), NOW)
    assert reserved.granted
    assert [(b.settled, b.leased, b.remaining) for b in reserved.balances] == [(0, 40, 60)]
    assert await store.settle([settlement("d1", usd=25)], NOW) == 1
    assert await standing(store) == {TEAM: (25, 0)}


async def test_a_limit_grants_up_to_its_maximum_and_not_one_more(store):
    assert (await store.reserve(lease("d1", claim(amount=99)), NOW)).granted
    assert not (await store.reserve(lease("d2", claim(amount=2)), NOW)).granted
    assert (await store.reserve(lease("d3", claim(amount=1)), NOW)).granted
    refused = await store.reserve(lease("d4", claim(amount=1)), NOW)
    assert [(b.limit, b.settled, b.leased, b.remaining) for b in refused.refused_by] == [("usd", 0, 100, 0)]


async def test_all_limits_are_reserved_or_none(store):
    claims = (claim("wide", 10, 1000), claim("narrow", 10, 5), claim("wide2", 10, 1000))
    refused = await store.reserve(lease("d1", *claims), NOW)
    assert [b.limit for b in refused.refused_by] == ["narrow"]
    assert [(b.limit, b.leased) for b in refused.balances] == [("wide", 0), ("narrow", 0), ("wide2", 0)]
    assert set((await standing(store)).values()) == {(0, 0)}


async def test_every_limit_that_has_no_room_is_named(store):
    refused = await store.reserve(lease("d1", claim("a", 6, 5), claim("b", 1, 5), claim("c", 6, 5)), NOW)
    assert [b.limit for b in refused.refused_by] == ["a", "c"]


async def test_scopes_and_units_are_counted_apart(store):
    assert (await store.reserve(lease("d1", claim(amount=100, scope="team=a")), NOW)).granted
    assert (await store.reserve(lease("d2", claim(amount=100, scope="team=b")), NOW)).granted
    assert (await store.reserve(lease("d3", claim(amount=100, scope="team=a", unit="tokens")), NOW)).granted


async def test_a_shadow_limit_counts_and_reports_but_never_refuses(store):
    reserved = await store.reserve(lease("d1", claim(amount=150, enforce=False)), NOW)
    assert reserved.granted
    assert [b.limit for b in reserved.shadowed] == ["usd"]
    await store.settle([settlement("d1", usd=150)], NOW)
    assert await standing(store) == {TEAM: (150, 0)}
    assert not (await store.reserve(lease("d2", claim(amount=1)), NOW)).granted


async def test_a_shadow_limit_is_not_charged_for_a_call_that_another_limit_refused(store):
    refused = await store.reserve(lease("d1", claim("s", 150, enforce=False), claim("e", 150)), NOW)
    assert [b.limit for b in refused.shadowed] == ["s"]
    assert set((await standing(store)).values()) == {(0, 0)}


async def test_the_same_decision_reserves_once(store):
    first = await store.reserve(lease("d1", claim(amount=60)), NOW)
    again = await store.reserve(lease("d1", claim(amount=60)), NOW)
    assert again == first
    await store.settle([settlement("d1", usd=10)], NOW)
    late = await store.reserve(lease("d1", claim(amount=60)), NOW)
    assert late.granted
    assert await standing(store) == {TEAM: (10, 0)}


async def test_a_preview_says_what_a_reserve_would_and_holds_nothing(store):
    await store.reserve(lease("d1", claim(amount=60)), NOW)
    for amount, other in ((40, 5), (41, 5), (1, 6)):
        wanted = lease("d2", claim(amount=amount), claim("other", other, 5), claim("shadow", 9, 5, enforce=False))
        told = await store.preview(wanted, NOW)
        assert told.granted == (amount == 40)
        assert [b.limit for b in told.shadowed] == ["shadow"]
    assert await standing(store) == {TEAM: (0, 60)}
    assert (await store.preview(lease("d1", claim(amount=41)), NOW)).refused_by[0].remaining == 40


async def test_the_same_decision_settles_once(store):
    await store.reserve(lease("d1", claim()), NOW)
    assert await store.settle([settlement("d1", usd=7), settlement("d1", usd=9)], NOW) == 1
    assert await store.settle([settlement("d1", usd=8)], NOW) == 0
    assert await standing(store) == {TEAM: (7, 0)}
    assert [row["cost_nano"] for row in await store.entries(0, NOW + 1)] == [7]


async def test_a_call_without_a_lease_is_entered_and_charges_no_limit(store):
    assert await store.settle([settlement("d1", usd=7)], NOW) == 1
    assert await store.balances(NOW) == []
    assert len(await store.entries(0, NOW + 1)) == 1


async def test_a_call_that_used_more_than_its_lease_is_charged_in_full(store):
    await store.reserve(lease("d1", claim(amount=60)), NOW)
    await store.settle([settlement("d1", usd=130)], NOW)
    assert await standing(store) == {TEAM: (130, 0)}
    assert not (await store.reserve(lease("d2", claim(amount=0)), NOW)).granted


async def test_each_unit_is_charged_by_its_own_rule(store):
    claims = (
        claim("usd", 50),
        claim("rate", 1, unit="requests", window="1m"),
        claim("out", 30, unit="output_tokens"),
        slot(),
    )
    await store.reserve(lease("d1", *claims), NOW)
    await store.settle([settlement("d1", usd=20, input_tokens=5)], NOW)
    assert {limit: amounts for (limit, _), amounts in (await standing(store)).items()} == {
        "usd": (20, 0),
        "rate": (1, 0),
        "out": (0, 0),
        "slots": (0, 0),
    }


async def test_slots_are_given_back(store):
    assert (await store.reserve(lease("d1", slot()), NOW)).granted
    assert (await store.reserve(lease("d2", slot()), NOW)).granted
    assert not (await store.reserve(lease("d3", slot()), NOW)).granted
    await store.settle([settlement("d1")], NOW)
    assert (await store.reserve(lease("d3", slot()), NOW)).granted


async def test_an_expired_lease_is_charged_at_its_worst_and_entered_as_estimated(store):
    await store.reserve(lease("d1", claim(amount=40), slot(), expires_at=NOW + 10, cost_nano=40), NOW)
    assert await store.expire(NOW + 9) == 0
    assert await store.expire(NOW + 10) == 1
    assert await standing(store) == {TEAM: (40, 0), ("slots", "team=a"): (0, 0)}
    (row,) = await store.entries(0, NOW + 1)
    assert (row["outcome"], row["estimated"], row["cost_nano"]) == ("expired", True, 40)


async def test_a_reserve_resolves_expired_leases_that_are_in_its_way(store):
    await store.reserve(lease("d1", slot(1), expires_at=NOW + 10), NOW)
    assert not (await store.reserve(lease("d2", slot(1)), NOW + 9)).granted
    assert (await store.reserve(lease("d2", slot(1)), NOW + 10)).granted


@pytest.mark.parametrize("used", [0, 15, 40, 70])
async def test_a_late_settle_replaces_the_worst_case_by_the_truth(store, used):
    await store.reserve(lease("d1", claim(amount=40), expires_at=NOW + 10), NOW)
    await store.expire(NOW + 20)
    assert await store.settle([settlement("d1", usd=used)], NOW + 30) == 1
    assert await store.settle([settlement("d1", usd=99)], NOW + 40) == 0
    assert await standing(store) == {TEAM: (used, 0)}
    assert [row["outcome"] for row in await store.entries(0, NOW + 1)] == ["served"]


async def test_a_late_settle_corrects_the_window_that_was_charged(store):
    await store.reserve(lease("d1", claim(amount=40, window="1m"), expires_at=NOW + 10), NOW)
    await store.expire(NOW + 10)
    await store.settle([settlement("d1", usd=15)], NOW + 50)
    assert await standing(store, NOW + 60) == {TEAM: (15, 0)}
    assert await standing(store, NOW + 72) == {TEAM: (0, 0)}


async def test_a_sliding_window_forgets_bit_by_bit(store):
    for number, moment in enumerate((NOW, NOW + 30)):
        await store.reserve(lease(f"d{number}", claim(amount=50, window="1m")), moment)
        await store.settle([settlement(f"d{number}", usd=50)], moment)
    spent = [(await standing(store, NOW + after))[TEAM][0] for after in (30, 59, 62, 89, 92)]
    assert spent == [100, 100, 50, 50, 0]


async def test_a_month_begins_anew_on_the_wall_clock_of_its_zone_and_leases_count_in_it(store):
    berlin = datetime(2026, 11, 1, tzinfo=ZoneInfo("Europe/Berlin")).timestamp()
    monthly = claim(amount=60, window="month@Europe/Berlin")
    await store.reserve(lease("d1", monthly, expires_at=berlin + 600), berlin - 2)
    await store.settle([settlement("d1", usd=60)], berlin - 2)
    assert not (await store.reserve(lease("d2", monthly), berlin - 1)).granted
    assert (await store.reserve(lease("d3", monthly, expires_at=berlin + 600), berlin)).granted
    assert await standing(store, berlin) == {TEAM: (0, 60)}
    await store.settle([settlement("d3", usd=5)], berlin + 1)
    assert await standing(store, berlin + 1) == {TEAM: (5, 0)}
    (balance,) = await store.balances(berlin + 1)
    assert balance.resets_at == datetime(2026, 12, 1, tzinfo=ZoneInfo("Europe/Berlin")).timestamp()


async def test_a_lease_over_the_turn_of_a_window_counts_in_the_new_one(store):
    await store.reserve(lease("d1", claim(amount=60, window="1m")), NOW)
    assert not (await store.reserve(lease("d2", claim(amount=60, window="1m")), NOW + 300)).granted


async def test_a_limit_that_is_changed_keeps_what_was_spent_and_shows_its_new_terms(store):
    await store.reserve(lease("d1", claim(amount=60, window="day")), NOW)
    await store.settle([settlement("d1", usd=60)], NOW)
    refused = await store.reserve(lease("d2", claim(amount=1, maximum=50, window="month")), NOW)
    assert [(b.settled, b.maximum) for b in refused.refused_by] == [(60, 50)]
    assert [(b.window, b.maximum, b.settled) for b in await store.balances(NOW)] == [("month", 50, 60)]


async def test_many_at_once_never_pass_the_limit(store):
    asked = [store.reserve(lease(f"d{n}", claim(amount=7), claim("other", 1, 1000)), NOW) for n in range(100)]
    granted = [reserved.granted for reserved in await asyncio.gather(*asked)]
    assert granted.count(True) == 14
    assert await standing(store) == {TEAM: (0, 98), ("other", "team=a"): (0, 14)}


async def test_the_ledger_adds_up_to_the_balances(store):
    for number in range(20):
        await store.reserve(lease(f"d{number}", claim(amount=5, maximum=1000)), NOW)
    await store.settle([settlement(f"d{number}", usd=number % 6) for number in range(20)], NOW)
    ledger = sum(row["cost_nano"] for row in await store.entries(0, NOW + 1))
    assert await standing(store) == {TEAM: (ledger, 0)}


@pytest.mark.parametrize(
    "claims",
    [(claim(amount=-1),), (claim(amount=LARGEST + 1, maximum=LARGEST),), (claim(maximum=-1),), (claim(), claim())],
)
async def test_amounts_that_cannot_be_counted_are_a_mistake_of_the_caller(store, claims):
    with pytest.raises(ValueError, match=r"amount|once"):
        await store.reserve(lease("d1", *claims), NOW)
    assert await store.balances(NOW) == []


async def test_usage_that_cannot_be_counted_is_a_mistake_of_the_caller(store):
    with pytest.raises(ValueError, match="amount"):
        await store.settle([settlement("d1", usd=-1)], NOW)
    assert await store.entries(0, NOW + 1) == []


async def test_sums_beyond_what_can_be_counted_never_wrap_into_room(store):
    for number in range(3):
        await store.reserve(lease(f"d{number}", claim(amount=1, maximum=LARGEST, window="1m")), NOW)
    for number in range(3):
        await store.settle([settlement(f"d{number}", usd=LARGEST)], NOW + number)
    assert (await standing(store, NOW + 2))[TEAM][0] >= LARGEST
    assert not (await store.reserve(lease("d8", claim(amount=1, maximum=LARGEST, window="1m")), NOW + 2)).granted
    with pytest.raises(ValueError, match="greater"):
        await store.reserve(lease("d9", claim(amount=1, maximum=LARGEST, window="1m", enforce=False)), NOW + 2)
