"""Texts to embed are asked for, and their vectors told, in every API for it as the client's says."""

from __future__ import annotations

import json
import struct
from base64 import b64encode

import openai
import pytest
from google import genai
from hypothesis import given, settings
from hypothesis import strategies as st

from ext_proc.apis import APIS
from ext_proc.apis.api import Outline
from ext_proc.embeddings import Request, Vectors
from ext_proc.errors import Malformed, ProviderError, TollkeeperError, Unsupported
from ext_proc.parts import Start, UsageReport
from ext_proc.usage import Usage
from tests.apis.test_any_json import objects, values
from tests.apis.test_sdks import served

OPENAI, COHERE = APIS["embeddings"], APIS["cohere_embed"]
BATCH, ONE = APIS["batch_embed_contents"], APIS["embed_content"]
FAMILY = {"embeddings": OPENAI, "cohere_embed": COHERE, "batch_embed_contents": BATCH, "embed_content": ONE}
EACH = pytest.mark.parametrize("api", FAMILY.values(), ids=FAMILY)


def content(text, **settings_):
    return {"model": "models/m", "content": {"parts": [{"text": text}]}, **settings_}


def gemini(*texts, **settings_):
    """The path's model is among what is told."""
    return {"model": "m", "requests": [content(text, **settings_) for text in texts]}


def rewritten(body, source, target):
    return json.loads(target.write_request(source.read_request(body)))


def dumped(value):
    return json.dumps(value).encode()


# The client's API, what it says, the provider's, and what that is told.
WRITTEN = {
    "OpenAI to Cohere": (
        OPENAI,
        {"model": "m", "input": ["a", "b"], "dimensions": 8, "user": "u"},
        COHERE,
        {
            "model": "m",
            "texts": ["a", "b"],
            "input_type": "search_document",
            "embedding_types": ["float"],
            "output_dimension": 8,
            "truncate": "NONE",
        },
    ),
    "OpenAI with what NVIDIA knows to Cohere": (
        OPENAI,
        {"model": "m", "input": "a", "encoding_format": "base64", "input_type": "query"},
        COHERE,
        {
            "model": "m",
            "texts": ["a"],
            "input_type": "search_query",
            "embedding_types": ["base64"],
            "truncate": "NONE",
        },
    ),
    "OpenAI to Gemini": (
        OPENAI,
        {"model": "m", "input": ["a", "b"], "dimensions": 8, "task": "retrieval.query"},
        BATCH,
        {"requests": [content(text, taskType="RETRIEVAL_QUERY", outputDimensionality=8) for text in ("a", "b")]},
    ),
    "OpenAI to Gemini, one text": (OPENAI, {"model": "m", "input": "a"}, ONE, content("a")),
    "Cohere to OpenAI": (
        COHERE,
        {
            "model": "m",
            "texts": ["a", "b"],
            "input_type": "search_query",
            "output_dimension": 8,
            "embedding_types": ["base64"],
            "truncate": "END",
        },
        OPENAI,
        {"model": "m", "input": ["a", "b"], "encoding_format": "base64", "dimensions": 8},
    ),
    "Cohere to Gemini": (
        COHERE,
        {"model": "m", "inputs": [{"content": [{"type": "text", "text": "a"}]}], "input_type": "clustering"},
        BATCH,
        {"requests": [content("a", taskType="CLUSTERING")]},
    ),
    "Gemini to OpenAI": (
        BATCH,
        gemini("a", "b", taskType="RETRIEVAL_DOCUMENT", title="t", outputDimensionality=8),
        OPENAI,
        {"model": "m", "input": ["a", "b"], "dimensions": 8},
    ),
    "Gemini to Cohere": (
        ONE,
        {"model": "m", "content": {"parts": {"text": "a"}}, "task_type": "CLASSIFICATION"},
        COHERE,
        {"model": "m", "texts": ["a"], "input_type": "classification", "embedding_types": ["float"]},
    ),
    "Gemini's settings in their own object": (
        ONE,
        {"model": "m", "content": {"parts": [{"text": "a"}, {"text": "b"}]}, "embedContentConfig": {"title": "t"}},
        BATCH,
        {"requests": [content("ab", title="t")]},
    ),
    "tokens to an OpenAI that is called otherwise": (
        OPENAI,
        {"model": "m", "input": [[1, 2], [3]]},
        OPENAI,
        {"model": "m", "input": [[1, 2], [3]]},
    ),
}


