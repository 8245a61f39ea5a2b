"""OpenAI's own client has batches worked through by a provider, within the budget of its team, and pays for each once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import openai
import pytest

from tests.core.stored import jsonl, line
from tests.files.conftest import spent

pytestmark = pytest.mark.parametrize("kept", ["1.40"], indirect=True, scope="module")
CHAT = "/v1/chat/completions"
PRICE = (1000 * 150 + 100 * 600) // 2
"""What the usage of the fake costs in nano-dollars: gpt-4o-mini at $0.15 and $0.60 a million tokens, halved."""


def begin(client, *lines):
    file = client.files.create(file=("in.jsonl", jsonl(*(lines or (line(1), line(2))))), purpose="batch")
    return client.batches.create(input_file_id=file.id, endpoint=CHAT, completion_window="24h")


def test_a_batch_lives_as_it_does_without_a_gateway(kept):
    client = kept.client("life")
    batch = begin(client)
    assert batch.status == "validating"
    assert client.batches.retrieve(batch.id).id == batch.id
    assert [one.id for one in client.batches.list()] == [batch.id]
    assert client.batches.cancel(batch.id).status == "cancelling"
    kept.keeper.finish(batch.id)
    done = client.batches.retrieve(batch.id)
    assert done.usage.total_tokens == 1100
    assert client.files.content(done.output_file_id).text == '{"custom_id": "r1"}\n'
    assert {one.purpose for one in client.files.list()} == {"batch", "batch_output"}


async def test_the_asynchronous_client_has_batches_too(kept):
    client = kept.client("async", kind=openai.AsyncOpenAI)
    async with client:
        file = await client.files.create(file=("in.jsonl", jsonl(line())), purpose="batch")
        batch = await client.batches.create(input_file_id=file.id, endpoint=CHAT, completion_window="24h")
        assert (await client.batches.retrieve(batch.id)).id == batch.id
        assert [one.id async for one in client.batches.list(limit=1)] == [batch.id]
        assert (await client.batches.cancel(batch.id)).status == "cancelling"


def test_a_team_meets_no_batch_of_another_team_nor_what_was_written_for_it(kept):
    mine, theirs = kept.client("mine"), kept.client("theirs")
    batch = begin(mine)
    kept.keeper.finish(batch.id)
    output = mine.batches.retrieve(batch.id).output_file_id
    for ask in (theirs.batches.retrieve, theirs.batches.cancel):
        with pytest.raises(openai.NotFoundError):
            ask(batch.id)
    with pytest.raises(openai.NotFoundError):
        theirs.files.content(output)
    with pytest.raises(openai.NotFoundError):
        theirs.batches.create(input_file_id=batch.input_file_id, endpoint=CHAT, completion_window="24h")
    assert list(theirs.batches.list()) == []


def test_a_batch_beyond_the_budget_is_refused_and_the_provider_hears_nothing_of_it(kept):
    """A cent is 16,666 output tokens at the full price and twice that in a batch."""
    client = kept.client("poor")
    before = len(kept.keeper.batches)
    with pytest.raises(openai.RateLimitError, match="team-usd"):
        begin(client, *(line(number, max_tokens=16_000) for number in range(3)))
    assert len(kept.keeper.batches) == before
    begin(client, *(line(number, max_tokens=16_000) for number in range(2)))
    with pytest.raises(openai.RateLimitError, match="team-usd"):
        begin(client, *(line(number, max_tokens=16_000) for number in range(2)))


def test_a_batch_is_held_at_its_worst_and_settled_once_whoever_asks_at_a_time(kept):
    client = kept.client("once")
    batch = begin(client)
    used, held = spent(kept, "once")
    assert (used, held > PRICE // 2) == (0, True)
    kept.keeper.finish(batch.id)
    askers = [client, kept.gate.client(key=kept.gate.key("once-too", "--team", "once"))] * 8
    with ThreadPoolExecutor(16) as pool:
        told = list(pool.map(lambda asker: asker.batches.retrieve(batch.id).status, askers))
    assert told == ["completed"] * 16
    assert spent(kept, "once") == (PRICE, 0)
    client.batches.list()
    assert spent(kept, "once") == (PRICE, 0)


def test_a_batch_that_its_provider_refuses_holds_nothing(kept):
    client = kept.client("refused")
    file = client.files.create(file=("in.jsonl", jsonl(line())), purpose="batch")
    kept.keeper.files.pop(file.id)
    with pytest.raises(openai.BadRequestError) as refused:
        client.batches.create(input_file_id=file.id, endpoint=CHAT, completion_window="24h")
    decision = refused.value.response.headers["x-tollkeeper-decision"]
    kept.gate.entry(f"{decision}-batch")
    assert spent(kept, "refused") == (0, 0)


def test_a_batch_is_two_entries_its_beginning_and_what_it_used(kept):
    client = kept.client("ledger")
    file = client.files.create(file=("in.jsonl", jsonl(line())), purpose="batch")
    raw = client.batches.with_raw_response.create(input_file_id=file.id, endpoint=CHAT, completion_window="24h")
    decision = raw.headers["x-tollkeeper-decision"]
    begun = kept.gate.entry(decision)
    assert (begun["operation"], begun["request_model"], begun["cost_nano"]) == ("batches", "gpt-4o-mini", 0)
    kept.keeper.finish(raw.parse().id)
    client.batches.list()
    used = kept.gate.entry(f"{decision}-batch")
    assert (used["operation"], used["input_tokens"], used["output_tokens"]) == ("batches", 1000, 100)
    assert (used["cost_nano"], used["outcome"], used["team"]) == (PRICE, "served", "ledger")
    assert used["price"].endswith(", in a batch")
