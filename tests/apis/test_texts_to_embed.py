"""Texts to embed are asked for in every API for it as the client's says."""

from __future__ import annotations

import json

import pytest

from ext_proc.apis import APIS
from ext_proc.apis.api import Outline
from ext_proc.errors import Malformed, Unsupported

OPENAI, COHERE = APIS["embeddings"], APIS["cohere_embed"]
BATCH, ONE = APIS["batch_embed_contents"], APIS["embed_content"]
FAMILY = {"embeddings": OPENAI, "cohere_embed": COHERE, "batch_embed_contents": BATCH, "embed_content": ONE}


def content(text, **settings_):
    return {"model": "models/m", "content": {"parts": [{"text": text}]}, **settings_}


def gemini(*texts, **settings_):
    """The path's model is among what is told."""
    return {"model": "m", "requests": [content(text, **settings_) for text in texts]}


def rewritten(body, source, target):
    return json.loads(target.write_request(source.read_request(body)))


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
