"""What a provider's API cannot say: refused where it would be missed, left out and told where it is a hint or chosen so."""

from __future__ import annotations

import json

import pytest

from ext_proc.apis import APIS
from ext_proc.chat import Message, Request, Text
from ext_proc.errors import Unsupported
from ext_proc.plan import load
from ext_proc.stages.drop import made, without_member
from tests.core.attempts import JSON, begun, provider_answer
from tests.core.conversation import CHAT, MESSAGES, MODELS, body, call, decide, snapshot

DROPPED = "x-tollkeeper-dropped"
ON_MESSAGES = {"backends": [{"provider": "anthropic", "model": "claude-haiku-4-5"}]}
VIEW = snapshot(
    models={
        **MODELS,
        "lenient": {**ON_MESSAGES, "on_unsupported": "drop"},
        "strict": ON_MESSAGES,
    }
)


def test_what_would_be_missed_is_refused_and_named():
    _, answer = decide(call(body(model="strict", n=2)), VIEW)
    assert answer.status == 400
    assert json.loads(answer.body)["error"]["param"] == "n"


@pytest.mark.parametrize(
    ("model", "said", "told"),
    [
        ("strict", {"seed": 7, "frequency_penalty": 0.5, "metadata": {"a": "b"}}, "frequency_penalty, seed, metadata"),
        ("lenient", {"n": 2, "seed": 7}, "n, seed"),
        ("lenient", {"logprobs": True, "top_logprobs": 3}, "logprobs"),
        ("lenient", {"web_search_options": {}}, "web_search_options"),
        ("lenient", {"tools": [{"type": "web_search"}]}, "tools[0].type"),
        ("strict", {"response_format": {"type": "json_object"}}, "response_format"),
        ("strict", {"temperature": 0.5, "stop": ["x"]}, None),
    ],
)
def test_what_was_left_out_is_told_in_a_header_of_the_answer(model, said, told):
    one = begun(CHAT, model, view=VIEW, **said)
    one.answer(200, JSON, *provider_answer("messages", stream=False))
    assert one.set_headers.get(DROPPED) == told


CACHED = {"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}
CITED = {
    "type": "document",
    "source": {"type": "text", "media_type": "text/plain", "data": "It is so."},
    "citations": {"enabled": True},
}


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"system": [CACHED]}, "cache_control"),
        ({"messages": [{"role": "user", "content": [CACHED]}]}, "cache_control"),
        ({"tools": [{"name": "t", "input_schema": {}, "cache_control": {"type": "ephemeral"}}]}, "cache_control"),
        ({"messages": [{"role": "user", "content": [CITED]}]}, "citations"),
        ({"system": "Be brief."}, None),
    ],
)
def test_what_stands_deep_in_a_request_is_told_as_well(said, told):
    one = begun(MESSAGES, "messages-on-chat", **said)
    one.answer(200, JSON, *provider_answer("chat_completions", stream=False))
    assert one.set_headers.get(DROPPED) == told


def test_a_backend_that_cannot_say_it_is_passed_over_while_another_can():
    _, allowed = decide(call(body(model="two", n=2)), VIEW)
    assert [step.provider for step in load(allowed.plan).steps] == ["openai"]


def test_a_request_of_which_nothing_is_left_is_refused():
    _, answer = decide(call(body(model="lenient", messages=[{"role": "user", "content": [{"type": "video"}]}])), VIEW)
    assert answer.status == 400
    assert json.loads(answer.body)["error"]["param"] == "messages"


HINTS = {
    "temperature": 0.5,
    "top_p": 0.5,
    "top_k": 5,
    "seed": 7,
    "presence_penalty": 0.5,
    "frequency_penalty": 0.5,
    "user": "u-1",
}
DEPENDS = {("converse", "top_k")}
"""Written for some models of the provider and not for others."""


@pytest.mark.parametrize("hint", HINTS)
@pytest.mark.parametrize("api", [api for api in APIS.values() if api.family == "chat"], ids=lambda api: api.name)
def test_an_api_lacks_the_hints_that_it_says_it_lacks_and_has_all_others(api, hint):
    if (api.name, hint) in DEPENDS:
        return
    asked = Request("m", (Message("user", (Text("hello"),)),), max_output_tokens=100, **{hint: HINTS[hint]})
    written = json.loads(api.write_request(asked))
    again = api.read_request({**written, "model": "m", "stream": False})
    assert (getattr(again, hint) == HINTS[hint]) is (hint not in api.lacks)


@pytest.mark.parametrize(
    ("param", "left"),
    [
        ("a", {"b": [{"type": "x"}, {"type": "y"}]}),
        ("b[0].type", {"a": 1, "b": [{"type": "y"}]}),
        ("b[1]", {"a": 1, "b": [{"type": "x"}]}),
        ("c", None),
        ("b[7].type", None),
        ("", None),
    ],
)
def test_a_member_is_left_out_by_its_path_and_of_a_list_the_whole_item(param, left):
    assert without_member({"a": 1, "b": [{"type": "x"}, {"type": "y"}]}, param) == left


def test_leaving_out_ends_even_where_every_try_finds_another_fault():
    def never(given):
        raise Unsupported("no", param=f"p{given}")

    with pytest.raises(Unsupported, match="no"):
        made(never, 0, lambda given, _param: given + 1)
