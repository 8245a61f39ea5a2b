"""A conversation that Anthropic holds is continued there and nowhere else, and others' clients learn to send it whole."""

from __future__ import annotations

import json

import pytest

from ext_proc.apis import APIS
from ext_proc.plan import load
from tests.core.conversation import MESSAGES, PROVIDERS, body, call, decide, snapshot

CREATE = {"type": "create"}
CONTINUE = {"type": "continue", "previous_message_id": "msg_1"}
THREADS = pytest.mark.parametrize("thread", [CREATE, CONTINUE], ids=["create", "continue"])
ANTHROPIC = {"provider": "anthropic", "model": "claude-haiku-4-5"}
OTHERS = [
    {"provider": "openai", "model": "gpt-4o-mini"},
    {"provider": "bedrock", "model": "anthropic.claude-haiku-4-5-20251001-v1:0"},
    {"provider": "vertex", "model": "claude-haiku-4-5@20251001"},
]
NAMES = [backend["provider"] for backend in OTHERS]
VIEW = snapshot(
    providers={
        **PROVIDERS,
        "bedrock": {"kind": "bedrock", "region": "eu-central-1", "credential": "none"},
        "vertex": {"kind": "vertex", "project": "p", "region": "eu", "credential": "none"},
    },
    models={
        "claude": {"backends": [{**one, "priority": at} for at, one in enumerate([*OTHERS, ANTHROPIC])]},
        **{f"on-{backend['provider']}": {"backends": [backend]} for backend in OTHERS},
        "lenient": {"backends": [OTHERS[0]], "on_unsupported": "drop"},
    },
)


def decided(model, thread):
    return decide(call(body(MESSAGES, model, thread=thread), MESSAGES), VIEW)[1]


@THREADS
@pytest.mark.parametrize("name", NAMES)
def test_a_provider_that_holds_no_conversations_is_not_asked_to(name, thread):
    refused = decided(f"on-{name}", thread)
    error = json.loads(refused.body)["error"]
    assert (refused.status, error["type"]) == (400, "invalid_request_error")
    assert error["details"] == {"error_code": "thread_unsupported_request"}
    assert error["message"].startswith("`thread")


@THREADS
def test_of_several_providers_the_one_that_holds_conversations_is_called(thread):
    assert [step.provider for step in load(decided("claude", thread).plan).steps] == ["anthropic"]


def test_without_a_thread_all_are_called():
    assert {step.provider for step in load(decided("claude", None).plan).steps} == {*NAMES, "anthropic"}


def test_beginning_to_hold_a_conversation_may_be_left_out_but_not_what_is_held():
    assert load(decided("lenient", CREATE).plan).steps
    assert decided("lenient", CONTINUE).status == 400


@pytest.mark.parametrize(("thread", "windowed"), [(CREATE, None), (CONTINUE, "thread"), (7, "thread"), (None, None)])
def test_what_a_held_conversation_brings_in_is_bounded_by_the_context_window_alone(thread, windowed):
    assert APIS["messages"].outline(json.loads(body(MESSAGES, thread=thread))).windowed == windowed
