"""Documents, sound, penalties, log probabilities and tiers keep their meaning on the way into and out of a request."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ext_proc.apis import APIS
from ext_proc.chat import Audio, Document, Image, Message, Request, Text, ToolResult, ToolUse
from ext_proc.errors import Malformed, Unsupported
from tests.apis.generate_content_requests import configured, gemini, response, user
from tests.apis.test_round_trips import base64 as base64s
from tests.apis.test_round_trips import maybe, words

GEMINI = APIS["generate_content"]


def inline(kind, data="AAAA", **members):
    return {"inlineData": {"mimeType": kind, "data": data, **members}}


def file(url, kind=None):
    return {"fileData": {"fileUri": url} if kind is None else {"mimeType": kind, "fileUri": url}}


def in_base64(text):
    return base64.b64encode(text.encode()).decode()


def read(*parts):
    return GEMINI.read_request(gemini(contents=[user(*parts)])).messages[0].content


def written(*blocks, model="gemini-2.5-flash"):
    request = Request(model, (Message("user", blocks),))
    return json.loads(GEMINI.write_request(request))["contents"][0]["parts"]


# (what, part, block): each is what the other is read as and written as
SAME = {
    "a PDF": (inline("application/pdf"), Document(data="AAAA", media_type="application/pdf")),
    "a table": (inline("text/csv"), Document(data="AAAA", media_type="text/csv")),
    "plain text": (inline("text/plain", in_base64("Grüße")), Document(text="Grüße")),
    "bytes that are no text": (inline("text/plain", "/w=="), Document(data="/w==", media_type="text/plain")),
    "sound": (inline("audio/wav"), Audio("AAAA", "audio/wav")),
    "a PDF of the web": (
        file("https://x/y", "application/pdf"),
        Document(url="https://x/y", media_type="application/pdf"),
    ),
    "an image of the web": (file("https://x/y", "image/png"), Image(url="https://x/y", media_type="image/png")),
    "an image of a kind that is not told": (file("https://x/y"), Image(url="https://x/y")),
}


@pytest.mark.parametrize(("part", "block"), SAME.values(), ids=SAME)
def test_media_are_read_and_written(part, block):
    assert read(part) == (block,)
    assert written(block) == [part]


def test_the_ending_of_an_address_tells_the_kind():
    assert read(file("https://x/y.pdf?a=b.png")) == (
        Document(url="https://x/y.pdf?a=b.png", media_type="application/pdf"),
    )
    assert written(Document(url="https://x/y.txt"), Document(url="https://x/y")) == [
        file("https://x/y.txt", "text/plain"),
        file("https://x/y", "application/pdf"),
    ]


def test_a_document_keeps_its_name_for_others_and_what_is_said_about_it_for_gemini():
    assert read(inline("application/pdf", displayName="a.pdf"))[0].name == "a.pdf"
    said = Document(data="AAAA", media_type="application/pdf", name="a.pdf", context="of 1999", citations=True)
    assert written(said) == [{"text": "of 1999"}, inline("application/pdf")]


ELSEWHERE = [
    file("gs://bucket/a.png", "image/png"),
    file("files/abc", "application/pdf"),
    file("https://generativelanguage.googleapis.com/v1beta/files/abc", "application/pdf"),
]
NO_WORD = [
    file("https://www.youtube.com/watch?v=abc"),
    file("https://youtu.be/abc", "image/png"),
    file("https://x/y.mp4", "video/mp4"),
    file("https://x/y.wav", "audio/wav"),
    inline("video/mp4"),
    inline("model/gltf"),
]


@pytest.mark.parametrize("part", ELSEWHERE)
def test_a_file_that_google_alone_can_fetch_is_refused(part):
    with pytest.raises(Unsupported, match="by an address of the web") as caught:
        read(part)
    assert caught.value.param == "contents[0].parts[0].fileData.fileUri"


@pytest.mark.parametrize("part", NO_WORD)
def test_media_without_a_word_are_refused(part):
    with pytest.raises(Unsupported) as caught:
        read(part)
    assert caught.value.param == f"contents[0].parts[0].{next(iter(part))}.mimeType"


PDF = Document(data="AAAA", media_type="application/pdf")
RESULT = (
    Message("assistant", (ToolUse("t", "f", "{}"),)),
    Message("user", (ToolResult("t", (Text("a"), PDF)),)),
)


def test_documents_of_results_stand_within_for_gemini_3_and_apart_before():
    new, old = (
        json.loads(GEMINI.write_request(Request(model, RESULT)))["contents"][1]["parts"]
        for model in ("gemini-3-pro", "gemini-2.5-pro")
    )
    assert new[0]["functionResponse"]["parts"] == [inline("application/pdf")]
    assert old == [
        response("t", "f", output="a"),
        {"text": "What function call t returned as a file:"},
        inline("application/pdf"),
    ]
    answered = GEMINI.read_request(gemini(contents=[{"parts": new}])).messages[0].content
    assert answered == RESULT[1].content


def test_a_function_cannot_return_sound():
    said = {"functionResponse": {"name": "f", "response": {}, "parts": [inline("audio/wav")]}}
    with pytest.raises(Unsupported) as caught:
        read(said)
    assert caught.value.param == "contents[0].parts[0].functionResponse.parts[0].inlineData.mimeType"


SETTINGS = [
    ({"presencePenalty": 0.5, "frequencyPenalty": -1}, {"presence_penalty": 0.5, "frequency_penalty": -1}),
    ({"responseLogprobs": True, "logprobs": 3}, {"logprobs": True, "top_logprobs": 3}),
    ({"responseLogprobs": True}, {"logprobs": True}),
]
TIERS = [("standard", "default"), ("flex", "flex"), ("priority", "priority")]


@pytest.mark.parametrize(("in_gemini", "asked"), SETTINGS)
def test_settings_are_read_and_written(in_gemini, asked):
    request = GEMINI.read_request(configured(**in_gemini))
    assert {name: getattr(request, name) for name in asked} == asked
    assert request.unread == {}
    assert json.loads(GEMINI.write_request(request))["generationConfig"] == {"maxOutputTokens": 50_000, **in_gemini}


@pytest.mark.parametrize(("word", "tier"), TIERS)
def test_a_tier_is_read_and_written(word, tier):
    assert GEMINI.read_request(gemini(service_tier=f"SERVICE_TIER_{word.upper()}")).service_tier == tier
    request = GEMINI.read_request(gemini(serviceTier=word))
    assert request.service_tier == tier
    assert json.loads(GEMINI.write_request(request))["serviceTier"] == word


def test_no_tier_and_any_tier_are_not_written():
    assert GEMINI.read_request(gemini(serviceTier="unspecified")).service_tier is None
    for tier in (None, "auto"):
        assert "serviceTier" not in json.loads(GEMINI.write_request(Request("m", RESULT, service_tier=tier)))


OTHER = {"anyOf": [{"$ref": "#/$defs/city"}, {"type": "null"}]}
JSON_SCHEMA = {
    "type": "object",
    "properties": {"at": OTHER, "note": {"type": ["string", "null"]}},
    "$defs": {"city": {"type": "object", "properties": {"next": {"$ref": "#/$defs/city"}}}},
    "required": ["at"],
    "additionalProperties": False,
}


def test_a_json_schema_with_references_and_null_is_kept_as_it_is():
    members = configured(responseMimeType="application/json", responseJsonSchema=JSON_SCHEMA)
    request = GEMINI.read_request(members)
    assert request.output_format.schema == JSON_SCHEMA
    assert json.loads(GEMINI.write_request(request))["generationConfig"]["responseJsonSchema"] == JSON_SCHEMA


def test_geminis_own_schema_with_references_becomes_a_json_schema():
    own = {
        "type": "OBJECT",
        "properties": {"at": {"anyOf": [{"ref": "#/$defs/city"}], "nullable": True}},
        "defs": {"city": {"type": "OBJECT", "properties": {"nullable": {"type": "BOOLEAN"}}}},
    }
    request = GEMINI.read_request(configured(responseMimeType="application/json", responseSchema=own))
    assert request.output_format.schema == {
        "type": "object",
        "properties": {"at": OTHER},
        "$defs": {"city": {"type": "object", "properties": {"nullable": {"type": "boolean"}}}},
    }


documents = (
    st.builds(Document, data=base64s, media_type=st.sampled_from(["application/pdf", "text/csv"]))
    | st.builds(Document, text=words)
    | st.builds(Document, url=words.map("https://x/".__add__), media_type=st.just("application/pdf"))
)
sounds = st.builds(Audio, base64s, st.sampled_from(["audio/wav", "audio/mp3"]))


@settings(max_examples=100, deadline=None)
@given(
    content=st.lists(documents | sounds | st.builds(Text, words), min_size=1, max_size=3).map(tuple),
    logprobs=st.sampled_from([(False, None), (True, None), (True, 3)]),
    penalty=maybe(st.floats(-2, 2)),
    tier=st.sampled_from([None, "default", "flex", "priority"]),
)
def test_a_request_with_media_survives(content, logprobs, penalty, tier):
    request = Request(
        "gemini-3-pro",
        (Message("user", content),),
        logprobs=logprobs[0],
        top_logprobs=logprobs[1],
        presence_penalty=penalty,
        frequency_penalty=penalty,
        service_tier=tier,
        include_usage=True,
    )
    assert GEMINI.read_request({"model": "gemini-3-pro", **json.loads(GEMINI.write_request(request))}) == request


@settings(max_examples=100, deadline=None)
@given(data=st.text(max_size=9), kind=st.text(max_size=9) | st.sampled_from(["text/plain", "image/png", "audio/wav"]))
def test_any_inline_data_are_read_or_refused(data, kind):
    try:
        assert len(read(inline(kind, data))) == 1
    except (Malformed, Unsupported) as error:
        assert error.param == "contents[0].parts[0].inlineData.mimeType"  # noqa: PT017  either is right
