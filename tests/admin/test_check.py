"""A dry run over the admin API tells what a call would meet, and changes nothing."""

from __future__ import annotations

import pytest


def ask(service, **body):
    return service.ok("POST", "/check", "viewer", json={"model": "gpt-4o-mini", **body})


def test_a_call_that_fits_is_told_with_its_limits_backends_and_price(service):
    told = ask(service, team="checked", user="u", input_tokens=100, output_tokens=50)
    assert told["allowed"]
    needed = {limit["limit"]: (limit["scope"], limit["needed"], limit["fits"]) for limit in told["limits"]}
    assert needed["pair-day"] == ("team=checked,user=u", told["tokens"]["input"]["worst"] + 50, True)
    assert needed["all-day"][1:] == (1, True)
    assert told["backends"][0]["provider"] == "openai"
    assert 0 < told["cost_nano"]["estimated"] <= told["cost_nano"]["worst"]


def test_a_call_that_does_not_fit_is_told_with_what_the_client_would_see(service):
    before = service.ok("GET", "/budgets", params={"limit": "pair-day"})
    told = ask(service, team="checked", user="u", input_tokens=2000, output_tokens=50)
    assert (told["allowed"], told["error"]["status"]) == (False, 429)
    assert "pair-day" in told["error"]["message"]
    assert service.ok("GET", "/budgets", params={"limit": "pair-day"}) == before


def test_a_key_says_who_calls_and_what_it_may_use(service):
    key = service.ok("POST", "/keys", json={"name": "narrow", "team": "narrow", "models": ["claude-*"]})
    told = ask(service, key=key["id"])
    assert (told["allowed"], told["error"]["status"]) == (False, 403)


WRONG = {
    "no model": ({"model": ""}, "/model", 422),
    "an unknown API": ({"api": "telex"}, "/api", 422),
    "a key and a team": ({"key": "key_1", "team": "a"}, "/key", 422),
    "an attribute that there is not": ({"attributes": {"run": "1"}}, "/attributes", 422),
    "less than nothing": ({"input_tokens": -1}, "/input_tokens", 422),
    "an unknown key": ({"key": "key_1"}, None, 404),
}


@pytest.mark.parametrize(("body", "at", "status"), WRONG.values(), ids=WRONG)
def test_a_question_that_does_not_hold_is_told_where(service, body, at, status):
    answer = service.ask("POST", "/check", json={"model": "gpt-4o-mini", **body})
    assert answer.status_code == status
    assert [error["at"] for error in answer.json().get("errors", [])] == ([at] if at else [])
