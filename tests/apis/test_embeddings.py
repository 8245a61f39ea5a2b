"""Embeddings and Moderations pass between those who speak them: metered, never translated, and without output."""

from __future__ import annotations

import json

import openai
import pytest
from hypothesis import given, settings

from ext_proc.apis import APIS
from ext_proc.apis.api import Outline
from ext_proc.chat import Message, Request, Text
from ext_proc.embeddings import Vectors
from ext_proc.errors import Malformed, OverLimit, ProviderError, TollkeeperError, Unsupported
from ext_proc.parts import Start, UsageReport
from ext_proc.usage import Usage
from tests.apis.test_any_json import objects, values
from tests.apis.test_sdks import served

EMBEDDINGS, MODERATIONS = APIS["embeddings"], APIS["moderations"]
BOTH = pytest.mark.parametrize("api", [EMBEDDINGS, MODERATIONS], ids=["embeddings", "moderations"])

PNG = "data:image/png;base64,AAAA"
PARTS = [{"type": "text", "text": "t"}, {"type": "image_url", "image_url": {"url": PNG}}]

NO_OUTPUT = {"output_tokens": 0}
OUTLINES = [
    (EMBEDDINGS, {"model": "m", "input": "hi"}, Outline("m", writes=False, estimate=NO_OUTPUT)),
    (EMBEDDINGS, {"model": "m", "input": ["a", ""], "dimensions": 8}, Outline("m", writes=False, estimate=NO_OUTPUT)),
    (EMBEDDINGS, {"model": "m", "input": [1, 2, 3]}, Outline("m", writes=False, estimate=NO_OUTPUT)),
    (EMBEDDINGS, {"model": "m", "input": [[1], [2, 3]]}, Outline("m", writes=False, estimate=NO_OUTPUT)),
    (MODERATIONS, {"model": "m", "input": "hi"}, Outline("m", writes=False)),
    (MODERATIONS, {"input": ["a", "b"]}, Outline("omni-moderation-latest", writes=False)),
    (MODERATIONS, {"model": "m", "input": PARTS}, Outline("m", images=1, image_bytes=len(PNG), writes=False)),
]
MISTAKES = [
    (EMBEDDINGS, {"input": "hi"}, "model"),
    (EMBEDDINGS, {"model": 7, "input": "hi"}, "model"),
    (EMBEDDINGS, {"model": "m"}, "input"),
    (EMBEDDINGS, {"model": "m", "input": ""}, "input"),
    (EMBEDDINGS, {"model": "m", "input": []}, "input"),
    (EMBEDDINGS, {"model": "m", "input": {"a": 1}}, "input"),
    (EMBEDDINGS, {"model": "m", "input": [True]}, "input[0]"),
    (EMBEDDINGS, {"model": "m", "input": ["a", 1]}, "input[0]"),
    (MODERATIONS, {"model": "", "input": "hi"}, "model"),
    (MODERATIONS, {"model": "m", "input": None}, "input"),
    (MODERATIONS, {"model": "m", "input": 7}, "input"),
]
VECTORS = {
    "object": "list",
    "data": [{"object": "embedding", "index": 0, "embedding": [0.5, -0.5]}],
    "model": "served",
    "usage": {"prompt_tokens": 8, "total_tokens": 8},
}
VERDICT = {
    "id": "modr-1",
    "model": "omni-moderation-2024-09-26",
    "results": [{"flagged": False, "categories": {}, "category_scores": {}, "category_applied_input_types": {}}],
}


def dumped(value):
    return json.dumps(value).encode()


@pytest.mark.parametrize(("api", "members", "outline"), OUTLINES)
def test_an_outline_tells_that_nothing_is_written(api, members, outline):
    assert api.outline(members) == outline


@pytest.mark.parametrize(("api", "members", "param"), MISTAKES)
def test_a_mistake_is_refused_and_its_member_named(api, members, param):
    with pytest.raises(Malformed) as caught:
        api.outline(members)
    assert caught.value.param == param


def test_an_answer_is_metered():
    vectors = Vectors({"float": [[0.5, -0.5]]})
    assert EMBEDDINGS.read_answer(dumped(VECTORS)) == [Start("", "served"), vectors, UsageReport(Usage(8))]


