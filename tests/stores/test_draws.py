"""What is charged to a lease that stays open: attempts of a call, and calls let in from a slice; on every store."""

import pytest

from ext_proc.leases import Lease, Settlement
from tests.stores.backends import NOW, claim, extension, lease, settlement, slot, standing

TEAM = ("usd", "team=a")


def attempt(usd, number=1, draws_on=("d1",)):
    return settlement(f"d1.{number}", draws_on=draws_on, usd=usd)


async def test_an_attempt_is_charged_out_of_the_lease_and_enters_the_ledger(store):
    await store.reserve(lease("d1", claim(amount=40), claim("rate", 1, unit="requests"), slot()), NOW)
    assert await store.settle([attempt(15)], NOW) == 1
    assert await standing(store) == {TEAM: (15, 25), ("rate", "team=a"): (0, 1), ("slots", "team=a"): (0, 1)}
    assert await store.settle([settlement("d1", usd=20)], NOW) == 1
    assert await standing(store) == {TEAM: (35, 0), ("rate", "team=a"): (1, 0), ("slots", "team=a"): (0, 0)}
    assert sum(row["cost_nano"] for row in await store.entries(0, NOW + 1)) == 35


async def test_an_attempt_is_charged_once(store):
    await store.reserve(lease("d1", claim(amount=40)), NOW)
    assert await store.settle([attempt(15), attempt(15)], NOW) == 1
    assert await store.settle([attempt(19), attempt(5, 2)], NOW) == 1
    assert await standing(store) == {TEAM: (20, 20)}


async def test_an_attempt_that_took_more_than_is_left_is_charged_in_full(store):
    await store.reserve(lease("d1", claim(amount=40)), NOW)
    await store.settle([attempt(55)], NOW)
    assert await standing(store) == {TEAM: (55, 0)}
    await store.settle([settlement("d1", usd=1)], NOW)
    assert await standing(store) == {TEAM: (56, 0)}


async def test_the_next_attempt_holds_its_worst_case_again_or_is_not_made(store):
    await store.reserve(lease("d1", claim(amount=40)), NOW)
    await store.settle([attempt(15)], NOW)
    assert (await store.extend(extension("d1", claim(amount=15)), NOW)).granted
    assert await standing(store) == {TEAM: (15, 40)}
    await store.settle([attempt(40, 2)], NOW)
    assert not (await store.extend(extension("d1", claim(amount=46)), NOW)).granted


@pytest.mark.parametrize("used", [0, 25, 40])
async def test_an_attempt_that_is_told_after_the_call_was_settled_is_charged(store, used):
    await store.reserve(lease("d1", claim(amount=40)), NOW)
    await store.settle([settlement("d1", usd=used)], NOW)
    await store.settle([attempt(15)], NOW + 1)
    assert await standing(store) == {TEAM: (used + 15, 0)}


async def test_an_attempt_that_is_told_after_the_lease_expired_was_in_its_worst_case(store):
    await store.reserve(lease("d1", claim(amount=40), expires_at=NOW + 5), NOW)
    await store.expire(NOW + 5)
    await store.settle([attempt(15)], NOW + 6)
    assert await standing(store) == {TEAM: (40, 0)}
    await store.settle([attempt(30, 2)], NOW + 6)
    assert await standing(store) == {TEAM: (45, 0)}
    await store.settle([settlement("d1", usd=10)], NOW + 7)
    assert await standing(store) == {TEAM: (55, 0)}


async def test_an_attempt_beside_a_settlement_that_waits_is_charged_too(store):
    await store.reserve(lease("d1", claim(amount=40)), NOW)
    await store.settle_later([settlement("d1", usd=20)], NOW + 2)
    await store.settle([attempt(15)], NOW + 1)
    await store.expire(NOW + 2)
    assert await standing(store) == {TEAM: (35, 0)}


async def test_a_call_may_draw_on_several_leases_and_on_none_that_is_known(store):
    await store.reserve(lease("s1", claim(amount=40)), NOW)
    await store.reserve(lease("s2", claim("rate", 5, unit="requests")), NOW)
    await store.settle([settlement("d7", draws_on=("s1", "s2", "s3"), usd=15, requests=1)], NOW)
    assert await standing(store) == {TEAM: (15, 25), ("rate", "team=a"): (1, 4)}


async def test_what_draws_on_others_is_settled_at_once(store):
    with pytest.raises(ValueError, match="at once"):
        await store.settle_later([attempt(15)], NOW)


async def test_a_lease_that_nobody_knew_of_is_given_back_by_a_call_that_drew_on_a_slice(store):
    await store.reserve(lease("s1", claim(amount=40)), NOW)
    await store.reserve(lease("d1", claim(amount=30), claim("rate", 1, unit="requests")), NOW)
    await store.settle([settlement("d1", draws_on=("s1",), usd=15, requests=1)], NOW)
    assert await standing(store) == {TEAM: (15, 25), ("rate", "team=a"): (0, 0)}


async def test_the_same_after_that_lease_expired(store):
    await store.reserve(lease("s1", claim(amount=40)), NOW)
    await store.reserve(lease("d1", claim(amount=30), claim("rate", 1, unit="requests"), expires_at=NOW + 1), NOW)
    await store.expire(NOW + 1)
    await store.settle([settlement("d1", draws_on=("s1",), usd=15, requests=1)], NOW + 2)
    assert await standing(store) == {TEAM: (15, 25), ("rate", "team=a"): (0, 0)}


@pytest.mark.parametrize("end", ["settled", "expired"])
async def test_an_event_goes_to_the_sinks_and_not_into_the_ledger(store, end):
    event = {"decision_id": "s1", "at": NOW, "event": "slice"}
    await store.reserve(Lease("s1", (claim(),), NOW + 1, event), NOW)
    if end == "expired":
        assert await store.expire(NOW + 1) == 1
    await store.settle([Settlement("s1", {}, event)], NOW + 1)
    assert await store.entries(0, NOW + 9) == []
    assert [row["event"] for _, row in await store.take_outbox("a", 9, NOW + 1)] == ["slice"]
    assert await standing(store) == {TEAM: (0, 0)}
