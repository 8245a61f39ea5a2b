"""Thresholds of a limit: an event in the outbox for each that is reached, once a window; the same on every store."""

from dataclasses import replace

import pytest

from ext_proc.leases import Grant
from tests.stores.backends import NOW, claim, lease, settlement

DAY = 86_400


async def spend(store, number, usd, now=NOW, **terms):
    wanted = claim(amount=usd, thresholds=(50, 80, 95), **terms)
    await store.reserve(lease(f"d{number}", wanted, expires_at=now + 600), now)
    await store.settle([settlement(f"d{number}", usd=usd)], now)


async def events(store, now=NOW):
    rows = [row for _, row in await store.take_outbox("test", 999, now)]
    return [row for row in rows if "event" in row]


async def test_each_threshold_that_is_reached_is_told_once(store):
    told = []
    for number, usd in enumerate((49, 1, 40, 1, 9)):
        await spend(store, number, usd)
        told.append([event["percent"] for event in await events(store)])
    assert told == [[], [50], [80], [], [95]]


async def test_an_event_says_all_about_the_limit(store):
    await spend(store, 1, 85, window="hour")
    first, second = await events(store)
    assert first.pop("decision_id") != second.pop("decision_id")
    resets_at = (NOW // 3600 + 1) * 3600
    assert second == {
        "event": "threshold", "at": NOW, "limit": "usd", "scope": "team=a", "unit": "usd", "window": "hour",
        "percent": 80, "maximum": 100, "settled": 85, "leased": 0, "resets_at": resets_at,
    }  # fmt: skip
    assert (first["percent"], await store.entries(0, NOW + 1)) == (50, [settlement("d1", usd=85).entry])


async def test_events_stand_in_the_outbox_with_the_charge_and_are_exported_like_it(store):
    await spend(store, 1, 60)
    taken = await store.take_outbox("a", 9, NOW)
    assert [row.get("event") for _, row in taken] == [None, "threshold"]
    await store.mark_exported([sequence for sequence, _ in taken])
    assert await store.take_outbox("a", 9, NOW + 1000) == []


@pytest.mark.parametrize("window", ["day", "24h"])
async def test_the_next_window_is_told_of_anew(store, window):
    await spend(store, 1, 60, window=window)
    await spend(store, 2, 60, NOW + 2 * DAY, window=window)
    assert [event["percent"] for event in await events(store, NOW + 2 * DAY)] == [50, 50]


async def test_an_expired_lease_may_reach_a_threshold(store):
    await store.reserve(lease("d1", claim(amount=50, thresholds=(50,)), expires_at=NOW + 5), NOW)
    await store.expire(NOW + 5)
    assert [event["percent"] for event in await events(store, NOW + 5)] == [50]


async def test_what_is_only_leased_reaches_none(store):
    await store.reserve(lease("d1", claim(amount=100, thresholds=(50,))), NOW)
    assert await events(store) == []


async def test_a_grant_is_in_the_maximum_and_lets_thresholds_be_told_again(store):
    grant = Grant("g1", "usd", "team=a", "usd", 100, NOW)
    await spend(store, 1, 60)
    await store.grant(grant, NOW)
    await store.grant(replace(grant, amount=1), NOW)
    await spend(store, 2, 39)
    await spend(store, 3, 1)
    assert [(event["percent"], event["maximum"]) for event in await events(store)] == [(50, 100), (50, 200)]


async def test_a_reset_lets_thresholds_be_told_again(store):
    await spend(store, 1, 60)
    await store.reset("usd", "team=a", NOW)
    await spend(store, 2, 49)
    await spend(store, 3, 1)
    assert [event["settled"] for event in await events(store)] == [60, 50]


async def test_a_limit_of_nothing_has_reached_them_all(store):
    await spend(store, 1, 1, maximum=0, enforce=False)
    assert [event["percent"] for event in await events(store)] == [50, 80, 95]
