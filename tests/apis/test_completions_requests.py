"""A prompt of Completions is the one message of a user, and nothing more than that can become a prompt."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ext_proc.apis import APIS
from ext_proc.apis.api import Outline
from ext_proc.chat import Image, Message, OutputFormat, Request, Text, ThinkingConfig, Tool
from ext_proc.errors import Malformed, Unsupported
from tests.apis.requests import chat

CHAT, MESSAGES, COMPLETIONS = APIS["chat_completions"], APIS["messages"], APIS["completions"]


def body(**members):
    return {"model": "m", "prompt": "hi", **members}


OUTLINES = {
    "a prompt": (body(), Outline("m")),
    "a stream": (
        body(stream=True, stream_options={"include_usage": True}, max_tokens=5),
        Outline("m", stream=True, include_usage=True, max_output_tokens=5),
    ),
    "nulls": (body(stream=None, n=None, best_of=None, max_tokens=None), Outline("m")),
    "no output": (body(max_tokens=0, echo=True), Outline("m", max_output_tokens=0)),
    "choices": (body(n=3), Outline("m", n=3)),
    "candidates that are paid but not shown": (body(n=3, best_of=5), Outline("m", n=5)),
    "several prompts": (body(prompt=["a", "b"], n=3), Outline("m", n=6)),
    "tokens": (body(prompt=[1, 2, 3]), Outline("m")),
    "several lists of tokens": (body(prompt=[[1, 2], [3]]), Outline("m", n=2)),
}
MISTAKES = [
    (body(model=""), "model"),
    ({"model": "m"}, "prompt"),
    (body(prompt=None), "prompt"),
    (body(prompt=[]), "prompt"),
    (body(prompt=7), "prompt"),
    (body(prompt={"a": 1}), "prompt"),
    (body(prompt=["a"] * 2049), "prompt"),
    (body(max_tokens=-1), "max_tokens"),
    (body(max_tokens=True), "max_tokens"),
    (body(max_tokens=10_000_001), "max_tokens"),
    (body(n=0), "n"),
    (body(best_of=129), "best_of"),
    (body(stream="yes"), "stream"),
    (body(stream_options=[]), "stream_options"),
]
CAPS = [
    ({}, 100, {"max_tokens": 100}),
    ({"max_tokens": None}, 100, {"max_tokens": 100}),
    ({"max_tokens": 50}, 100, {}),
    ({"max_tokens": 500}, 100, {"max_tokens": 100}),
]


@pytest.mark.parametrize(("members", "outline"), OUTLINES.values(), ids=OUTLINES)
def test_an_outline_tells_how_much_may_be_written(members, outline):
    assert COMPLETIONS.outline(members) == outline


@pytest.mark.parametrize(("members", "param"), MISTAKES)
def test_a_mistake_is_refused_and_its_member_named(members, param):
    with pytest.raises(Malformed) as caught:
        COMPLETIONS.outline(members)
    assert caught.value.param == param


@pytest.mark.parametrize(("members", "cap", "changes"), CAPS)
def test_output_is_capped_with_as_few_changes_as_can_be(members, cap, changes):
    assert COMPLETIONS.limit_output(members, cap) == changes


def test_usage_is_asked_for_as_in_chat_completions():
    assert COMPLETIONS.ask_usage({"stream": True}) == {"stream_options": {"include_usage": True}}
    assert COMPLETIONS.ask_usage({}) == {}


SETTINGS = {"temperature": 0.5, "top_p": 0.9, "seed": 7, "n": 2, "stop": ["a"], "user": "u"}
PENALTIES = {"presence_penalty": 0.5, "frequency_penalty": -0.5}
STREAM = {"stream": True, "stream_options": {"include_usage": True}}

# Bodies that say the same: each is what the other is written as.
SAME = {
    "a prompt": (body(max_tokens=9), chat(max_completion_tokens=9)),
    "settings": (body(max_tokens=9, **SETTINGS), chat(max_completion_tokens=9, **SETTINGS)),
    "penalties": (body(max_tokens=9, **PENALTIES), chat(max_completion_tokens=9, **PENALTIES)),
    "log probabilities": (
        body(max_tokens=9, logprobs=5),
        chat(max_completion_tokens=9, logprobs=True, top_logprobs=5),
    ),
    "log probabilities of the text alone": (
        body(max_tokens=9, logprobs=0),
        chat(max_completion_tokens=9, logprobs=True, top_logprobs=0),
    ),
    "a stream": (body(max_tokens=9, **STREAM), chat(max_completion_tokens=9, **STREAM)),
}


def rewritten(members, source, target):
    return json.loads(target.write_request(source.read_request(members)))


@pytest.mark.parametrize(("in_completions", "in_chat"), SAME.values(), ids=SAME)
def test_what_is_asked_in_one_api_is_asked_in_the_other(in_completions, in_chat):
    assert rewritten(in_completions, COMPLETIONS, CHAT) == in_chat
    assert rewritten(in_chat, CHAT, COMPLETIONS) == in_completions
    assert rewritten(in_completions, COMPLETIONS, COMPLETIONS) == in_completions


def test_a_prompt_is_answered_by_any_other_api():
    written = rewritten(body(max_tokens=9), COMPLETIONS, MESSAGES)
    assert written["messages"] == [{"role": "user", "content": [{"type": "text", "text": "hi"}]}]
    assert written["max_tokens"] == 9


@pytest.mark.parametrize(
    "members",
    [
        {"prompt": ["hi"]},
        {"suffix": ""},
        {"echo": False},
        {"best_of": 1},
        {"logprobs": None},
        {"logit_bias": {"1": 2}},
    ],
)
def test_what_says_nothing_and_what_is_a_hint_is_left_out(members):
    assert rewritten(body(**members), COMPLETIONS, CHAT) == rewritten(body(), COMPLETIONS, CHAT)


UNSUPPORTED = [
    ({"prompt": ["a", "b"]}, "prompt"),
    ({"prompt": [1, 2]}, "prompt"),
    ({"prompt": [[1, 2]]}, "prompt"),
    ({"suffix": "end"}, "suffix"),
    ({"echo": True}, "echo"),
    ({"best_of": 2}, "best_of"),
    ({"best_of": 3, "n": 2}, "best_of"),
]
MALFORMED = [
    ({"prompt": None}, "prompt"),
    ({"prompt": [None]}, "prompt"),
    ({"max_tokens": 0}, "max_tokens"),
    ({"suffix": 1}, "suffix"),
    ({"echo": "yes"}, "echo"),
    ({"logprobs": True}, "logprobs"),
    ({"stop": [1]}, "stop[0]"),
    ({"temperature": "hot"}, "temperature"),
]


@pytest.mark.parametrize(("members", "param"), UNSUPPORTED)
def test_what_no_conversation_can_say_is_refused_and_named(members, param):
    with pytest.raises(Unsupported) as caught:
        COMPLETIONS.read_request(body(**members))
    assert caught.value.param == param
    assert "hi" not in caught.value.message.split()


@pytest.mark.parametrize(("members", "param"), MALFORMED)
def test_a_wrong_type_is_refused_and_named(members, param):
    with pytest.raises(Malformed) as caught:
        COMPLETIONS.read_request(body(**members))
    assert caught.value.param == param


HI = (Message("user", (Text("hi"),)),)
INEXPRESSIBLE = [
    (Request("m", HI, system=(Text("s"),)), "system"),
    (Request("m", HI, tools=(Tool("f"),)), "tools"),
    (Request("m", HI, output_format=OutputFormat()), "response_format"),
    (Request("m", ()), "messages"),
    (Request("m", (Message("assistant", (Text("hi"),)),)), "messages"),
    (Request("m", (*HI, Message("assistant", (Text("ho"),)), *HI)), "messages"),
    (Request("m", (Message("user", (Text("a"), Text("b"))),)), "messages"),
    (Request("m", (Message("user", (Image(url="https://x"),)),)), "messages"),
]


@pytest.mark.parametrize(("request_", "param"), INEXPRESSIBLE)
def test_a_conversation_cannot_become_a_prompt(request_, param):
    with pytest.raises(Unsupported) as caught:
        COMPLETIONS.write_request(request_)
    assert caught.value.param == param


def test_how_much_to_think_is_no_reason_to_refuse():
    request = Request("m", HI, thinking=ThinkingConfig(effort="high"), top_k=5)
    assert json.loads(COMPLETIONS.write_request(request)) == body()


@settings(max_examples=100, deadline=None)
@given(
    request=st.builds(
        Request,
        model=st.text(min_size=1, max_size=5),
        messages=st.text(max_size=9).map(lambda text: (Message("user", (Text(text),)),)),
        max_output_tokens=st.none() | st.integers(1, 10_000_000),
        stop=st.lists(st.text(max_size=3), max_size=3).map(tuple),
        temperature=st.none() | st.floats(0, 2),
        seed=st.none() | st.integers(-9, 9),
        presence_penalty=st.none() | st.floats(-2, 2),
        frequency_penalty=st.none() | st.floats(-2, 2),
        n=st.integers(1, 128),
        user=st.none() | st.text(max_size=3),
    )
)
def test_a_request_survives(request):
    assert COMPLETIONS.read_request(json.loads(COMPLETIONS.write_request(request))) == request
