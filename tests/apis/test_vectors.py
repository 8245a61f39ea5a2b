"""Vectors are told in every API for them as the client's has it, in the encodings that it asked for."""

from __future__ import annotations

import json
import struct
from base64 import b64encode

import openai
import pytest
from google import genai
from hypothesis import given, settings
from hypothesis import strategies as st

from ext_proc.embeddings import Request, Vectors
from ext_proc.errors import ProviderError, TollkeeperError
from ext_proc.parts import Start, UsageReport
from ext_proc.usage import Usage
from tests.apis.test_any_json import objects, values
from tests.apis.test_sdks import served
from tests.apis.test_texts_to_embed import BATCH, COHERE, FAMILY, ONE, OPENAI

EACH = pytest.mark.parametrize("api", FAMILY.values(), ids=FAMILY)


def dumped(value):
    return json.dumps(value).encode()


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