@pytest.mark.parametrize(("source", "body", "target", "expected"), WRITTEN.values(), ids=WRITTEN)
def test_what_a_client_asks_is_asked_of_the_provider(source, body, target, expected):
    assert rewritten(body, source, target) == expected


REFUSED = {
    "tokens to Cohere": (OPENAI, {"model": "m", "input": [1, 2]}, COHERE, "input"),
    "tokens to Gemini": (OPENAI, {"model": "m", "input": [[1], [2]]}, BATCH, "input"),
    "integers of OpenAI": (
        COHERE,
        {"model": "m", "texts": ["a"], "embedding_types": ["int8"]},
        OPENAI,
        "embedding_types",
    ),
    "bits of Gemini": (COHERE, {"model": "m", "texts": ["a"], "embedding_types": ["binary"]}, BATCH, "embedding_types"),
    "several texts where one is taken": (OPENAI, {"model": "m", "input": ["a", "b"]}, ONE, "input"),
    "images": (COHERE, {"model": "m", "images": ["data:image/png;base64,AAAA"]}, OPENAI, "images"),
    "an image among inputs": (
        COHERE,
        {"model": "m", "inputs": [{"content": [{"type": "image_url", "image_url": {"url": "x"}}]}]},
        OPENAI,
        "inputs[0].content[0]",
    ),
    "where to cut": (COHERE, {"model": "m", "texts": ["a"], "max_tokens": 9}, OPENAI, "max_tokens"),
    "an image of Gemini's": (
        ONE,
        {"model": "m", "content": {"parts": [{"inlineData": {}}]}},
        OPENAI,
        "content.parts[0]",
    ),
    "settings that differ": (
        BATCH,
        {"model": "m", "requests": [content("a"), content("b", taskType="CLUSTERING")]},
        OPENAI,
        "requests[1]",
    ),
}


