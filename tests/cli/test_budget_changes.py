"""`budgets grant`, `revoke`, `reset` and `check`: operators change what is left, and ask before they call."""

import json
import time

import pytest

from ext_proc.limits import Claim

DOLLAR = 10**9


@pytest.fixture
def spent(folder):
    folder.reserved(time.time(), Claim("team-month", "team=a", "usd", "month", DOLLAR // 2, DOLLAR // 8))
    return folder


def month(folder):
    return json.loads(folder.ok("budgets", "show", "team-month", "--json"))[0]


def test_a_grant_raises_the_maximum_until_it_is_revoked(spent):
    made = json.loads(
        spent.ok("budgets", "grant", "team-month", "--scope", "team=a", "--usd", "0.25", "--until", "7d", "--json")
    )
    assert (made["amount"], made["unit"], made["scope"]) == (DOLLAR // 4, "usd", "team=a")
    row = month(spent)
    assert (row["maximum"], [one["id"] for one in row["grants"]]) == (3 * DOLLAR // 4, [made["id"]])
    assert spent.ok("budgets", "revoke", made["id"]) == f"{made['id']} is revoked\n"
    assert (month(spent)["maximum"], month(spent)["grants"]) == (DOLLAR // 2, [])
    assert "there is no grant" in spent.refused("budgets", "revoke", made["id"])


def test_a_grant_of_ones_own_id_is_made_once(spent):
    grant = ("budgets", "grant", "team-month", "--scope", "team=a", "--usd", "1", "--id", "ticket-7")
    assert spent.ok(*grant) == spent.ok(*grant) == "ticket-7: 1.00 usd more of team-month for team=a\n"
    assert month(spent)["maximum"] == 3 * DOLLAR // 2
    assert "another grant 'ticket-7'" in spent.refused(*grant[:-3], "2", *grant[-2:])


MISTAKES = [
    (("grant", "nope", "--amount", "1"), "there is no limit 'nope'; known: team-month, key-rate, agents"),
    (("grant", "team-month", "--usd", "1"), "--scope: '' is no scope of team-month; allowed: team=…"),
    (("grant", "team-month", "--scope", "user=a", "--usd", "1"), "--scope: 'user=a' is no scope of team-month"),
    (("grant", "team-month", "--scope", "team=a", "--amount", "1"), "team-month is in usd: say --usd and not --amount"),
    (("grant", "team-month", "--scope", "team=a", "--usd", "much"), "--usd: 'much' is not an amount"),
    (("grant", "team-month", "--scope", "team=a", "--usd", "-1"), "--usd: -1 is out of range"),
    (("grant", "key-rate", "--scope", "key=k", "--usd", "1"), "key-rate is in requests: say --amount and not --usd"),
    (("grant", "key-rate", "--scope", "key=k", "--amount", "0"), "--amount: 0 is out of range"),
    (("grant", "key-rate", "--scope", "key=k", "--amount", "1", "--until", "2020-01-01"), "is in the past"),
    (("reset", "team-month", "--scope", "team=b"), "nothing is counted for 'team-month' and the scope 'team=b'"),
    (("check", "--model", "gpt-4o-mini", "--api", "soap"), "--api: 'soap' is unknown"),
    (("check", "--model", "gpt-4o-mini", "--attribute", "run=1"), "--attribute: 'run=1' is none of the settings"),
    (("check", "--model", "gpt-4o-mini", "--key", "key_x"), "--key: there is no key 'key_x'"),
]


@pytest.mark.parametrize(("arguments", "told"), MISTAKES)
def test_a_mistake_is_told_in_one_line_with_what_is_allowed(spent, arguments, told):
    error = spent.refused("budgets", *arguments)
    assert told in error
    assert error.count("\n") == 1


def test_a_reset_forgets_what_is_used_and_keeps_what_is_held(spent):
    assert spent.ok("budgets", "reset", "team-month", "--scope", "team=a") == "team-month for team=a begins anew\n"
    assert month(spent)["leased"] == DOLLAR // 8


def test_calls_under_way_are_shown_with_what_they_hold(spent):
    leases = month(spent)["leases"]
    assert [(one["decision_id"], one["amount"], one["unit"]) for one in leases] == [("d-lease", DOLLAR // 8, "usd")]
    told = spent.ok("budgets", "show", "team-month")
    assert "calls under way" in told
    assert "d-lease" in told


ASKED = ("budgets", "check", "--team", "a", "--model", "gpt-4o-mini", "--input", "2000", "--output", "500")


def test_a_call_with_room_is_allowed_with_its_price(spent):
    told = json.loads(spent.ok(*ASKED, "--json"))
    assert (told["allowed"], told["error"]) == (True, None)
    assert told["tokens"] == {"input": {"estimated": 2000, "worst": 2000}, "output": {"worst": 500}}
    limits = {limit["limit"]: limit for limit in told["limits"]}
    assert (limits["team-month"]["scope"], limits["team-month"]["leased"]) == ("team=a", DOLLAR // 8)
    assert limits["team-month"]["needed"] == told["cost_nano"]["worst"]
    assert "allowed\n" in spent.ok(*ASKED)
    assert month(spent)["leased"] == DOLLAR // 8


def test_a_call_without_room_is_refused_and_so_is_the_command(spent):
    done = spent.run(*ASKED[:-1], "5000000")
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.startswith("refused with 429: The limit 'team-month' for team=a has no room for this call")


def test_a_key_says_whom_it_stands_for(folder):
    made = json.loads(folder.ok("keys", "create", "--name", "ci", "--team", "a", "--model", "other", "--json"))
    done = folder.run("budgets", "check", "--key", made["id"], "--model", "gpt-4o-mini", "--json")
    assert (done.returncode, json.loads(done.stdout)["error"]["code"]) == (1, "model_not_allowed")
