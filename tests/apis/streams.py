"""Streams as providers send them, and the parts that they say."""

from __future__ import annotations

import json

import pytest

from ext_proc.apis import APIS
from ext_proc.chat import (
    Finish,
    RefusalDelta,
    Request,
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


def chunk(*choices, **members):
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 7,
        "model": "gpt-5",
        "choices": list(choices),
        **members,
    }


def delta(index=0, finish=None, **members):
    return {"index": index, "delta": members, "finish_reason": finish}


def call(index, arguments=None, name=None, id_=None):
    function = {key: value for key, value in {"name": name, "arguments": arguments}.items() if value is not None}
    return {"index": index, "function": function, **({"id": id_, "type": "function"} if id_ else {})}


def data_stream(*events):
    return b"".join(b"data: " + json.dumps(event, ensure_ascii=False).encode() + b"\n\n" for event in events)


def named_stream(*events):
    return b"".join(
        f"event: {event['type']}\ndata: {json.dumps(event, ensure_ascii=False)}\n\n".encode() for event in events
    )


def message_start(**usage):
    message = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude", "content": [], "usage": usage}
    return {"type": "message_start", "message": message}


def block_start(index, **block):
    return {"type": "content_block_start", "index": index, "content_block": block}


def block_delta(index, **delta_):
    return {"type": "content_block_delta", "index": index, "delta": delta_}


def block_stop(index):
    return {"type": "content_block_stop", "index": index}


def message_delta(reason, sequence=None, **usage):
    return {"type": "message_delta", "delta": {"stop_reason": reason, "stop_sequence": sequence}, "usage": usage}


STOP = {"type": "message_stop"}
CHAT_USAGE = {
    "prompt_tokens": 20,
    "completion_tokens": 8,
    "total_tokens": 28,
    "prompt_tokens_details": {"cached_tokens": 5, "cache_write_tokens": 3},
    "completion_tokens_details": {"reasoning_tokens": 4},
}
USAGE = Usage(20, 8, 5, 3, 4)
CHAT_START = Start("chatcmpl-1", "gpt-5", 7)
START = Start("msg_1", "claude")

