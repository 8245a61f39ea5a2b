"""Documents are ranked in Jina's format and in Cohere's, each client at each provider."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings

from ext_proc.apis import APIS
from ext_proc.apis.rerank.outline import UNCOUNTED_PER_DOCUMENT
from ext_proc.errors import Malformed, ProviderError, TollkeeperError, Unsupported
from ext_proc.parts import Start, UsageReport
from ext_proc.rerank import Ranked, Ranking, Request
from ext_proc.usage import Usage
from tests.apis.test_any_json import objects, values

JINA, COHERE = APIS["rerank"], APIS["cohere_rerank"]
BOTH = pytest.mark.parametrize("api", [JINA, COHERE], ids=["jina", "cohere"])
ASKED = {"model": "m", "query": "q", "documents": ["a", "b"]}


def rewritten(body, source, target):
    return json.loads(target.write_request(source.read_request(body)))


def dumped(value):
    return json.dumps(value).encode()


WRITTEN = [
    (JINA, {**ASKED, "top_n": 1, "return_documents": True}, COHERE, {**ASKED, "top_n": 1}),
    (JINA, {**ASKED, "documents": [{"text": "a"}, "b"]}, COHERE, ASKED),
    (
        COHERE,
        {**ASKED, "top_n": 1, "max_tokens_per_doc": 9, "priority": 3},
        JINA,
        {**ASKED, "top_n": 1, "max_tokens_per_doc": 9, "return_documents": False},
    ),
]


@pytest.mark.parametrize(("source", "body", "target", "expected"), WRITTEN)
def test_what_a_client_asks_is_asked_of_the_provider(source, body, target, expected):
    assert rewritten(body, source, target) == expected


REFUSED = [
    (JINA, {**ASKED, "documents": [{"image": "x"}]}, "documents[0]"),
    (JINA, {**ASKED, "query": {"image": "x"}}, "query"),
    (COHERE, {**ASKED, "relevant_spans": {"mode": "x"}}, "relevant_spans"),
]
MISTAKES = [
    ({"documents": ["a"], "model": "m"}, "query"),
    ({"query": "q", "documents": ["a"]}, "model"),
    ({**ASKED, "documents": []}, "documents"),
    ({**ASKED, "documents": [7]}, "documents[0]"),
    ({**ASKED, "top_n": 0}, "top_n"),
]


@pytest.mark.parametrize(("api", "body", "param"), REFUSED)
def test_what_cannot_be_said_is_refused_by_name(api, body, param):
    with pytest.raises(Unsupported) as caught:
        api.read_request(body)
    assert caught.value.param == param


@pytest.mark.parametrize(("body", "param"), MISTAKES)
@BOTH
def test_a_mistake_is_refused_and_its_member_named(api, body, param):
    with pytest.raises(Malformed) as caught:
        api.read_request(body)
    assert caught.value.param == param


@BOTH
def test_the_query_is_counted_with_every_document(api):
    """A model reads it again for each, so that the bytes of the body are no bound."""
    outline = api.outline({**ASKED, "query": "x" * 500, "documents": ["a"] * 100})
    assert outline.read_again == 100 * (502 + UNCOUNTED_PER_DOCUMENT)
    assert not outline.writes


def test_an_image_is_not_counted_as_text():
    outline = JINA.outline({**ASKED, "documents": [{"image": "AAAA"}, "b"]})
    assert (outline.images, outline.image_bytes) == (1, 4)


# Answers

RANKING = Ranking((Ranked(1, 0.9), Ranked(0, 0.25)))
RESULTS = [{"index": 1, "relevance_score": 0.9}, {"index": 0, "relevance_score": 0.25}]
ANSWERS = {
    "jina": (
        JINA,
        {"id": "i", "model": "m", "results": RESULTS, "usage": {"total_tokens": 7, "prompt_tokens": 7}},
        [Start("i", "m"), RANKING, UsageReport(Usage(7))],
    ),
    "openrouter": (
        JINA,
        {
            "id": "i",
            "model": "m",
            "results": RESULTS,
            "usage": {"total_tokens": 0, "prompt_tokens": 0, "search_units": 2},
        },
        [Start("i", "m"), RANKING, UsageReport(Usage(searches=2))],
    ),
    "cohere": (
        COHERE,
        {
            "id": "i",
            "results": RESULTS,
            "meta": {"api_version": {"version": "2"}, "billed_units": {"search_units": 1}},
        },
        [Start("i", ""), RANKING, UsageReport(Usage(searches=1))],
    ),
}


@pytest.mark.parametrize(("api", "body", "parts"), ANSWERS.values(), ids=ANSWERS)
def test_an_answer_is_read_and_written_alike(api, body, parts):
    assert api.read_answer(dumped(body)) == parts
    assert json.loads(api.write_answer(parts)) == body


@pytest.mark.parametrize("document", ["a", {"text": "a"}])
def test_a_document_comes_back_in_either_shape(document):
    body = {"results": [{"index": 0, "relevance_score": 1, "document": document}, {"relevance_score": 1}]}
    assert JINA.read_answer(dumped(body))[1] == Ranking((Ranked(0, 1, "a"),))


def test_documents_come_back_from_the_request_where_they_were_asked_for():
    request = JINA.read_request({**ASKED, "top_n": 1})
    parts = JINA.shape(request, COHERE.read_answer(dumped(ANSWERS["cohere"][1])))
    assert json.loads(JINA.write_answer(parts))["results"] == [
        {"index": 1, "relevance_score": 0.9, "document": {"text": "b"}}
    ]


def test_documents_stay_away_where_they_were_not():
    ranking = Ranking((Ranked(0, 1.0, "a"), Ranked(7, 0.5)))
    assert JINA.shape(Request("m", "q", ("a",)), [ranking]) == [Ranking((Ranked(0, 1.0), Ranked(7, 0.5)))]
    kept = JINA.shape(Request("m", "q", ("a",), return_documents=True), [ranking])
    assert kept == [ranking]


@BOTH
@pytest.mark.parametrize("answer", [b"", b"[]", b'{"error":{"message":"busy"}}', b"\xff"])
def test_what_is_no_answer_is_the_providers_fault(api, answer):
    with pytest.raises(ProviderError):
        api.read_answer(answer)


@BOTH
@settings(max_examples=100, deadline=None)
@given(members=objects, inner=values)
def test_any_request_is_read_or_refused(api, members, inner):
    for body in (members, {**ASKED, "documents": inner}, {**ASKED, "query": inner}, {**ASKED, "top_n": inner}):
        try:
            assert not api.outline(body).writes
            request = api.read_request(body)
        except TollkeeperError as error:
            assert error.status == 400  # noqa: PT017  either is right
            continue
        for other in (JINA, COHERE):
            assert isinstance(json.loads(other.write_request(request)), dict)


@BOTH
@settings(max_examples=100, deadline=None)
@given(answer=values, within=values)
def test_any_answer_is_read_or_blamed_on_the_provider(api, answer, within):
    for body in (answer, {"results": within}, {"results": [within], "usage": within, "meta": within}):
        try:
            parts = api.shape(Request("m", "q", ("a",), return_documents=True), api.read_answer(dumped(body)))
            assert isinstance(json.loads(JINA.write_answer(parts)), dict)
            assert isinstance(json.loads(COHERE.write_answer(parts)), dict)
        except ProviderError as error:
            assert error.status == 502  # noqa: PT017  either is right
