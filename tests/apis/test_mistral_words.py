"""Chat Completions as Mistral and its clients say it: the words of their own are read as what they mean."""

from __future__ import annotations

import json

import pytest

from ext_proc.apis import APIS
from ext_proc.chat import Text, Thinking, ToolChoice
from ext_proc.errors import ClientError

CHAT = APIS["chat_completions"]
ASKED = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
THOUGHT = [
    {"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}, {"type": "text", "text": "m."}], "closed": True},
    {"type": "text", "text": "Yes."},
]


def read(**members):
    return CHAT.read_request({**ASKED, **members})


def test_the_seed_has_a_name_of_its_own_and_goes_by_the_usual_one_elsewhere():
    assert read(random_seed=7).seed == 7
    assert read(random_seed=7, seed=8).seed == 8
    assert json.loads(CHAT.write_request(read(random_seed=7)))["seed"] == 7


def test_any_tool_must_be_called():
    assert read(tool_choice="any").tool_choice == ToolChoice("required")


def test_thoughts_among_the_content_are_thoughts():
    turn = read(messages=[*ASKED["messages"], {"role": "assistant", "content": THOUGHT}]).messages[1]
    assert turn.content == (Thinking("Hmm."), Text("Yes."))


@pytest.mark.parametrize(
    "members", [{"random_seed": "x"}, {"messages": [{"role": "assistant", "content": [{"type": "thinking"}]}]}]
)
def test_what_is_wrong_is_told_by_its_name(members):
    with pytest.raises(ClientError) as refused:
        read(**members)
    assert refused.value.param in {"random_seed", "messages[0].content[0].thinking"}