def test_a_verdict_is_known_to_cost_nothing():
    assert MODERATIONS.read_answer(dumped(VERDICT)) == [
        Start("modr-1", "omni-moderation-2024-09-26"),
        UsageReport(Usage()),
    ]


@BOTH
def test_there_is_no_output_to_limit_and_no_stream_to_ask_usage_of(api):
    assert api.limit_output({"model": "m", "input": "hi"}, 5) == {}
    assert api.ask_usage({"model": "m", "input": "hi", "stream": True}) == {}


HALVES = {
    "read a request": lambda api: api.read_request({"model": "m", "input": "hi"}),
    "write a request": lambda api: api.write_request(Request("m", (Message("user", (Text("hi"),)),))),
    "write an answer": lambda api: api.write_answer([Start("i", "m")]),
}
STREAMS = {
    "read a stream": lambda api: api.stream_reader(),
    "write a stream": lambda api: api.stream_writer(Request("m", ())),
    "observe a stream": lambda api: api.stream_observer(True),
}


@pytest.mark.parametrize("half", [*HALVES.values(), *STREAMS.values()], ids=[*HALVES, *STREAMS])
def test_what_only_its_own_providers_can_do_is_refused_by_name(half):
    with pytest.raises(Unsupported, match="Moderations") as caught:
        half(MODERATIONS)
    assert caught.value.param == "model"


@pytest.mark.parametrize("half", STREAMS.values(), ids=STREAMS)
def test_vectors_are_never_streamed(half):
    with pytest.raises(Unsupported, match="Embeddings"):
        half(EMBEDDINGS)


@BOTH
@pytest.mark.parametrize("answer", [b"", b"[]", b'{"error":{"message":"busy"}}', b"\xff"])
def test_what_is_no_answer_is_the_providers_fault(api, answer):
    with pytest.raises(ProviderError):
        api.read_answer(answer)


@pytest.mark.parametrize("name", ["completions", "embeddings", "moderations"])
def test_errors_have_the_shape_of_chat_completions(name):
    api, chat = APIS[name], APIS["chat_completions"]
    assert (api.read_error, api.write_error) == (chat.read_error, chat.write_error)


@BOTH
@settings(max_examples=100, deadline=None)
@given(members=objects, input_=values)
def test_any_request_is_read_or_refused(api, members, input_):
    try:
        assert not api.outline({**members, "input": input_}).writes
    except TollkeeperError as error:
        assert error.status == 400  # noqa: PT017  either is right


@BOTH
@settings(max_examples=100, deadline=None)
@given(answer=values)
def test_any_answer_is_read_or_blamed_on_the_provider(api, answer):
    try:
        assert isinstance(api.read_answer(dumped(answer))[0], Start)
    except ProviderError as error:
        assert error.status == 502  # noqa: PT017  either is right


def test_openais_sdk_sends_what_is_read_and_gets_what_was_sent():
    with (
        served(dumped(VECTORS), kind="application/json") as url,
        openai.OpenAI(base_url=url, api_key="k") as client,
    ):
        vectors = client.embeddings.create(model="m", input=["hi"], encoding_format="float")
    assert (vectors.data[0].embedding, vectors.usage.prompt_tokens) == ([0.5, -0.5], 8)
    with (
        served(dumped(VERDICT), kind="application/json") as url,
        openai.OpenAI(base_url=url, api_key="k") as client,
    ):
        verdict = client.moderations.create(input="hi")
    assert not verdict.results[0].flagged


@pytest.mark.parametrize(
    "call",
    [
        lambda client: client.embeddings.create(model="m", input="hi"),
        lambda client: client.moderations.create(input="hi"),
        lambda client: client.completions.create(model="m", prompt="hi"),
    ],
    ids=["embeddings", "moderations", "completions"],
)
def test_openais_sdk_raises_its_own_error_for_ours(call):
    with (
        served(EMBEDDINGS.write_error(OverLimit("spent"), "r"), 429, "application/json") as url,
        openai.OpenAI(base_url=url, api_key="k", max_retries=0) as client,
        pytest.raises(openai.RateLimitError, match="spent"),
    ):
        call(client)
