"""Limits of one provider: a call holds room in each that it could reach, and is charged in that of the one that served."""

from tests.stores.backends import NOW, claim, lease, settlement, slot, standing

OURS, THEIRS = ("usd", "provider=ours"), ("usd", "provider=theirs")


def both(decision_id="d1", **more):
    claims = [claim(amount=40, scope=f"provider={name}") for name in ("ours", "theirs")]
    rates = [claim("rate", 1, unit="requests", scope=f"provider={name}") for name in ("ours", "theirs")]
    return lease(decision_id, *claims, *rates, slot(), **more)


def served(decision_id="d1", **amounts):
    """By ours: what the others held is given back."""
    spared = {"usd|usd|provider=theirs": 0, "rate|requests|provider=theirs": 0}
    return settlement(decision_id, **spared, usd=25, requests=1, **amounts)


AFTER = {
    OURS: (25, 0),
    THEIRS: (0, 0),
    ("rate", "provider=ours"): (1, 0),
    ("rate", "provider=theirs"): (0, 0),
    ("slots", "team=a"): (0, 0),
}


async def test_only_the_account_of_who_served_is_charged(store):
    await store.reserve(both(), NOW)
    assert (await standing(store))[THEIRS] == (0, 40)
    await store.settle([served()], NOW)
    assert await standing(store) == AFTER


async def test_the_same_when_the_access_log_settles_later(store):
    await store.reserve(both(), NOW)
    await store.settle_later([served()], NOW + 2)
    await store.expire(NOW + 2)
    assert await standing(store) == AFTER


async def test_a_late_settle_gives_back_what_expiry_charged_to_the_others(store):
    await store.reserve(both(expires_at=NOW + 5), NOW)
    await store.expire(NOW + 5)
    assert (await standing(store))[THEIRS] == (40, 0)
    await store.settle([served()], NOW + 6)
    assert await standing(store) == AFTER


async def test_an_attempt_is_charged_to_its_own_provider_and_the_call_to_the_one_that_served(store):
    await store.reserve(both(), NOW)
    attempt = {"usd": 15, "usd|usd|provider=ours": 0}
    await store.settle([settlement("d1.1", draws_on=("d1",), **attempt)], NOW)
    assert [(await standing(store))[scope] for scope in (OURS, THEIRS)] == [(0, 40), (15, 25)]
    await store.settle([served()], NOW)
    assert [(await standing(store))[scope] for scope in (OURS, THEIRS)] == [(25, 0), (15, 0)]


async def test_an_attempt_told_after_its_lease_expired_is_covered_by_its_own_account_alone(store):
    await store.reserve(both(expires_at=NOW + 5), NOW)
    await store.expire(NOW + 5)
    await store.settle([settlement("d1.1", draws_on=("d1",), **{"usd": 15, "usd|usd|provider=ours": 0})], NOW + 6)
    await store.settle([served()], NOW + 7)
    assert [(await standing(store))[scope] for scope in (OURS, THEIRS)] == [(25, 0), (15, 0)]
