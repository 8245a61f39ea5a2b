"""Cohere's own SDK takes what we write for what its own server sends, from a real server."""

from __future__ import annotations

import json
from contextlib import contextmanager

import cohere
import httpx
import pytest
from cohere.core.api_error import ApiError
from cohere.errors import BadRequestError, TooManyRequestsError

from ext_proc.apis import APIS
from ext_proc.chat import Document, Message, Request
from ext_proc.embeddings import Vectors
from ext_proc.errors import Malformed, OverLimit
from ext_proc.parts import (
    Citation,
    Finish,
    Start,
    TextDelta,
    ThinkingDelta,
    ToolUseDelta,
    ToolUseStart,
    UsageReport,
)
from ext_proc.rerank import Ranked, Ranking
from ext_proc.usage import Usage
from tests.apis.test_sdks import served

COHERE, EMBED, RERANK = APIS["cohere_chat"], APIS["cohere_embed"], APIS["cohere_rerank"]
TURNS = [{"role": "user", "content": "hi"}]
GROUNDED = Request("m", (Message("user", (Document(text="t"),)),), stream=True)

SAID = [
    Start("a-1", "m"),
    ThinkingDelta("hmm"),
    TextDelta("Grüße "),
    TextDelta("😀"),
    Citation("t", "n", document=0, span=(0, 5)),
    ToolUseStart(0, "c0", "f"),
    ToolUseDelta(0, '{"a":'),
    ToolUseDelta(0, "1}"),
    ToolUseStart(1, "c1", "g"),
    ToolUseDelta(1, "{}"),
    Finish("tool_calls"),
    UsageReport(Usage(20, 8, 5)),
]


@contextmanager
def answering(body, status=200, kind="application/json"):
    """The SDK, at a server that answers so. Its connections are given to it, as it would leave them open."""
    with served(body, status, kind) as url, httpx.Client(timeout=10) as connections:
        yield cohere.ClientV2(api_key="k", base_url=url, httpx_client=connections)


def test_a_whole_answer_parses_to_typed_objects():
    with answering(COHERE.write_answer(SAID)) as client:
        answer = client.chat(model="m", messages=TURNS)
    thought, said = answer.message.content
    assert (answer.id, thought.thinking, said.text, answer.finish_reason) == ("a-1", "hmm", "Grüße 😀", "TOOL_CALL")
    assert [(call.id, call.function.name, call.function.arguments) for call in answer.message.tool_calls] == [
        ("c0", "f", '{"a":1}'),
        ("c1", "g", "{}"),
    ]
    [citation] = answer.message.citations
    assert (citation.start, citation.end, citation.text) == (0, 5, "Grüße")
    assert (citation.sources[0].type, citation.sources[0].id) == ("document", "doc:0")
    assert (answer.usage.billed_units.input_tokens, answer.usage.cached_tokens) == (20, 5)


def test_a_stream_parses_to_typed_events():
    writer = COHERE.stream_writer(GROUNDED)
    with answering(writer.write(SAID) + writer.finish(), kind="text/event-stream") as client:
        events = list(client.chat_stream(model="m", messages=TURNS))
    assert [event.type for event in events[:3]] == ["message-start", "content-start", "content-delta"]
    deltas = [event.delta.message.content for event in events if event.type == "content-delta"]
    assert "".join(delta.text or "" for delta in deltas) == "Grüße 😀"
    assert "".join(delta.thinking or "" for delta in deltas) == "hmm"
    begun = [event.delta.message.tool_calls for event in events if event.type == "tool-call-start"]
    assert [(call.id, call.function.name) for call in begun] == [("c0", "f"), ("c1", "g")]
    arguments = [event for event in events if event.type == "tool-call-delta"]
    assert "".join(event.delta.message.tool_calls.function.arguments for event in arguments if event.index == 0) == (
        '{"a":1}'
    )
    [cited] = [event.delta.message.citations for event in events if event.type == "citation-start"]
    assert cited.text == "Grüße"
    assert events[-1].type == "message-end"
    assert (events[-1].delta.finish_reason, events[-1].delta.usage.tokens.output_tokens) == ("TOOL_CALL", 8)


def test_a_stream_that_fails_ends_with_the_reason():
    writer = COHERE.stream_writer(GROUNDED)
    with answering(writer.write(SAID[:3]) + writer.fail(OverLimit("spent")), kind="text/event-stream") as client:
        events = list(client.chat_stream(model="m", messages=TURNS))
    assert (events[-1].delta.finish_reason, events[-1].delta.error) == ("ERROR", "spent")


def test_a_turn_that_the_sdk_sends_back_keeps_its_seals():
    """Members beyond the standard survive in its objects."""
    sealed = {
        "id": "a-1",
        "finish_reason": "COMPLETE",
        "message": {"role": "assistant", "content": [{"type": "thinking", "thinking": "a", "signature": "s"}]},
    }
    with answering(json.dumps(sealed).encode()) as client:
        message = client.chat(model="m", messages=TURNS).message
    back = json.loads(message.json())
    assert COHERE.read_request({"model": "m", "messages": [back]}).messages[0].content[0].signature == "s"


ERRORS = [(OverLimit("spent", param="team-month"), TooManyRequestsError), (Malformed("broken"), BadRequestError)]


@pytest.mark.parametrize(("error", "kind"), ERRORS)
@pytest.mark.parametrize("api", [COHERE, EMBED, RERANK], ids=["chat", "embed", "rerank"])
def test_the_sdk_raises_its_own_error_for_ours(api, error, kind):
    body = api.write_error(error, "r-1")
    with answering(body, error.status) as client, pytest.raises(kind) as caught:
        client.chat(model="m", messages=TURNS, request_options={"max_retries": 0})
    assert isinstance(caught.value, ApiError)
    assert error.message in caught.value.body["message"]
    assert caught.value.body["id"] == "r-1"


def test_embeddings_parse_to_typed_objects():
    parts = [Start("e-1", ""), Vectors({"float": [[0.5, -0.5]], "int8": [[1, -1]]}), UsageReport(Usage(7))]
    with answering(EMBED.write_answer(parts)) as client:
        answer = client.embed(model="m", texts=["hi"], input_type="search_query", embedding_types=["float"])
    assert (answer.id, answer.embeddings.float_, answer.embeddings.int8) == ("e-1", [[0.5, -0.5]], [[1, -1]])
    assert answer.meta.billed_units.input_tokens == 7


def test_a_ranking_parses_to_typed_objects():
    parts = [Start("r-1", ""), Ranking((Ranked(1, 0.9), Ranked(0, 0.1))), UsageReport(Usage(searches=1))]
    with answering(RERANK.write_answer(parts)) as client:
        answer = client.rerank(model="m", query="q", documents=["a", "b"])
    assert [(one.index, one.relevance_score) for one in answer.results] == [(1, 0.9), (0, 0.1)]
    assert (answer.id, answer.meta.billed_units.search_units) == ("r-1", 1)
