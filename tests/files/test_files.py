"""OpenAI's own client keeps files at a provider through a real Envoy, and meets only its team's own."""

from __future__ import annotations

import asyncio
import io

import httpx
import openai
import pytest

from tests.core.stored import jsonl, line


def test_a_file_lives_as_it_does_without_a_gateway(kept):
    client = kept.client("life")
    content = bytes(range(256)) * 4000
    made = client.files.create(file=("übung.bin", content), purpose="user_data")
    assert (made.bytes, made.purpose) == (len(content), "user_data")
    assert kept.keeper.contents[made.id] == content
    assert client.files.retrieve(made.id) == made
    assert [one.id for one in client.files.list()] == [made.id]
    assert client.files.content(made.id).read() == content
    assert client.files.delete(made.id).deleted
    with pytest.raises(openai.NotFoundError):
        client.files.retrieve(made.id)
    assert list(client.files.list()) == []


async def test_the_asynchronous_client_keeps_files_too(kept):
    client = kept.client("async", kind=openai.AsyncOpenAI)
    async with client:
        made = await asyncio.gather(
            *(client.files.create(file=(f"{n}.txt", b"text"), purpose="user_data") for n in range(8))
        )
        listed = [one.id async for one in client.files.list(limit=3)]
        assert sorted(listed) == sorted(one.id for one in made)
        assert (await client.files.content(made[0].id)).text == "text"
        assert (await client.files.delete(made[0].id)).deleted


def test_a_team_meets_nothing_of_another_teams_nor_of_the_account_itself(kept):
    mine, theirs = kept.client("mine"), kept.client("theirs")
    made = mine.files.create(file=("a.txt", b"secret"), purpose="user_data")
    alone = kept.keeper.write(b"the operator's own", "user_data", "own.txt")
    for file in (made.id, alone, "file-none"):
        for ask in (theirs.files.retrieve, theirs.files.content, theirs.files.delete):
            with pytest.raises(openai.NotFoundError) as refused:
                ask(file)
            assert refused.value.body["code"] == "not_found"
    assert list(theirs.files.list()) == []
    with pytest.raises(openai.NotFoundError):
        theirs.files.list(after=made.id)
    assert mine.files.content(made.id).read() == b"secret"


def test_a_key_of_the_same_team_meets_what_its_team_has(kept):
    made = kept.client("shared").files.create(file=("a.txt", b"x"), purpose="user_data")
    second = kept.gate.client(key=kept.gate.key("shared-too", "--team", "shared"))
    assert second.files.retrieve(made.id).id == made.id


@pytest.mark.parametrize("status", [500, 503, 429])
def test_an_upload_is_sent_once_and_a_question_again(kept, status):
    """The provider may have kept the file before it failed; a second one would be nobody's."""
    client = kept.client("once")
    made = client.files.create(file=("a.txt", b"x"), purpose="user_data")
    before = len(kept.gate.openai.received)
    kept.keeper.fail_next = status
    with pytest.raises(openai.APIStatusError) as failed:
        client.files.create(file=("b.txt", b"x"), purpose="user_data")
    assert (failed.value.status_code, len(kept.gate.openai.received)) == (status, before + 1)
    kept.keeper.fail_next = status
    assert client.files.retrieve(made.id).id == made.id
    assert len(kept.gate.openai.received) == before + 3


def test_what_a_batch_may_not_ask_never_reaches_the_provider(kept):
    client = kept.client("strict")
    before = len(kept.gate.openai.received)
    wrong = jsonl(*map(line, range(1, 7)), line(7, model="gpt-4o"))
    with pytest.raises(openai.NotFoundError, match="Line 7 of the file") as refused:
        client.files.create(file=("in.jsonl", wrong), purpose="batch")
    assert refused.value.param == "line 7, body.model"
    assert len(kept.gate.openai.received) == before


def test_a_file_larger_than_the_gateway_takes_is_refused_in_openais_shape(kept):
    with pytest.raises(openai.APIStatusError) as refused:
        kept.client("large").files.create(file=("a", io.BytesIO(b"x" * 17 * 1024 * 1024)), purpose="user_data")
    assert (refused.value.status_code, refused.value.code) == (413, "request_too_large")


def test_every_call_is_an_entry_without_a_token(kept):
    client = kept.client("entries")
    made = client.files.with_raw_response.create(file=("a.txt", b"x"), purpose="user_data")
    file = made.parse()
    asked = client.files.content(file.id)
    for response, api in ((made, "files_create"), (asked.response, "files_content")):
        entry = kept.gate.entry(response.headers["x-tollkeeper-decision"])
        assert (entry["api"], entry["operation"], entry["team"]) == (api, "files", "entries")
        assert (entry["input_tokens"], entry["output_tokens"], entry["cost_nano"], entry["estimated"]) == (
            0,
            0,
            0,
            False,
        )


def test_the_provider_sees_its_own_key_and_no_clients(kept):
    kept.client("keys").files.list()
    assert "tk-" not in str(kept.gate.openai.received[-1].headers)
    assert kept.gate.openai.received[-1].headers["authorization"] == "Bearer sk-canary-openai-1f2e3d"


def test_without_a_key_nothing_is_told(kept):
    assert httpx.get(f"{kept.gate.url}/v1/files").status_code == 401
