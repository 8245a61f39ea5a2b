"""Whatever JSON arrives, readers return or raise our own errors; what they accept can be written or is refused by name."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ext_proc.apis import APIS
from ext_proc.chat import Request
from ext_proc.errors import TollkeeperError

CHAT, MESSAGES = APIS["chat_completions"], APIS["messages"]
BOTH = pytest.mark.parametrize("api", [CHAT, MESSAGES], ids=["chat_completions", "messages"])

# Words of both formats, so that what is made up comes past the first check.
WORDS = (
    "model messages role content type text user assistant system tool tool_calls tool_call_id function name arguments id image_url url image "
    "source base64 data media_type tool_use tool_result tool_use_id input thinking redacted_thinking signature tools tool_choice auto any none "
    "json_schema response_format output_config format schema effort high enabled adaptive budget_tokens max_tokens stream stream_options stop "
    "stop_sequences metadata user_id n choices delta index finish_reason usage prompt_tokens completion_tokens prompt_tokens_details cached_tokens "
    "message message_start message_delta content_block_start content_block_delta content_block text_delta input_json_delta partial_json stop_reason "
    "error code param refusal reasoning_content thinking_blocks function_call input_tokens output_tokens parallel_tool_calls temperature"
).split()

scalars = (
    st.none() | st.booleans() | st.integers(-5, 2**80) | st.floats() | st.sampled_from(WORDS) | st.text(max_size=5)
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=5),
    max_leaves=12,
)
objects = st.dictionaries(st.sampled_from(WORDS), values, max_size=8)

CHAT_REQUEST = {
    "model": "m",
    "n": 2,
    "max_tokens": 10,
    "stream": True,
    "stream_options": {"include_usage": True},
    "messages": [
        {"role": "system", "content": "s"},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "t"},
                {"type": "image_url", "image_url": {"url": "https://x", "detail": "low"}},
            ],
        },
        {
            "role": "assistant",
            "content": "c",
            "thinking_blocks": [{"type": "thinking", "thinking": "a", "signature": "s"}],
            "tool_calls": [{"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
        },
        {"role": "tool", "tool_call_id": "1", "content": "r"},
    ],
    "tools": [{"type": "function", "function": {"name": "f", "description": "d", "parameters": {}, "strict": True}}],
    "tool_choice": {"type": "function", "function": {"name": "f"}},
    "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {}}},
    "stop": ["a"],
}
MESSAGES_REQUEST = {
    "model": "m",
    "max_tokens": 10,
    "system": [{"type": "text", "text": "s", "cache_control": {"type": "ephemeral"}}],
    "messages": [
        {
            "role": "user",
            "content": [{"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "A"}}],
        },
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "a", "signature": "s"},
                {"type": "tool_use", "id": "1", "name": "f", "input": {}},
            ],
        },
        {
            "role": "user",
            "content": [
                {
                    "type": "tool_result",
                    "tool_use_id": "1",
                    "content": [{"type": "text", "text": "r"}],
                    "is_error": True,
                }
            ],
        },
    ],
    "tools": [{"name": "f", "input_schema": {}}],
    "tool_choice": {"type": "tool", "name": "f"},
    "thinking": {"type": "enabled", "budget_tokens": 2000},
    "output_config": {"effort": "low", "format": {"type": "json_schema", "schema": {}}},
    "metadata": {"user_id": "u"},
    "stop_sequences": ["a"],
}
CALL = {"index": 0, "id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
TURN = {
    "role": "assistant",
    "content": "c",
    "refusal": "r",
    "reasoning_content": "x",
    "thinking_blocks": [{"type": "thinking", "thinking": "x", "signature": "s"}],
    "tool_calls": [CALL],
    "function_call": {"name": "f", "arguments": "{}"},
}
USAGE = {
    "prompt_tokens": 1,
    "prompt_tokens_details": {"cached_tokens": 1},
    "completion_tokens_details": {"reasoning_tokens": 1},
}
CHAT_ANSWER = {
    "id": "i",
    "model": "m",
    "created": 1,
    "choices": [{"index": 0, "message": TURN, "delta": TURN, "finish_reason": "stop"}],
    "usage": USAGE,
}
MESSAGES_ANSWER = {
    "id": "i",
    "model": "m",
    "content": [
        {"type": "text", "text": "t"},
        {"type": "thinking", "thinking": "t", "signature": "s"},
        {"type": "redacted_thinking", "data": "d"},
        {"type": "tool_use", "id": "t", "name": "f", "input": {}},
    ],
    "stop_reason": "stop_sequence",
    "stop_sequence": "x",
    "usage": {"input_tokens": 1, "output_tokens": 1, "output_tokens_details": {"thinking_tokens": 1}},
}
EVENTS = [
    CHAT_ANSWER,
    {"type": "message_start", "message": MESSAGES_ANSWER},
    {
        "type": "content_block_start",
        "index": 0,
        "content_block": {"type": "tool_use", "id": "t", "name": "f", "input": {"a": 1}},
    },
    {"type": "content_block_delta", "index": 0, "delta": {"type": "input_json_delta", "partial_json": "{}"}},
    {"type": "message_delta", "delta": {"stop_reason": "x"}, "usage": {"output_tokens": 1}},
    {"type": "error", "error": {"type": "t", "message": "m", "code": 1}},
]
REQUESTS = {"chat_completions": CHAT_REQUEST, "messages": MESSAGES_REQUEST}
ANSWERS = {"chat_completions": CHAT_ANSWER, "messages": MESSAGES_ANSWER}


def places(value, path=()):
    """Every place in a JSON value."""
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, child in children for place in places(child, (*path, key)))]


def replaced(value, path, other):
    if not path:
        return other
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = replaced(value[path[0]], path[1:], other)
    return copy


def spoilt(value):
    """A valid value with one place of it, but not the whole, replaced by anything."""
    return st.builds(lambda path, other: replaced(value, path, other), st.sampled_from(places(value)[1:]), values)


def dumped(value):
    return json.dumps(value).encode()


def try_request(api, members):
    with contextlib.suppress(TollkeeperError):
        api.outline(members)
        api.limit_output(members, 5)
        api.ask_usage(members)
    with contextlib.suppress(TollkeeperError):
        request = api.read_request(members)
        for other in APIS.values():
            with contextlib.suppress(TollkeeperError):
                assert isinstance(json.loads(other.write_request(request)), dict)


@BOTH
@settings(max_examples=150, deadline=None)
@given(members=objects)
def test_any_request_is_read_or_refused(api, members):
    try_request(api, members)


@BOTH
@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_a_request_with_one_thing_wrong_is_read_or_refused(api, data):
    try_request(api, data.draw(spoilt(REQUESTS[api.name])))


@BOTH
def test_the_examples_that_are_spoilt_here_are_good(api):
    api.outline(REQUESTS[api.name])
    api.read_request(REQUESTS[api.name])
    assert len(api.read_answer(dumped(ANSWERS[api.name]))) > 5


@BOTH
@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_any_answer_is_read_or_blamed_on_the_provider(api, data):
    answer = data.draw(values | spoilt(ANSWERS[api.name]))
    with contextlib.suppress(TollkeeperError):
        parts = api.read_answer(dumped(answer))
        for other in APIS.values():
            assert isinstance(json.loads(other.write_answer(parts)), dict)


@BOTH
@settings(max_examples=200, deadline=None)
@given(events=st.lists(values | st.sampled_from(EVENTS).flatmap(spoilt), max_size=6))
def test_any_events_are_read_and_can_be_written(api, events):
    """Streams raise nothing at all: it would be too late."""
    stream = b"".join(b"data: " + dumped(event) + b"\n\n" for event in events)
    reader, observer = api.stream_reader(), api.stream_observer(False)
    parts = reader.feed(stream) + reader.finish()
    assert observer.feed(stream)[1] == parts
    for other in APIS.values():
        writer = other.stream_writer(Request("m", (), include_usage=True))
        assert isinstance(writer.write(parts) + writer.finish(), bytes)


@BOTH
@settings(max_examples=100)
@given(
    status=st.integers(100, 599),
    body=st.binary(max_size=30) | values.map(dumped),
    headers=st.dictionaries(st.sampled_from(["retry-after", "retry-after-ms"]), st.text()),
)
def test_any_error_is_read(api, status, body, headers):
    error = api.read_error(status, headers, body)
    assert error.status == status
    assert api.write_error(error, None)
