"""`budgets` shows how every limit stands: used, held for calls under way, and left."""

import json
import time

import pytest

from ext_proc.limits import Claim

DOLLAR = 10**9


@pytest.fixture
def spent(folder):
    folder.reserved(
        time.time(),
        Claim("team-month", "team=a", "usd", "month", DOLLAR // 2, DOLLAR // 8),
        Claim("agents", "app=bot", "concurrent", "", 8, 1),
        Claim("gone", "", "tokens", "forever", 100, 30),
    )
    return folder


def test_every_limit_is_told_with_what_is_left(spent):
    """Limits without a call are told at once, those that the file no longer has come last."""
    rows = {row["limit"]: row for row in json.loads(spent.ok("budgets", "list", "--json"))}
    assert list(rows) == ["team-month", "key-rate", "agents", "gone"]
    month = rows["team-month"]
    assert (month["scope"], month["leased"], month["maximum"]) == ("team=a", DOLLAR // 8, DOLLAR // 2)
    assert month["remaining"] == DOLLAR // 2 - DOLLAR // 8
    assert month["resets_at"].endswith("-01T00:00:00Z")
    assert (rows["key-rate"]["scope"], rows["key-rate"]["remaining"], rows["key-rate"]["mode"]) == (None, 60, "shadow")
    assert rows["agents"]["resets_at"] is None
    assert (rows["gone"]["mode"], rows["gone"]["remaining"]) == ("removed", 70)


def test_people_get_dollars_bars_and_when_it_resets(spent):
    told = spent.ok("budgets", "show", "team-month")
    line = next(line for line in told.splitlines() if "team=a" in line)
    assert "███░░░░░░░   0.00    0.125      0.50       0.375" in line
    assert " (in " in line


def test_a_limit_that_was_raised_shows_its_new_maximum(spent):
    spent.rewrite("usd: 0.5", "usd: 0.6")
    assert json.loads(spent.ok("budgets", "show", "team-month", "--json"))[0]["maximum"] == 6 * DOLLAR // 10


def test_an_unknown_limit_is_told_with_the_known_ones(folder):
    assert (
        folder.refused("budgets", "show", "nope")
        == "error: there is no limit 'nope'; known: team-month, key-rate, agents\n"
    )


def test_settings_without_limits_say_so(folder):
    text = (folder.path / "tollkeeper.yaml").read_text()
    (folder.path / "tollkeeper.yaml").write_text(text.partition("limits:")[0])
    assert folder.ok("budgets", "list") == "the settings have no limits\n"