CHAT_STREAMS = {
    "text in many scripts": (
        data_stream(
            chunk(delta(role="assistant", content="")),
            chunk(delta(content="Grüße 😀")),
            chunk(delta(content="\u2028漢")),
            chunk(delta(finish="stop")),
        )
        + b"data: [DONE]\n\n",
        [CHAT_START, TextDelta("Grüße 😀"), TextDelta("\u2028漢"), Finish("stop")],
    ),
    "usage": (
        data_stream(chunk(delta(content="a"), usage=None), chunk(delta(finish="length")), chunk(usage=CHAT_USAGE))
        + b"data: [DONE]\n\n",
        [CHAT_START, TextDelta("a"), Finish("length"), UsageReport(USAGE)],
    ),
    "parallel tools that interleave": (
        data_stream(
            chunk(delta(role="assistant", tool_calls=[call(0, "", "f", "c0")])),
            chunk(delta(tool_calls=[call(0, '{"a":'), call(1, "", "g", "c1")])),
            chunk(delta(tool_calls=[call(1, "{}"), call(0, "1}")])),
            chunk(delta(finish="tool_calls")),
        ),
        [
            CHAT_START,
            ToolUseStart(0, "c0", "f"),
            ToolUseDelta(0, '{"a":'),
            ToolUseStart(1, "c1", "g"),
            ToolUseDelta(1, "{}"),
            ToolUseDelta(0, "1}"),
            Finish("tool_calls"),
        ],
    ),
    "every call under index 0": (
        data_stream(
            chunk(delta(tool_calls=[call(0, "{}", "f", "c0")])), chunk(delta(tool_calls=[call(0, "{}", "g", "c1")]))
        ),
        [
            CHAT_START,
            ToolUseStart(0, "c0", "f"),
            ToolUseDelta(0, "{}"),
            ToolUseStart(1, "c1", "g"),
            ToolUseDelta(1, "{}"),
        ],
    ),
    "id and name with every piece": (
        data_stream(
            chunk(delta(tool_calls=[call(0, "{", "f", "c0")])), chunk(delta(tool_calls=[call(0, "}", "f", "c0")]))
        ),
        [CHAT_START, ToolUseStart(0, "c0", "f"), ToolUseDelta(0, "{"), ToolUseDelta(0, "}")],
    ),
    "a name that comes late, an id never": (
        data_stream(chunk(delta(tool_calls=[call(0, "{")])), chunk(delta(tool_calls=[call(0, "}", "f")]))),
        [CHAT_START, ToolUseStart(0, "call_0", "f"), ToolUseDelta(0, "{}")],
    ),
    "a legacy function call": (
        data_stream(
            chunk(delta(function_call={"name": "f", "arguments": ""})),
            chunk(delta(function_call={"arguments": "{}"})),
            chunk(delta(finish="function_call")),
        ),
        [CHAT_START, ToolUseStart(0, "call_0", "f"), ToolUseDelta(0, "{}"), Finish("tool_calls")],
    ),
    "two choices": (
        data_stream(
            chunk(delta(0, content="a"), delta(1, content="b")),
            chunk(delta(1, finish="stop")),
            chunk(delta(0, finish="content_filter")),
        ),
        [CHAT_START, TextDelta("a"), TextDelta("b", 1), Finish("stop", choice=1), Finish("content_filter")],
    ),
    "a refusal": (
        data_stream(chunk(delta(refusal="no")), chunk(delta(finish="stop"))),
        [CHAT_START, RefusalDelta("no"), Finish("stop")],
    ),
    "thinking by its three names": (
        data_stream(
            chunk(delta(reasoning_content="a")),
            chunk(delta(reasoning="b")),
            chunk(
                delta(
                    content=[
                        {"type": "thinking", "thinking": [{"type": "text", "text": "c"}]},
                        {"type": "text", "text": "d"},
                    ]
                )
            ),
        ),
        [CHAT_START, ThinkingDelta("a"), ThinkingDelta("b"), ThinkingDelta("c"), TextDelta("d")],
    ),
    "signed thinking": (
        data_stream(
            chunk(delta(reasoning_content="a")),
            chunk(delta(thinking_blocks=[{"index": 0, "type": "thinking", "thinking": "a", "signature": "s"}])),
            chunk(delta(thinking_blocks=[{"index": 1, "type": "redacted_thinking", "data": "d"}])),
            chunk(delta(thinking_blocks=[{"index": 2, "type": "thinking", "thinking": "b", "signature": "t"}])),
        ),
        [
            CHAT_START,
            ThinkingDelta("a"),
            ThinkingSignature("s"),
            ThinkingSignature(redacted="d"),
            ThinkingDelta("b"),
            ThinkingSignature("t"),
        ],
    ),
    "Azure's first chunk": (
        data_stream({"id": "", "model": "", "choices": [], "prompt_filter_results": [{}]}, chunk(delta(content="a"))),
        [CHAT_START, TextDelta("a")],
    ),
    "what is not known": (
        b": keep-alive\n\nevent: ping\ndata: {}\n\ndata:\n\ndata: 7\n\n"
        + data_stream(chunk(delta(content="a", x=1), x=2)),
        [CHAT_START, TextDelta("a")],
    ),
    "an error in the middle": (
        data_stream(
            chunk(delta(content="a")), {"error": {"message": "busy", "type": "rate_limit_error", "code": "slow"}}
        ),
        [CHAT_START, TextDelta("a"), StreamFailure("rate_limit", "busy", "slow")],
    ),
    "an event of broken JSON": (
        data_stream(chunk(delta(content="a"))) + b'data: {"id": \n\n' + data_stream(chunk(usage=CHAT_USAGE)),
        [
            CHAT_START,
            TextDelta("a"),
            StreamFailure("api_error", "The provider sent an event that is not valid JSON."),
            UsageReport(USAGE),
        ],
    ),
    "a stream cut within an event": (
        data_stream(chunk(delta(content="a"))) + b'data: {"id": "chatc',
        [CHAT_START, TextDelta("a")],
    ),
    "a last event without its blank line": (
        data_stream(chunk(delta(content="a"))).rstrip(),
        [CHAT_START, TextDelta("a")],
    ),
}

