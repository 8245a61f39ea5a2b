"""What a client learns of the limit that refused it, in the shape of its API."""

import json

import pytest

from ext_proc.events import Call
from tests.core.conversation import MESSAGES, NOW, body, call, decide, full, headers_of, secret_of, snapshot

TOKENS = {"name": "day", "per": ["team"], "tokens": 1000, "window": "day", "tz": "Europe/Berlin"}
STANDING = {
    "name": "day",
    "scope": "team=research",
    "unit": "tokens",
    "window": "day",
    "maximum": 1000,
    "used": 900,
    "leased": 60,
    "resets_at": "2026-10-26T07:34:20Z",
    "decision_id": "d1",
}
STORE = full("day", settled=900, leased=60, resets_at=NOW + 60)


def refused(content=None, path="/v1/chat/completions", limit=TOKENS, store=STORE):
    _, reply = decide(call(content or body(path, max_tokens=100), path), snapshot(limits=[limit]), store)
    assert reply.status == 429
    return headers_of(reply), json.loads(reply.body)


@pytest.mark.parametrize("path", ["/v1/chat/completions", MESSAGES])
def test_bodies_with_room_for_it_tell_how_the_limit_stands(path):
    _, told = refused(path=path)
    assert {**told["error"]["limit"], "needed": 0} == {**STANDING, "needed": 0}
    assert told["error"]["limit"]["needed"] == len(body(path, max_tokens=100)) + 100


def test_generate_content_tells_it_as_a_failure_of_a_quota():
    sent = json.dumps({"contents": [{"parts": [{"text": "hi"}]}], "generationConfig": {"maxOutputTokens": 9}})
    _, told = refused(sent.encode(), "/v1beta/models/gpt-4o-mini:generateContent")
    details = {detail["@type"].rpartition(".")[2]: detail for detail in told["error"]["details"]}
    violation = details["QuotaFailure"]["violations"][0]
    assert (violation["quotaId"], violation["subject"]) == ("day", "team=research")
    assert (violation["quotaMetric"], violation["quotaValue"]) == ("tokens", "1000")
    assert violation["quotaDimensions"]["used"] == "900"


def test_converse_says_it_all_in_words():
    sent = json.dumps(
        {"messages": [{"role": "user", "content": [{"text": "hi"}]}], "inferenceConfig": {"maxTokens": 9}}
    )
    _, told = refused(sent.encode(), "/model/gpt-4o-mini/converse")
    for word in ("'day'", "team=research", "900 tokens used", "60 tokens in flight", "1,000 tokens", "d1"):
        assert word in told["message"]
    assert "The limit resets at 2026-10-26T07:34:20Z." in told["message"]


def test_a_refusal_carries_the_headers_of_the_limits_that_refused():
    headers, _ = refused()
    assert (headers["x-ratelimit-limit-tokens"], headers["x-ratelimit-remaining-tokens"]) == ("1000", "40")
    assert (headers["x-ratelimit-reset-tokens"], headers["retry-after"]) == ("60s", "60")


def test_a_call_that_is_larger_than_the_whole_limit_is_not_to_be_tried_again():
    headers, told = refused(body(max_tokens=5000))
    assert "It is larger than the whole limit." in told["error"]["message"]
    assert (headers.get("retry-after"), headers["x-should-retry"]) == (None, "false")


def test_a_place_among_concurrent_calls_is_soon_free():
    slots = {"name": "slots", "concurrent": 1}
    headers, told = refused(limit=slots, store=full("slots", leased=1))
    assert (headers["retry-after"], headers.get("x-should-retry")) == ("1", None)
    assert told["error"]["limit"]["window"] is None


def test_what_refuses_without_a_limit_tells_of_none():
    wrong = Call("POST", "/v1/chat/completions", (("authorization", f"Bearer {secret_of('alice')}"),), b"{}")
    _, reply = decide(wrong, snapshot())
    assert "limit" not in json.loads(reply.body)["error"]
