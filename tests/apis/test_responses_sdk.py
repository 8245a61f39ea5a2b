"""OpenAI's SDK accepts the Responses that we write: its own accumulator reads them, from a real server."""

from __future__ import annotations

import json

import openai
import pydantic
import pytest
from openai.types.responses import Response, ResponseStreamEvent

from ext_proc.apis import APIS
from ext_proc.chat import ToolUse
from ext_proc.errors import Forbidden, Malformed, OverLimit
from ext_proc.parts import Finish, RefusalDelta, TextDelta, UsageReport
from ext_proc.usage import Usage
from tests.apis.test_sdks import REQUEST, SOURCES, TEXT, TOOLS, served, written

RESPONSES = APIS["responses"]
REFUSED = [TEXT[0], TextDelta("a"), RefusalDelta("no"), Finish("stop"), UsageReport(Usage(1, 1))]
CALLED = [("t0", "f", '{"a":1}'), ("t1", "g", "{}")]


class Weather(pydantic.BaseModel):
    city: str


def client(url):
    return openai.OpenAI(base_url=url, api_key="k", max_retries=0)


def created(parts):
    with served(RESPONSES.write_answer(parts), kind="application/json") as url, client(url) as sdk:
        return sdk.responses.create(model="m", input="hi")


def streamed(body, **settings):
    with served(body) as url, client(url) as sdk, sdk.responses.stream(model="m", input="hi", **settings) as stream:
        told = list(stream)
        return told, stream.get_final_response()


def called(response):
    return [(item.call_id, item.name, item.arguments) for item in response.output if item.type == "function_call"]


@pytest.mark.parametrize(
    "parts",
    [TEXT, TOOLS, REFUSED, SOURCES, TEXT[:2], []],
    ids=["text", "tools", "refusal", "sources", "no end", "none"],
)
def test_every_event_and_every_answer_is_of_the_sdks_types(parts):
    Response.model_validate(created(parts).to_dict())
    events = pydantic.TypeAdapter(ResponseStreamEvent)
    with served(written(RESPONSES, parts)) as url, client(url) as sdk:
        for event in sdk.responses.create(model="m", input="hi", stream=True):
            events.validate_python(event.to_dict())


def test_the_sdk_reads_text_whole_and_streamed():
    _, response = streamed(written(RESPONSES, TEXT))
    assert created(TEXT).output_text == response.output_text == "Grüße 😀"
    assert (response.id, response.model, response.status) == ("resp_1", "served", "completed")
    usage = response.usage
    assert (usage.input_tokens, usage.output_tokens, usage.total_tokens) == (20, 8, 28)
    assert (usage.input_tokens_details.cached_tokens, usage.output_tokens_details.reasoning_tokens) == (5, 4)


def test_the_sdk_reads_sources_and_log_probabilities_whole_and_streamed():
    told, streamed_response = streamed(written(RESPONSES, SOURCES))
    cited = [event.annotation for event in told if event.type == "response.output_text.annotation.added"]
    places = [("https://x/", 6, 9), ("https://y/", 0, 5)]
    for response in (created(SOURCES), streamed_response):
        [part] = response.output[0].content
        assert [(one.url, one.start_index, one.end_index) for one in part.annotations] == places
        assert [(token.token, token.logprob) for token in part.logprobs] == [("It is ", -0.5), ("so.", -0.25)]
        assert response.service_tier == "flex"
    assert [(one.url, one.start_index, one.end_index) for one in cited] == places


def test_the_sdk_accumulates_text_and_arguments_as_they_come():
    told, response = streamed(written(RESPONSES, TOOLS))
    assert [event.snapshot for event in told if event.type == "response.output_text.delta"] == ["c"]
    arguments = [event.snapshot for event in told if event.type == "response.function_call_arguments.delta"]
    assert arguments == ['{"a":', "{}", '{"a":1}']
    assert called(response) == called(created(TOOLS)) == CALLED


def test_thinking_signed_elsewhere_survives_a_turn_through_the_sdk():
    """What the SDK gives out, sent back, is what Messages signed."""
    _, response = streamed(written(RESPONSES, TOOLS))
    turn = [item.to_dict() for item in response.output]
    body = {"model": "m", "input": [{"role": "user", "content": "hi"}, *turn]}
    blocks = RESPONSES.read_request(body).messages[1].content
    assert [(block.text, block.signature, block.redacted) for block in blocks[:2]] == [
        ("ab", "s", None),
        ("", None, "d"),
    ]
    assert [block.id for block in blocks if isinstance(block, ToolUse)] == ["t0", "t1"]


def test_the_sdk_reads_a_refusal():
    _, response = streamed(written(RESPONSES, REFUSED))
    assert [part.type for part in response.output[0].content] == ["output_text", "refusal"]
    assert response.output[0].content[1].refusal == "no"


def test_the_sdk_parses_structured_output_whole_and_streamed():
    parts = [TEXT[0], TextDelta(json.dumps({"city": "Rome"})), Finish("stop")]
    with served(RESPONSES.write_answer(parts), kind="application/json") as url, client(url) as sdk:
        assert sdk.responses.parse(model="m", input="hi", text_format=Weather).output_parsed == Weather(city="Rome")
    _, response = streamed(written(RESPONSES, parts), text_format=Weather)
    assert response.output_parsed == Weather(city="Rome")


@pytest.mark.parametrize("at", range(1, len(TOOLS) - 1))
def test_the_sdk_reads_a_stream_that_was_cut(at):
    """Its accumulator follows to the end; a final response it gives only where one was completed."""
    complete = Finish("tool_calls") in TOOLS[:at]
    with (
        served(written(RESPONSES, TOOLS[:at])) as url,
        client(url) as sdk,
        sdk.responses.stream(model="m", input="hi") as stream,
    ):
        last = list(stream)[-1]
    assert last.type == ("response.completed" if complete else "response.incomplete")


@pytest.mark.parametrize("at", range(len(TEXT)))
def test_the_sdk_raises_the_error_that_ends_a_stream(at):
    writer = RESPONSES.stream_writer(REQUEST)
    body = writer.write(TEXT[:at]) + writer.fail(OverLimit("spent", code="budget"))
    with pytest.raises(openai.APIError, match="spent") as caught:
        streamed(body)
    assert (caught.value.code, caught.value.type) == ("budget", "rate_limit_error")


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (Malformed("x"), "BadRequestError"),
        (Forbidden("x"), "PermissionDeniedError"),
        (OverLimit("x"), "RateLimitError"),
    ],
)
def test_the_sdk_raises_its_own_error_for_each_of_ours(error, name):
    with served(RESPONSES.write_error(error, "r"), error.status, "application/json") as url, client(url) as sdk:
        with pytest.raises(getattr(openai, name)) as caught:
            sdk.responses.create(model="m", input="hi")
        assert caught.value.code == error.code