MESSAGES_STREAMS = {
    "text in many scripts": (
        named_stream(
            message_start(input_tokens=12, cache_read_input_tokens=5, cache_creation_input_tokens=3, output_tokens=1),
            block_start(0, type="text", text=""),
            {"type": "ping"},
            block_delta(0, type="text_delta", text="Grüße 😀"),
            block_delta(0, type="text_delta", text="\u2028漢"),
            block_stop(0),
            message_delta("end_turn", output_tokens=8, output_tokens_details={"thinking_tokens": 4}),
            STOP,
        ),
        [
            START,
            UsageReport(Usage(20, 1, 5, 3)),
            TextDelta("Grüße 😀"),
            TextDelta("\u2028漢"),
            Finish("stop"),
            UsageReport(USAGE),
        ],
    ),
    "input that grows": (
        named_stream(
            message_start(input_tokens=10, cache_read_input_tokens=100),
            message_delta("end_turn", input_tokens=50, cache_read_input_tokens=None, output_tokens=2),
        ),
        [START, UsageReport(Usage(110, 0, 100)), Finish("stop"), UsageReport(Usage(150, 2, 100))],
    ),
    "thinking": (
        named_stream(
            message_start(),
            block_start(0, type="thinking", thinking="", signature=""),
            block_delta(0, type="thinking_delta", thinking="a"),
            block_delta(0, type="signature_delta", signature="s"),
            block_stop(0),
            block_start(1, type="redacted_thinking", data="d"),
            block_stop(1),
        ),
        [START, ThinkingDelta("a"), ThinkingSignature("s"), ThinkingSignature(redacted="d")],
    ),
    "tools": (
        named_stream(
            message_start(),
            block_start(0, type="text", text="a"),
            block_stop(0),
            block_start(1, type="tool_use", id="t0", name="f", input={}),
            block_delta(1, type="input_json_delta", partial_json=""),
            block_delta(1, type="input_json_delta", partial_json='{"a":'),
            block_delta(1, type="input_json_delta", partial_json="1}"),
            block_stop(1),
            block_start(2, type="server_tool_use", id="s", name="web_search", input={}),
            block_delta(2, type="input_json_delta", partial_json="{}"),
            block_stop(2),
            block_start(3, type="tool_use", id="t1", name="g", input={"b": 2}),
            block_stop(3),
            message_delta("tool_use"),
        ),
        [
            START,
            TextDelta("a"),
            ToolUseStart(0, "t0", "f"),
            ToolUseDelta(0, '{"a":'),
            ToolUseDelta(0, "1}"),
            ToolUseStart(1, "t1", "g"),
            ToolUseDelta(1, '{"b":2}'),
            Finish("tool_calls"),
        ],
    ),
    "a stop sequence": (named_stream(message_delta("stop_sequence", "END")), [Finish("stop", "END")]),
    "a full context": (named_stream(message_delta("model_context_window_exceeded")), [Finish("length")]),
    "a limit": (named_stream(message_delta("max_tokens")), [Finish("length")]),
    "a pause": (named_stream(message_delta("pause_turn")), [Finish("stop")]),
    "a refusal": (named_stream(message_delta("refusal")), [Finish("content_filter")]),
    "an error in the middle": (
        named_stream(message_start(), {"type": "error", "error": {"type": "overloaded_error", "message": "busy"}}),
        [START, StreamFailure("overloaded", "busy")],
    ),
    "what is not known": (
        b": keep-alive\n\n"
        + named_stream(
            message_start(),
            {"type": "new"},
            block_start(0, type="new"),
            block_delta(0, type="citations_delta", citation={}),
        ),
        [START],
    ),
    "an event of broken JSON": (
        named_stream(message_start()) + b"event: x\ndata: {\n\n" + named_stream(message_delta("end_turn")),
        [START, StreamFailure("api_error", "The provider sent an event that is not valid JSON."), Finish("stop")],
    ),
    "a stream cut within an event": (
        named_stream(message_start()) + b'event: content_block_start\ndata: {"ty',
        [START],
    ),
}

STREAMS = [
    pytest.param(api, stream, parts, id=f"{api.name}, {name}")
    for api, streams in ((CHAT, CHAT_STREAMS), (MESSAGES, MESSAGES_STREAMS))
    for name, (stream, parts) in streams.items()
]


def pieces(data, size):
    return [data[at : at + size] for at in range(0, len(data), size)]


def read(api, chunks):
    reader = api.stream_reader()
    parts = [part for piece in chunks for part in reader.feed(piece)]
    return parts + reader.finish()


def written(api, parts, request=None):
    writer = api.stream_writer(request or Request("m", (), stream=True, include_usage=True))
    return b"".join([writer.write([part]) for part in parts]) + writer.finish()


def merged(parts):
    """Usage as its consumer takes it: all reports as one."""
    usage, others = Usage(), []
    for part in parts:
        if isinstance(part, UsageReport):
            usage = usage.merged(part.usage)
        else:
            others.append(part)
    return others, usage
