"""What money and routing depend on in a generateContent request is validated in either spelling."""

from __future__ import annotations

import pytest

from ext_proc.apis import APIS
from ext_proc.apis.api import Outline
from ext_proc.errors import Malformed
from tests.apis.generate_content_requests import configured, gemini, user

GEMINI = APIS["generate_content"]
PICTURE = {"inlineData": {"mimeType": "image/png", "data": "AAAA"}}

OUTLINES = [
    (gemini(generationConfig={}), Outline("gemini-2.5-flash", include_usage=True)),
    (
        gemini(stream=True, tools=[{}]),
        Outline("gemini-2.5-flash", stream=True, include_usage=True, max_output_tokens=50_000, tools=True),
    ),
    (
        {"model": "m", "contents": {"parts": {"text": "hi"}}, "generation_config": {"candidate_count": 3}},
        Outline("m", include_usage=True, n=3),
    ),
    (
        {
            "model": "m",
            "contents": [
                user(
                    PICTURE,
                    {"file_data": {"file_uri": "https://x"}},
                    {"inlineData": {"mimeType": "application/pdf", "data": "AAAA"}},
                    {"functionResponse": {"name": "f", "response": {}, "parts": [PICTURE]}},
                )
            ],
        },
        Outline("m", include_usage=True, images=3, image_bytes=8, windowed="contents", attached_bytes=4),
    ),
]
MISTAKES = [
    ({"model": "m"}, "contents"),
    ({"model": "m", "contents": []}, "contents"),
    (gemini(model=""), "model"),
    (gemini(generationConfig=[]), "generationConfig"),
    (gemini(generation_config={}), "generationConfig"),
    (configured(maxOutputTokens="5"), "generationConfig.maxOutputTokens"),
    (configured(max_output_tokens=9), "generationConfig.maxOutputTokens"),
    (configured(candidateCount=0), "generationConfig.candidateCount"),
]
CAPS = [
    ({}, {"generationConfig": {"maxOutputTokens": 100}}),
    ({"generationConfig": {"maxOutputTokens": 50}}, {}),
    ({"generationConfig": {"topK": 1}}, {"generationConfig": {"topK": 1, "maxOutputTokens": 100}}),
    ({"generationConfig": {"maxOutputTokens": 500}}, {"generationConfig": {"maxOutputTokens": 100}}),
    (
        {"generation_config": {"max_output_tokens": 500, "top_k": 1}},
        {"generation_config": {"max_output_tokens": 100, "top_k": 1}},
    ),
]


@pytest.mark.parametrize(("members", "outline"), OUTLINES)
def test_an_outline_tells_what_the_edge_must_know(members, outline):
    assert GEMINI.outline(members) == outline


@pytest.mark.parametrize(("members", "param"), MISTAKES)
def test_a_mistake_is_refused_and_its_member_named(members, param):
    with pytest.raises(Malformed) as caught:
        GEMINI.outline(members)
    assert caught.value.param == param


@pytest.mark.parametrize(("members", "changes"), CAPS)
def test_output_is_capped_within_the_settings_of_the_client(members, changes):
    assert GEMINI.limit_output(members, 100) == changes
    assert GEMINI.ask_usage(members) == {}