@pytest.mark.parametrize(("source", "body", "target", "param"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_said_is_refused_by_name(source, body, target, param):
    with pytest.raises(Unsupported) as caught:
        rewritten(body, source, target)
    assert caught.value.param == param


MISTAKES = [
    (OPENAI, {"model": "m", "input": "a", "encoding_format": "hex"}, "encoding_format"),
    (OPENAI, {"model": "m", "input": "a", "dimensions": "8"}, "dimensions"),
    (OPENAI, {"model": "m", "input": [[1], []]}, "input[1]"),
    (OPENAI, {"model": "m", "input": [[1], ["a"]]}, "input[1]"),
    (COHERE, {"model": "m"}, "texts"),
    (COHERE, {"model": "m", "texts": []}, "texts"),
    (COHERE, {"model": "m", "texts": [7]}, "texts[0]"),
    (COHERE, {"model": "m", "texts": ["a"], "inputs": [{}]}, "inputs"),
    (COHERE, {"model": "m", "texts": ["a"], "input_type": "poem"}, "input_type"),
    (COHERE, {"model": "m", "texts": ["a"], "embedding_types": ["hex"]}, "embedding_types[0]"),
    (COHERE, {"model": "m", "texts": ["a"], "truncate": "MIDDLE"}, "truncate"),
    (BATCH, {"model": "m", "requests": []}, "requests"),
    (BATCH, {"model": "m", "requests": [{"content": {"parts": [{"text": 7}]}}]}, "requests[0].content.parts[0].text"),
    (ONE, {"model": "m", "content": {"parts": [{"text": "a"}]}, "taskType": "POEM"}, "taskType"),
]


@pytest.mark.parametrize(("api", "body", "param"), MISTAKES)
def test_a_mistake_is_refused_and_its_member_named(api, body, param):
    with pytest.raises(Malformed) as caught:
        api.read_request(body)
    assert caught.value.param == param


NO_OUTPUT = {"output_tokens": 0}
PNG = "data:image/png;base64,AAAA"
OUTLINES = [
    (COHERE, {"model": "m", "texts": ["a"]}, Outline("m", writes=False, estimate=NO_OUTPUT)),
    (
        COHERE,
        {"model": "m", "images": [PNG]},
        Outline("m", images=1, image_bytes=len(PNG), writes=False, estimate=NO_OUTPUT),
    ),
    (
        COHERE,
        {"model": "m", "inputs": [{"content": [{"type": "image_url", "image_url": {"url": PNG}}]}]},
        Outline("m", images=1, image_bytes=len(PNG), writes=False, estimate=NO_OUTPUT),
    ),
    (BATCH, gemini("a" * 300), Outline("m", writes=False, estimate=NO_OUTPUT)),
    (
        ONE,
        {"model": "m", "content": {"parts": [{"inlineData": {"mimeType": "image/png", "data": "AAAA"}}]}},
        Outline("m", images=1, image_bytes=4, writes=False, estimate=NO_OUTPUT),
    ),
]


@pytest.mark.parametrize(("api", "body", "outline"), OUTLINES)
def test_an_outline_tells_that_nothing_is_written(api, body, outline):
    assert api.outline(body) == outline


def test_who_is_paid_is_who_is_called():
    """Google demands it, too; a body may not name another model than the one that is limited by the path."""
    with pytest.raises(Malformed) as caught:
        BATCH.outline({"model": "m", "requests": [content("a"), {**content("b"), "model": "models/other"}]})
    assert caught.value.param == "requests[1].model"


def test_another_model_is_named_wherever_the_body_names_it():
    assert BATCH.rename(gemini("a", "b"), "n") == {
        "requests": [{**content(t), "model": "models/n"} for t in ("a", "b")]
    }
    assert ONE.rename(content("a"), "models/n") == {"model": "models/n"}
    assert ONE.rename({"content": {}}, "n") == {}


# Answers

PACKED = b64encode(struct.pack("<2f", 0.5, -0.5)).decode()
REPORT = UsageReport(Usage(7))
ANSWERS = {
    "embeddings": (
        OPENAI,
        {
            "object": "list",
            "data": [{"object": "embedding", "index": 0, "embedding": [0.5, -0.5]}],
            "model": "m",
            "usage": {"prompt_tokens": 7, "total_tokens": 7},
        },
        [Start("", "m"), Vectors({"float": [[0.5, -0.5]]}), REPORT],
    ),
    "embeddings as base64": (
        OPENAI,
        {
            "object": "list",
            "data": [{"object": "embedding", "index": 0, "embedding": PACKED}],
            "model": "m",
            "usage": {"prompt_tokens": 7, "total_tokens": 7},
        },
        [Start("", "m"), Vectors({"base64": [PACKED]}), REPORT],
    ),
    "cohere_embed": (
        COHERE,
        {
            "id": "i",
            "embeddings": {"float": [[0.5]], "int8": [[1]]},
            "meta": {"api_version": {"version": "2"}, "billed_units": {"input_tokens": 7}},
            "response_type": "embeddings_by_type",
        },
        [Start("i", ""), Vectors({"float": [[0.5]], "int8": [[1]]}), REPORT],
    ),
    "batch_embed_contents": (
        BATCH,
        {"embeddings": [{"values": [0.5]}, {"values": [1.0]}], "usageMetadata": {"promptTokenCount": 7}},
        [Start("", ""), Vectors({"float": [[0.5], [1.0]]}), REPORT],
    ),
    "embed_content without usage": (
        ONE,
        {"embedding": {"values": [0.5]}},
        [Start("", ""), Vectors({"float": [[0.5]]})],
    ),
}


@pytest.mark.parametrize(("api", "body", "parts"), ANSWERS.values(), ids=ANSWERS)
def test_an_answer_is_read_and_written_alike(api, body, parts):
    assert api.read_answer(dumped(body)) == parts
    assert json.loads(api.write_answer(parts)) == body


def test_vectors_come_in_the_order_of_their_texts():
    data = [{"index": 1, "embedding": [1.0]}, {"index": 0, "embedding": [0.0]}]
    assert OPENAI.read_answer(dumped({"data": data}))[1] == Vectors({"float": [[0.0], [1.0]]})


def test_floats_without_a_name_are_those_of_old_models():
    assert COHERE.read_answer(dumped({"embeddings": [[0.5]]}))[1] == Vectors({"float": [[0.5]]})


def shaped(encodings, vectors):
    return OPENAI.shape(Request("m", ("a",), encodings=encodings), [Start("", "m"), vectors])[1]


def test_floats_become_base64_and_base64_floats():
    assert shaped(("base64",), Vectors({"float": [[0.5, -0.5]]})) == Vectors({"base64": [PACKED]})
    assert shaped(("float",), Vectors({"base64": [PACKED]})) == Vectors({"float": [[0.5, -0.5]]})
    both = shaped(("float", "base64"), Vectors({"float": [[0.5, -0.5]]}))
    assert both == Vectors({"float": [[0.5, -0.5]], "base64": [PACKED]})


@pytest.mark.parametrize(
    ("encodings", "vectors"),
    [
        (("int8",), Vectors({"float": [[0.5]]})),
        (("float",), Vectors({})),
        (("base64",), Vectors({"float": [["x"]]})),
        (("base64",), Vectors({"float": [[1e300]]})),
        (("float",), Vectors({"base64": ["*"]})),
        (("float",), Vectors({"base64": ["QUI="]})),
    ],
)
def test_vectors_that_did_not_come_are_the_providers_fault(encodings, vectors):
    with pytest.raises(ProviderError):
        shaped(encodings, vectors)


@EACH
@pytest.mark.parametrize("answer", [b"", b"[]", b'{"error":{"message":"busy"}}', b"\xff"])
def test_what_is_no_answer_is_the_providers_fault(api, answer):
    with pytest.raises(ProviderError):
        api.read_answer(answer)


@settings(max_examples=100, deadline=None)
@given(
    vectors=st.lists(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), max_size=4), min_size=1),
    tokens=st.integers(0, 9),
)
def test_vectors_survive_the_way_through_every_api(vectors, tokens):
    parts = [Start("i", "m"), Vectors({"float": vectors}), UsageReport(Usage(tokens))]
    for api in (OPENAI, COHERE, BATCH):
        assert api.read_answer(api.write_answer(parts))[1] == parts[1]
    assert shaped(("float",), shaped(("base64",), parts[1])) == parts[1]


