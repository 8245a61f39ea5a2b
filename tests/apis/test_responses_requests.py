"""What a client asks in Responses is asked in the other APIs, and the other way round."""

from __future__ import annotations

import json

import pytest

from ext_proc.apis import APIS
from ext_proc.errors import Unsupported
from tests.apis.responses_requests import SAME, responses
from tests.apis.responses_rules import FROM_RESPONSES, TO_RESPONSES

CHAT, RESPONSES = APIS["chat_completions"], APIS["responses"]


def rewritten(body, source, target):
    return json.loads(target.write_request(source.read_request(body)))


@pytest.mark.parametrize(("in_chat", "in_responses"), SAME.values(), ids=SAME)
def test_chat_completions_and_responses_are_written_as_the_other_says_it(in_chat, in_responses):
    assert rewritten(in_chat, CHAT, RESPONSES) == in_responses
    assert rewritten(in_responses, RESPONSES, CHAT) == in_chat | _usage_comes_unasked(in_chat)
    assert rewritten(in_responses, RESPONSES, RESPONSES) == in_responses


def _usage_comes_unasked(in_chat):
    return {"stream_options": {"include_usage": True}} if in_chat.get("stream") else {}


@pytest.mark.parametrize(("source", "body", "expected"), TO_RESPONSES.values(), ids=TO_RESPONSES)
def test_other_apis_become_responses_by_stated_rules(source, body, expected):
    assert rewritten(body, APIS[source], RESPONSES) == expected


@pytest.mark.parametrize(("body", "target", "expected"), FROM_RESPONSES.values(), ids=FROM_RESPONSES)
def test_responses_become_other_apis_by_stated_rules(body, target, expected):
    assert rewritten(body, RESPONSES, APIS[target]) == expected


def test_an_answer_of_another_provider_says_that_it_is_not_stored():
    """Whatever was asked for: who refers to it later is told to send it."""
    answer = json.loads(RESPONSES.write_answer(CHAT.read_answer(b'{"choices":[{"message":{"content":"hi"}}]}')))
    assert (answer["store"], answer["previous_response_id"]) == (False, None)
    assert "store" not in rewritten(responses(store=True), RESPONSES, CHAT)


def test_work_in_the_background_is_refused_for_others_but_not_for_openai():
    assert RESPONSES.outline(responses(background=True)).model == "m"
    with pytest.raises(Unsupported, match="not supported by the provider of this model"):
        RESPONSES.read_request(responses(background=True))


@pytest.mark.parametrize("member", ["previous_response_id", "conversation", "prompt"])
def test_state_that_only_openai_has_is_refused_for_others_but_not_for_openai(member):
    """The outline serves every call; the conversation is read only for a provider of another API."""
    body = {"model": "m", member: "id"}
    assert RESPONSES.outline(body).model == "m"
    with pytest.raises(Unsupported, match="does not know") as caught:
        RESPONSES.read_request(body)
    assert caught.value.param == member


@pytest.mark.parametrize("tool", ["web_search", "file_search", "computer", "code_interpreter", "mcp", "custom"])
def test_tools_that_the_provider_runs_itself_are_refused_for_others_but_not_for_openai(tool):
    body = responses(tools=[{"type": tool}])
    assert RESPONSES.outline(body).tools
    with pytest.raises(Unsupported, match="offers them") as caught:
        RESPONSES.read_request(body)
    assert caught.value.param == "tools[0].type"
