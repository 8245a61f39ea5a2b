"""Limits over the admin API: how they stand with calls under way, and what operators grant, take back and reset."""

from __future__ import annotations

import time

import pytest

from ext_proc.leases import Lease, Settlement
from ext_proc.limits import NANO, Claim

USED = 200_000_000
HELD = 100_000_000


def claim(scope, amount):
    return Claim("team-month", scope, "usd", "month", NANO // 2, amount)


def lease(name, scope, amount):
    entry = {"decision_id": name, "at": time.time(), "team": scope.partition("=")[2], "request_model": "gpt-4o-mini"}
    return Lease(name, (claim(scope, amount),), time.time() + 300, entry)


@pytest.fixture(scope="module")
def spent(service):
    """Each team has used 0.2 dollars, and a call under way holds 0.1 of team a."""
    now = time.time()
    service.store(
        lambda store: store.reserve(lease("done-a", "team=a", USED), now),
        lambda store: store.reserve(lease("done-b", "team=b", USED), now),
        lambda store: store.settle(
            [Settlement(name, {"usd": USED}, entry(name)) for name in ("done-a", "done-b")], now
        ),
        lambda store: store.reserve(lease("live", "team=a", HELD), now),
    )
    return service


def entry(name):
    team = name[-1]
    return {
        "decision_id": name,
        "at": time.time(),
        "team": team,
        "request_model": "m",
        "outcome": "served",
        "cost_nano": USED,
    }


def rows(service, **query):
    return service.ok("GET", "/budgets", "viewer", params=query)["budgets"]


def standing(service, scope):
    [row] = rows(service, limit="team-month", scope=scope)
    return row["used"], row["leased"], row["maximum"], row["granted"], row["remaining"]


def test_every_limit_is_shown_for_each_scope_that_it_counts(spent):
    shown = [(row["limit"], row["scope"]) for row in rows(spent)]
    assert shown[:2] == [("team-month", "team=a"), ("team-month", "team=b")]
    assert {limit for limit, _ in shown} == {"team-month", "pair-day", "all-day", "agents"}
    assert standing(spent, "team=a") == (USED, HELD, NANO // 2, 0, NANO // 2 - USED - HELD)


def test_pages_of_limits_hold_each_row_once(spent):
    found, after = [], None
    while not found or after:
        page = spent.ok("GET", "/budgets", params={"count": 1, **({"after": after} if after else {})})
        found += page["budgets"]
        after = page["next"]
    assert found == rows(spent)


def test_one_limit_is_shown_with_the_calls_under_way(spent):
    shown = spent.ok("GET", "/budgets/team-month", "viewer")
    [call] = shown["leases"]
    assert {
        "decision_id": "live",
        "scope": "team=a",
        "amount": HELD,
        "team": "a",
        "request_model": "gpt-4o-mini",
    }.items() <= call.items()
    assert shown["leases_left_off"] == 0
    assert spent.ok("GET", "/budgets/team-month", params={"scope": "team=b"})["leases"] == []
    assert spent.ask("GET", "/budgets/nope").status_code == 404


def test_a_grant_holds_at_once_until_it_is_taken_back(spent):
    now = time.time()
    large = lease("large", "team=b", 900_000_000)
    [refused] = spent.store(lambda store: store.reserve(large, now))
    assert not refused.granted
    body = {"scope": "team=b", "usd": "1.000000001", "until": "7d", "note": "launch"}
    grant = spent.ok("POST", "/budgets/team-month/grants", json=body)
    assert (grant["amount"], grant["unit"], grant["note"]) == (NANO + 1, "usd", "launch")
    for _ in range(6):
        assert standing(spent, "team=b") == (USED, 0, 3 * NANO // 2 + 1, NANO + 1, 3 * NANO // 2 + 1 - USED)
    [reserved] = spent.store(lambda store: store.reserve(large, now))
    assert reserved.granted
    assert spent.ok("GET", "/budgets/team-month/grants", "viewer")["grants"] == [grant]
    assert spent.ask("DELETE", f"/budgets/pair-day/grants/{grant['id']}").status_code == 404, "of another limit"
    spent.ok("DELETE", f"/budgets/team-month/grants/{grant['id']}")
    assert standing(spent, "team=b")[2:4] == (NANO // 2, 0)
    assert spent.ask("DELETE", f"/budgets/team-month/grants/{grant['id']}").status_code == 404


def test_a_request_that_is_sent_again_grants_once(service):
    body = {"scope": "team=x,user=y", "amount": 10, "id": "ticket-17"}
    first, again = (service.ok("POST", "/budgets/pair-day/grants", json=body) for _ in range(2))
    assert first == again
    assert len(service.ok("GET", "/budgets/pair-day/grants")["grants"]) == 1
    assert service.ask("POST", "/budgets/pair-day/grants", json={**body, "amount": 11}).status_code == 409


def test_a_reset_forgets_what_is_used_and_not_what_is_held(spent):
    assert spent.ok("POST", "/budgets/team-month/reset", json={"scope": "team=a"}) == {
        "limit": "team-month",
        "scope": "team=a",
    }
    assert standing(spent, "team=a")[:2] == (0, HELD)
    assert spent.ask("POST", "/budgets/team-month/reset", json={"scope": "team=none"}).status_code == 404


def test_usage_is_summed_as_the_command_line_does(spent):
    """To the nano-dollar, dearest first."""
    told = spent.ok("GET", "/usage", "viewer", params={"by": "team, model", "since": "1d"})
    assert told["by"] == ["team", "model"]
    assert [(row["team"], row["model"], row["cost_nano"]) for row in told["rows"]] == [
        ("a", "m", USED),
        ("b", "m", USED),
    ]
    assert (told["total"]["calls"], told["total"]["cost_usd"], told["left_off"]) == (2, "0.40", 0)
    assert spent.ok("GET", "/usage", params={"since": "2020-01-01", "until": "2020-02-01"})["rows"] == []
