"""Whole answers: read, written, and the same in either API."""

from __future__ import annotations

import json

import pytest

from ext_proc.apis import APIS
from ext_proc.errors import ProviderError
from ext_proc.parts import (
    Finish,
    RefusalDelta,
    Start,
    StreamFailure,
    TextDelta,
    ThinkingDelta,
    ThinkingSignature,
    ToolUseDelta,
    ToolUseStart,
    UsageReport,
)
from ext_proc.usage import Usage

CHAT, MESSAGES = APIS["chat_completions"], APIS["messages"]
BOTH = pytest.mark.parametrize("api", [CHAT, MESSAGES], ids=["chat_completions", "messages"])

CHAT_USAGE = {
    "prompt_tokens": 20,
    "completion_tokens": 8,
    "total_tokens": 28,
    "prompt_tokens_details": {"cached_tokens": 5, "cache_write_tokens": 3},
    "completion_tokens_details": {"reasoning_tokens": 4},
}
MESSAGES_USAGE = {
    "input_tokens": 12,
    "cache_creation_input_tokens": 3,
    "cache_read_input_tokens": 5,
    "output_tokens": 8,
    "output_tokens_details": {"thinking_tokens": 4},
}
USAGE = UsageReport(Usage(20, 8, 5, 3, 4))
CHAT_START = Start("chatcmpl-1", "m", 7)
START = Start("msg_1", "m")


def chat(finish="stop", usage=CHAT_USAGE, **message):
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": None, "refusal": None, **message},
        "logprobs": None,
        "finish_reason": finish,
    }
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 7,
        "model": "m",
        "choices": [choice],
        "usage": usage,
    }


def message(*content, reason="end_turn", sequence=None, usage=MESSAGES_USAGE):
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "m",
        "content": list(content),
        "stop_reason": reason,
        "stop_sequence": sequence,
        "usage": usage,
    }


def call(id_, name, arguments):
    return {"id": id_, "type": "function", "function": {"name": name, "arguments": arguments}}


CALLS = [call("t0", "f", '{"a":1}'), call("t1", "g", "{}")]
USES = [
    {"type": "tool_use", "id": "t0", "name": "f", "input": {"a": 1}},
    {"type": "tool_use", "id": "t1", "name": "g", "input": {}},
]
TOOL_PARTS = [ToolUseStart(0, "t0", "f"), ToolUseDelta(0, '{"a":1}'), ToolUseStart(1, "t1", "g"), ToolUseDelta(1, "{}")]
THOUGHTS = [{"type": "thinking", "thinking": "a", "signature": "s"}, {"type": "redacted_thinking", "data": "d"}]

# (what, Chat Completions, Messages, the parts between start and usage)
ANSWERS = {
    "a text": (chat(content="hi"), message({"type": "text", "text": "hi"}), [TextDelta("hi"), Finish("stop")]),
    "a limit": (
        chat("length", content="hi"),
        message({"type": "text", "text": "hi"}, reason="max_tokens"),
        [TextDelta("hi"), Finish("length")],
    ),
    "a filter": (
        chat("content_filter", content="hi"),
        message({"type": "text", "text": "hi"}, reason="refusal"),
        [TextDelta("hi"), Finish("content_filter")],
    ),
    "tools": (
        chat("tool_calls", tool_calls=CALLS),
        message(*USES, reason="tool_use"),
        [*TOOL_PARTS, Finish("tool_calls")],
    ),
    "text and tools": (
        chat("tool_calls", content="hi", tool_calls=CALLS),
        message({"type": "text", "text": "hi"}, *USES, reason="tool_use"),
        [TextDelta("hi"), *TOOL_PARTS, Finish("tool_calls")],
    ),
    "thinking": (
        chat(content="hi", reasoning_content="a", thinking_blocks=THOUGHTS),
        message(*THOUGHTS, {"type": "text", "text": "hi"}),
        [ThinkingDelta("a"), ThinkingSignature("s"), ThinkingSignature(redacted="d"), TextDelta("hi"), Finish("stop")],
    ),
    "unsigned thinking": (
        chat(content="hi", reasoning_content="a"),
        message({"type": "thinking", "thinking": "a", "signature": ""}, {"type": "text", "text": "hi"}),
        [ThinkingDelta("a"), TextDelta("hi"), Finish("stop")],
    ),
}


def body(value):
    return json.dumps(value).encode()


