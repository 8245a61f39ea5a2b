"""`usage` sums up what the ledger holds, exactly."""

import csv
import io
import json
import time

import pytest

from ext_proc.entry import Entry

NOW = time.time()
ENTRIES = [
    Entry(
        "1",
        NOW - 60,
        team="a",
        request_model="gpt-4o-mini",
        input_tokens=1000,
        output_tokens=10,
        cache_read_input_tokens=400,
        cost_nano=1,
    ),
    Entry(
        "2",
        NOW - 50,
        team="a",
        request_model="gpt-4o-mini",
        input_tokens=1000,
        output_tokens=10,
        cost_nano=999_999_999,
        estimated=True,
        outcome="aborted",
    ),
    Entry("3", NOW - 40, team="b", request_model="local", input_tokens=5, output_tokens=5),
    Entry("4", NOW - 30, team="b", request_model="gpt-4o-mini", outcome="refused", status=429, reason="team-month"),
    Entry("5", NOW - 20, team="b", request_model="gpt-4o-mini", outcome="failed", status=502, cost_nano=0),
    Entry("6", NOW - 9 * 86400, team="a", request_model="old", input_tokens=1, output_tokens=1, cost_nano=10**9),
]


@pytest.fixture
def ledger(folder):
    folder.settled(*ENTRIES)
    return folder


def test_money_and_tokens_add_up_exactly(ledger):
    """Nothing is rounded: a nano-dollar and the rest of a dollar are a dollar, and unknown prices are counted apart."""
    told = json.loads(ledger.ok("usage", "--by", "team,model", "--json"))
    assert [(row["team"], row["model"], row["calls"]) for row in told["rows"]] == [
        ("a", "gpt-4o-mini", 2),
        ("b", "gpt-4o-mini", 2),
        ("b", "local", 1),
    ]
    total = told["total"]
    assert (total["cost_usd"], total["cost_nano"], total["unpriced"]) == ("1.00", 10**9, 1)
    assert (total["input_tokens"], total["cache_read_input_tokens"], total["output_tokens"]) == (2005, 400, 25)
    assert (total["calls"], total["served"], total["aborted"], total["failed"], total["refused"]) == (5, 2, 1, 1, 1)
    assert total["estimated_share"] == 0.25


def test_a_time_is_chosen_by_span_or_date(ledger):
    """`--since` is included, `--until` is not; entries of nine days ago are in thirty days and not in seven."""
    assert json.loads(ledger.ok("usage", "--since", "30d", "--json"))["total"]["calls"] == 6
    assert json.loads(ledger.ok("usage", "--since", "2020-01-01", "--until", "8d", "--json"))["total"]["calls"] == 1
    assert ledger.ok("usage", "--since", "2020-01-01", "--until", "2020-02-01") == "no calls in this time\n"


def test_people_get_a_table_with_a_total(ledger):
    lines = [line.split() for line in ledger.ok("usage", "--by", "team").splitlines() if line.strip()]
    assert lines[2] == ["a", "2", "0", "0", "1", "2,000", "400", "20", "1.00", "0", "50.0%"]
    assert lines[-1] == ["total", "5", "1", "1", "1", "2,005", "400", "25", "1.00", "1", "25.0%"]


def test_spreadsheets_get_csv(ledger):
    rows = list(csv.DictReader(io.StringIO(ledger.ok("usage", "--by", "model", "--csv"))))
    assert [(row["model"], row["cost_usd"]) for row in rows] == [("gpt-4o-mini", "1.00"), ("local", "0.00")]


MISTAKES = [
    (("--by", "tem"), "--by: 'tem' is unknown; allowed: model, day, tenant, team,"),
    (("--since", "yesterday"), "--since: 'yesterday' is no time; allowed: 30m, 12h, 7d, 4w or a date"),
    (("--since", "1d", "--until", "2d"), "--until: '2d' is not after --since '1d'"),
    (("--json", "--csv"), "--json and --csv: give one of them"),
]


@pytest.mark.parametrize(("arguments", "problem"), MISTAKES)
def test_a_question_that_makes_no_sense_is_refused(folder, arguments, problem):
    assert folder.refused("usage", *arguments).startswith(f"error: {problem}")


def test_an_image_of_unknown_price_is_told_too(folder):
    folder.settled(Entry("1", NOW - 60, request_model="painter", images=1), Entry("2", NOW - 50, outcome="refused"))
    assert json.loads(folder.ok("usage", "--json"))["total"]["unpriced"] == 1
