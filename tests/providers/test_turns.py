"""Turns of Chat Completions as Mistral takes them, whoever answered the earlier ones."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ext_proc.providers import KINDS

MISTRAL = KINDS["mistral"]
USER = {"role": "user", "content": "hi"}
NINE = "D681PevKs"


def call(id_):
    return {"id": id_, "type": "function", "function": {"name": "f", "arguments": "{}"}}


def thinking(text):
    return {"type": "thinking", "thinking": [{"type": "text", "text": text}]}


FITTED = {
    "developer messages are of the system": ({"role": "developer", "content": "x"}, {"role": "system", "content": "x"}),
    "what it takes stays": (USER, USER),
    "its own ids stay": (
        {"role": "assistant", "content": "", "tool_calls": [call(NINE)]},
        {"role": "assistant", "content": "", "tool_calls": [call(NINE)]},
    ),
    "what our answers carry beside the standard goes": (
        {"role": "assistant", "content": "x", "refusal": None, "annotations": [], "thinking_blocks": []},
        {"role": "assistant", "content": "x"},
    ),
    "thoughts are among the content": (
        {"role": "assistant", "content": "x", "reasoning_content": "hm"},
        {"role": "assistant", "content": [thinking("hm"), {"type": "text", "text": "x"}]},
    ),
    "thoughts before a call are all the content": (
        {"role": "assistant", "content": None, "reasoning_content": "hm", "tool_calls": [call(NINE)]},
        {"role": "assistant", "content": [thinking("hm")], "tool_calls": [call(NINE)]},
    ),
    "parts follow the thoughts": (
        {"role": "assistant", "content": [{"type": "text", "text": "x"}], "reasoning_content": "hm"},
        {"role": "assistant", "content": [thinking("hm"), {"type": "text", "text": "x"}]},
    ),
}


@pytest.mark.parametrize("case", FITTED)
def test_a_turn_is_written_as_mistral_takes_it(case):
    message, fitted = FITTED[case]
    assert MISTRAL.fitted("chat_completions", {"messages": [message]}) == {"messages": [fitted]}


@given(st.text(min_size=1))
def test_the_id_of_a_call_becomes_nine_letters_and_digits_and_its_result_still_finds_it(id_):
    messages = [{"role": "assistant", "tool_calls": [call(id_)]}, {"role": "tool", "tool_call_id": id_, "content": "x"}]
    turn, result = MISTRAL.fitted("chat_completions", {"messages": messages})["messages"]
    (made,) = {turn["tool_calls"][0]["id"], result["tool_call_id"]}
    assert len(made) == 9
    assert made.isascii()
    assert made.isalnum()


def test_ids_of_calls_are_kept_from_vertex_which_refuses_them():
    call = {"functionCall": {"id": "call_1", "name": "f", "args": {"id": 1}}, "thoughtSignature": "c2VhbA=="}
    result = {"function_response": {"id": "call_1", "name": "f", "response": {"id": 2}}}
    sent = KINDS["vertex"].fitted("generate_content", {"contents": [{"role": "model", "parts": [call, result, 7]}, 7]})
    bare = {"functionCall": {"name": "f", "args": {"id": 1}}, "thoughtSignature": "c2VhbA=="}
    parts = [bare, {"function_response": {"name": "f", "response": {"id": 2}}}, 7]
    assert sent == {"contents": [{"role": "model", "parts": parts}, 7]}


@pytest.mark.parametrize("messages", [None, 7, "x", [None, 7, []], [{"role": "assistant", "tool_calls": [7, {}]}, {}]])
def test_what_is_no_message_is_left_to_the_provider(messages):
    assert MISTRAL.fitted("chat_completions", {"messages": messages}) == {"messages": messages}