@pytest.mark.parametrize(("in_chat", "in_messages", "parts"), ANSWERS.values(), ids=ANSWERS)
def test_an_answer_is_read_and_written_alike_in_both_apis(in_chat, in_messages, parts):
    chat_parts, messages_parts = [CHAT_START, *parts, USAGE], [START, *parts, USAGE]
    assert CHAT.read_answer(body(in_chat)) == chat_parts
    assert MESSAGES.read_answer(body(in_messages)) == messages_parts
    assert json.loads(CHAT.write_answer(chat_parts)) == in_chat
    assert json.loads(MESSAGES.write_answer(messages_parts)) == in_messages
    assert json.loads(MESSAGES.write_answer(chat_parts)) == in_messages
    assert json.loads(CHAT.write_answer(messages_parts)) == {**in_chat, "created": 0}


# (api, body, parts after the start)
READ = [
    (
        CHAT,
        chat("function_call", None, function_call={"name": "f", "arguments": "{}"}),
        [ToolUseStart(0, "call_0", "f"), ToolUseDelta(0, "{}"), Finish("tool_calls")],
    ),
    (CHAT, chat("stop", None, refusal="no"), [RefusalDelta("no"), Finish("stop")]),
    (CHAT, chat("eos", None, content=""), [Finish("stop")]),
    (CHAT, chat(None, None, reasoning="a"), [ThinkingDelta("a")]),
    (
        CHAT,
        chat(
            None,
            None,
            content=[{"type": "thinking", "thinking": [{"type": "text", "text": "a"}]}, {"type": "text", "text": "b"}],
        ),
        [ThinkingDelta("a"), TextDelta("b")],
    ),
    (
        CHAT,
        chat(None, {"prompt_tokens": 3, "completion_tokens": -1, "prompt_tokens_details": None}),
        [UsageReport(Usage(3))],
    ),
    (MESSAGES, message(reason="stop_sequence", sequence="END", usage=None), [Finish("stop", "END")]),
    (
        MESSAGES,
        message(reason="pause_turn", usage={"input_tokens": 1, "output_tokens": True}),
        [Finish("stop"), UsageReport(Usage(1))],
    ),
    (
        MESSAGES,
        message({"type": "server_tool_use", "id": "s"}, {"type": "text", "text": "a"}, reason=None, usage={}),
        [TextDelta("a")],
    ),
]


@pytest.mark.parametrize(("api", "answer", "parts"), READ)
def test_what_only_one_api_says_is_read(api, answer, parts):
    assert api.read_answer(body(answer))[1:] == parts


@BOTH
def test_an_answer_without_an_end_has_stopped(api):
    answer = json.loads(api.write_answer([START, TextDelta("a")]))
    assert (answer.get("stop_reason") or answer["choices"][0]["finish_reason"]) == (
        "stop" if api is CHAT else "end_turn"
    )


@BOTH
def test_nothing_at_all_is_still_an_answer(api):
    assert api.read_answer(api.write_answer([]))[-1] != []


def test_a_stop_sequence_is_told():
    assert json.loads(MESSAGES.write_answer([START, Finish("stop", "END")]))["stop_sequence"] == "END"


def test_all_choices_are_written_in_order():
    answer = json.loads(CHAT.write_answer([START, TextDelta("b", 1), TextDelta("a"), Finish("length", choice=1)]))
    assert [(choice["message"]["content"], choice["finish_reason"]) for choice in answer["choices"]] == [
        ("a", "stop"),
        ("b", "length"),
    ]


def test_arguments_that_are_no_object_are_not_lost():
    answer = json.loads(
        MESSAGES.write_answer([START, ToolUseStart(0, "t", "f"), ToolUseDelta(0, '{"a'), Finish("length")])
    )
    assert answer["content"][0]["input"] == {"invalid_json": '{"a'}


def test_an_id_keeps_its_identity_in_another_shape():
    assert json.loads(CHAT.write_answer([Start("msg_1", "m")]))["id"] == "chatcmpl-1"
    assert json.loads(MESSAGES.write_answer([Start("chatcmpl-1", "m")]))["id"] == "msg_1"
    assert json.loads(MESSAGES.write_answer([Start("gen-1", "m")]))["id"] == "msg_gen-1"


@BOTH
@pytest.mark.parametrize(
    "answer", [b"", b"<html>", b"[]", b"7", b'{"error":{"message":"busy"}}', b'{"error":"busy"}', b"\xff"]
)
def test_what_is_no_answer_is_the_providers_fault(api, answer):
    with pytest.raises(ProviderError):
        api.read_answer(answer)


@BOTH
def test_a_broken_stream_is_no_answer(api):
    with pytest.raises(ProviderError, match="busy"):
        api.write_answer([START, StreamFailure("overloaded", "busy")])
