"""The official client of Mistral, which speaks Chat Completions with words of its own, on a provider of every format."""

from __future__ import annotations

import json

import pytest
from mistralai.client import Mistral
from mistralai.client.errors import SDKError

from tests.matrix.agents import Now
from tests.matrix.features import PNG
from tests.matrix.five_providers import FORMATS
from tests.sdks.scripts import SCENARIOS, USAGE

WEATHER = {
    "type": "function",
    "function": {"name": "weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}},
}
ON_EVERY_PROVIDER = pytest.mark.parametrize("api", FORMATS)


@pytest.fixture(scope="module")
def mistral(five):
    with Mistral(api_key=five.gate.key(), server_url=five.gate.url, timeout_ms=20_000) as client:
        yield client


def asked(api, word, **members):
    return {"model": f"on-{api}", "messages": [{"role": "user", "content": word}], "max_tokens": 300, **members}


@ON_EVERY_PROVIDER
def test_a_whole_answer_is_read(mistral, api):
    answer = mistral.chat.complete(**asked(api, "text"))
    (choice,) = answer.choices
    assert (choice.message.content, choice.finish_reason) == (SCENARIOS["text"]["text"], "stop")
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (USAGE["input"], USAGE["output"])


@ON_EVERY_PROVIDER
def test_a_stream_is_read(mistral, api):
    with mistral.chat.stream(**asked(api, "text")) as events:
        chunks = [event.data for event in events]
    texts = [choice.delta.content or "" for chunk in chunks for choice in chunk.choices]
    reasons = [choice.finish_reason for chunk in chunks for choice in chunk.choices if choice.finish_reason]
    assert ("".join(texts), reasons) == (SCENARIOS["text"]["text"], ["stop"])


@ON_EVERY_PROVIDER
def test_calls_of_tools_are_read_and_answered(mistral, api):
    first = asked(api, "tools", tools=[WEATHER])
    message = mistral.chat.complete(**first).choices[0].message
    called = [(call.function.name, json.loads(call.function.arguments)) for call in message.tool_calls]
    results = [{"role": "tool", "tool_call_id": call.id, "content": "text"} for call in message.tool_calls]
    again = mistral.chat.complete(**first | {"messages": [*first["messages"], message, *results]})
    assert called == [(name, json.loads(arguments)) for _, name, arguments in SCENARIOS["tools"]["tools"]]
    assert again.choices[0].finish_reason == "stop"


def test_what_is_not_served_is_told_clearly(mistral):
    with pytest.raises(SDKError) as refused:
        mistral.fim.complete(model="on-chat_completions", prompt="def ", suffix="return")
    assert refused.value.status_code == 404
    assert "/v1/fim/completions" in refused.value.body


@ON_EVERY_PROVIDER
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_an_error_of_the_provider_is_raised_as_its_own(mistral, api, stream):
    call = mistral.chat.stream if stream else mistral.chat.complete
    with pytest.raises(SDKError) as busy:
        call(**asked(api, "busy"))
    assert (busy.value.status_code, busy.value.headers["retry-after"]) == (429, "7")
    with pytest.raises(SDKError) as down:
        call(**asked(api, "down"))
    assert down.value.status_code == 500
    assert "says 500" in down.value.body


@ON_EVERY_PROVIDER
def test_an_answer_is_parsed_by_its_schema_and_an_image_is_sent(five, mistral, api):
    image = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}}
    content = [image, {"type": "text", "text": "schema"}]
    members = asked(api, "schema") | {"messages": [{"role": "user", "content": content}]}
    answer = mistral.chat.parse(response_format=Now, **members)
    assert answer.choices[0].message.parsed == Now(city="Köln", degrees=21)
    assert PNG[:60] in five.sent(api)
    assert '"degrees' in five.sent(api).replace("\\", "")
