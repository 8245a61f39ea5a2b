"""Messages streams as providers send them, and the parts that they say."""

from __future__ import annotations

from ext_proc.parts import (
    Finish,
    StreamFailure,
    TextDelta,
    ThinkingDelta,
    ThinkingSignature,
    ToolUseDelta,
    ToolUseStart,
    UsageReport,
)
from ext_proc.usage import Usage
from tests.apis.streams import (
    START,
    STOP,
    USAGE,
    block_delta,
    block_start,
    block_stop,
    message_delta,
    message_start,
    named_stream,
)

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
