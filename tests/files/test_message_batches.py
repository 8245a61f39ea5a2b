"""Anthropic's own client has Message Batches worked through, within its team's budget, and meets only its team's own."""

from __future__ import annotations

import json

import anthropic
import pytest

from tests.files.conftest import spent

pytestmark = pytest.mark.parametrize("kept", ["1.40"], indirect=True, scope="module")
PRICE = (2 * 1000 * 1000 + 2 * 100 * 5000) // 2
"""What the usage of the fake costs in nano-dollars: claude-haiku-4-5 at $1 and $5 a million tokens, halved."""


def request(number, **params):
    message = {"role": "user", "content": "hello"}
    return {
        "custom_id": f"r{number}",
        "params": {"model": "claude-haiku-4-5", "max_tokens": 50, "messages": [message], **params},
    }


def client_of(kept, team):
    return kept.client(team, kind=anthropic.Anthropic).messages.batches


def test_a_batch_lives_as_it_does_without_a_gateway_and_is_settled_by_its_results(kept):
    batches = client_of(kept, "claude")
    begun = batches.create(requests=[request(1), request(2)])
    assert begun.processing_status == "in_progress"
    assert batches.retrieve(begun.id).id == begun.id
    assert [one.id for one in batches.list(limit=1)] == [begun.id]
    used, held = spent(kept, "claude")
    assert (used, held > 0) == (0, True)
    kept.messages.finish(begun.id)
    told = list(batches.results(begun.id))
    assert [one.result.message.usage.output_tokens for one in told] == [100, 100]
    assert spent(kept, "claude") == (PRICE, 0)
    assert [one.custom_id for one in batches.results(begun.id)] == ["r1", "r2"]
    assert spent(kept, "claude") == (PRICE, 0)
    assert batches.delete(begun.id).type == "message_batch_deleted"
    assert list(batches.list()) == []


def test_a_batch_can_be_stopped(kept):
    batches = client_of(kept, "stopped")
    begun = batches.create(requests=[request(1)])
    assert batches.cancel(begun.id).processing_status == "canceling"
    kept.messages.finish(begun.id, succeeded=0)
    assert batches.retrieve(begun.id).processing_status == "ended"
    assert spent(kept, "stopped") == (0, 0)


async def test_the_asynchronous_client_has_batches_too(kept):
    client = kept.client("claude-async", kind=anthropic.AsyncAnthropic)
    async with client:
        begun = await client.messages.batches.create(requests=[request(1)])
        assert [one.id async for one in client.messages.batches.list()] == [begun.id]
        kept.messages.finish(begun.id)
        assert [one.custom_id async for one in await client.messages.batches.results(begun.id)] == ["r1"]


def test_a_team_meets_no_batch_of_another_team(kept):
    mine, theirs = client_of(kept, "claude-mine"), client_of(kept, "claude-theirs")
    begun = mine.create(requests=[request(1)])
    kept.messages.finish(begun.id)
    for ask in (theirs.retrieve, theirs.results, theirs.cancel, theirs.delete):
        with pytest.raises(anthropic.NotFoundError):
            ask(begun.id)
    assert list(theirs.list()) == []


def test_a_batch_beyond_the_budget_is_refused_and_the_provider_hears_nothing_of_it(kept):
    before = len(kept.gate.anthropic.received)
    with pytest.raises(anthropic.RateLimitError, match="team-usd"):
        client_of(kept, "claude-poor").create(requests=[request(1, max_tokens=5000)])
    assert len(kept.gate.anthropic.received) == before


def test_the_provider_hears_its_version_and_its_own_key(kept):
    client_of(kept, "claude-keys").list()
    headers = kept.gate.anthropic.received[-1].headers
    assert (headers["x-api-key"], bool(headers["anthropic-version"])) == ("sk-canary-anthropic-4c5b6a", True)
    assert "tk-" not in json.dumps(headers)