@EACH
@settings(max_examples=100, deadline=None)
@given(members=objects, inputs=values)
def test_any_request_is_read_or_refused(api, members, inputs):
    named = dict.fromkeys(("input", "texts", "inputs", "images", "requests", "content"), inputs)
    for body in (members, {"model": "m", **members, **named}, *({"model": "m", name: inputs} for name in named)):
        try:
            assert not api.outline(body).writes
            request = api.read_request(body)
        except TollkeeperError as error:
            assert error.status == 400  # noqa: PT017  either is right
            continue
        for other in FAMILY.values():
            try:
                assert isinstance(json.loads(other.write_request(request)), dict)
            except TollkeeperError as error:
                assert error.status == 400  # noqa: PT017  either is right


@EACH
@settings(max_examples=100, deadline=None)
@given(answer=values, within=values)
def test_any_answer_is_read_or_blamed_on_the_provider(api, answer, within):
    named = dict.fromkeys(("data", "embeddings", "embedding", "usage", "meta", "usageMetadata"), within)
    for body in (answer, named):
        try:
            parts = api.read_answer(dumped(body))
            for encoding in ("float", "base64", "int8"):
                api.write_answer(api.shape(Request("m", ("a",), encodings=(encoding,)), parts))
        except ProviderError as error:
            assert error.status == 502  # noqa: PT017  either is right


# The SDKs

PARTS = [Start("i", "m"), Vectors({"float": [[0.5, -0.5], [1.0, 0.0]]}), UsageReport(Usage(7))]


def test_openais_sdk_takes_vectors_in_either_encoding():
    for encoding in ("float", "base64"):
        body = OPENAI.write_answer(OPENAI.shape(Request("m", ("a",), encodings=(encoding,)), PARTS))
        with served(body, kind="application/json") as url, openai.OpenAI(base_url=url, api_key="k") as client:
            answer = client.embeddings.create(model="m", input=["a", "b"])
        assert ([one.embedding for one in answer.data], answer.usage.prompt_tokens) == ([[0.5, -0.5], [1.0, 0.0]], 7)


def test_googles_sdk_takes_vectors():
    with served(BATCH.write_answer(PARTS), kind="application/json") as url:
        client = genai.Client(api_key="k", http_options={"base_url": url})
        answer = client.models.embed_content(model="m", contents=["a", "b"])
    assert [one.values for one in answer.embeddings] == [[0.5, -0.5], [1.0, 0.0]]
