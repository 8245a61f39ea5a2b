"""What a client asks in one API is asked in the other."""

from __future__ import annotations

import json

import pytest

from ext_proc.apis import APIS
from ext_proc.chat import ThinkingConfig
from tests.apis.request_rules import TO_CHAT, TO_MESSAGES
from tests.apis.requests import HI, SAME, chat, messages

CHAT, MESSAGES = APIS["chat_completions"], APIS["messages"]


def rewritten(body, source, target):
    return json.loads(target.write_request(source.read_request(body)))


@pytest.mark.parametrize(("in_chat", "in_messages"), SAME.values(), ids=SAME)
def test_each_api_is_written_as_the_other_says_it(in_chat, in_messages):
    assert rewritten(in_chat, CHAT, MESSAGES) == in_messages
    assert rewritten(in_messages, MESSAGES, CHAT) == in_chat
    assert rewritten(in_chat, CHAT, CHAT) == in_chat
    assert rewritten(in_messages, MESSAGES, MESSAGES) == in_messages


@pytest.mark.parametrize(("body", "expected"), TO_MESSAGES.values(), ids=TO_MESSAGES)
def test_chat_completions_become_messages_by_stated_rules(body, expected):
    assert rewritten(body, CHAT, MESSAGES) == expected


@pytest.mark.parametrize(("body", "expected"), TO_CHAT.values(), ids=TO_CHAT)
def test_messages_become_chat_completions_by_stated_rules(body, expected):
    assert rewritten(body, MESSAGES, CHAT) == expected


LOOP = [
    *HI,
    {
        "role": "assistant",
        "tool_calls": [{"id": "t", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
    },
    {"role": "tool", "tool_call_id": "t", "content": ""},
]

# (model, effort, max_tokens or None, turns, thinking, max_tokens as written)
THINKING = [
    ("claude-sonnet-4-5-20250929", "high", None, HI, {"type": "enabled", "budget_tokens": 16384}, 20480),
    ("claude-sonnet-4-5-20250929", "high", 8000, HI, {"type": "enabled", "budget_tokens": 7999}, 8000),
    ("claude-sonnet-4-5-20250929", "low", 1025, HI, {"type": "enabled", "budget_tokens": 1024}, 1025),
    ("claude-sonnet-4-5-20250929", "low", 1024, HI, {"type": "disabled"}, 1024),
    (
        "anthropic.claude-3-7-sonnet-20250219-v1:0",
        "minimal",
        None,
        HI,
        {"type": "enabled", "budget_tokens": 1024},
        5120,
    ),
    ("claude-opus-4@20250514", "low", None, HI, {"type": "enabled", "budget_tokens": 2048}, 6144),
    ("claude-sonnet-4-5", "low", None, LOOP, {"type": "disabled"}, 6144),
    ("claude-opus-4-8", "minimal", 100, LOOP, {"type": "adaptive"}, 100),
    ("claude-sonnet-4.6", "high", 100, HI, {"type": "adaptive"}, 100),
    ("claude-sonnet-5", "high", 100, HI, {"type": "adaptive"}, 100),
]


@pytest.mark.parametrize(("model", "effort", "limit", "turns", "thinking", "max_tokens"), THINKING)
def test_an_effort_becomes_what_the_model_takes_for_thinking(model, effort, limit, turns, thinking, max_tokens):
    """A budget stays between 1024 and `max_tokens`; a tool loop whose thinking was lost goes on without."""
    body = {"model": model, "messages": turns, "reasoning_effort": effort, "max_tokens": limit}
    written = rewritten(body, CHAT, MESSAGES)
    assert (written["thinking"], written["max_tokens"]) == (thinking, max_tokens)


def test_a_thinking_model_is_not_sent_a_temperature_that_it_refuses():
    written = rewritten(chat(reasoning_effort="low", temperature=0.2), CHAT, MESSAGES)
    assert "temperature" not in written


def test_what_the_vocabulary_cannot_hold_is_kept_by_name():
    assert CHAT.read_request(chat(logit_bias={"1": 2}, store=None, x_new=[1])).unread == {
        "logit_bias": {"1": 2},
        "x_new": [1],
    }
    assert MESSAGES.read_request(messages(container="c", service_tier=None)).unread == {"container": "c"}


def test_numbers_and_depths_that_the_fast_writer_refuses_are_written_too():
    schema = {"maximum": 2**70}
    body = chat(tools=[{"type": "function", "function": {"name": "f", "parameters": schema}}])
    assert rewritten(body, CHAT, MESSAGES)["tools"][0]["input_schema"]["maximum"] == 2**70
    deep: dict[str, object] = {}
    for _ in range(400):
        deep = {"items": deep}
    assert CHAT.write_request(
        CHAT.read_request(chat(tools=[{"type": "function", "function": {"name": "f", "parameters": deep}}]))
    )


def test_thinking_is_off_only_when_the_client_said_so():
    assert CHAT.read_request(chat(reasoning_effort="none")).thinking == ThinkingConfig(enabled=False)
    assert CHAT.read_request(chat(reasoning_effort=None)).thinking is None
