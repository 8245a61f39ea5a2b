"""Chat Completions streams as providers send them, and the parts that they say."""

from __future__ import annotations

from ext_proc.parts import (
    Citation,
    Finish,
    Logprobs,
    RefusalDelta,
    StreamFailure,
    TextDelta,
    ThinkingDelta,
    ThinkingSignature,
    TokenLogprob,
    ToolUseDelta,
    ToolUseStart,
    UsageReport,
)
from tests.apis.streams import (
    CHAT_START,
    CHAT_USAGE,
    USAGE,
    call,
    chunk,
    data_stream,
    delta,
)

PAGE = {"type": "url_citation", "url_citation": {"url": "https://x/", "title": "X", "start_index": 5, "end_index": 9}}


def rated(token, logprob, **members):
    return {"token": token, "bytes": list(token.encode()), "logprob": logprob, "top_logprobs": [], **members}


CHAT_STREAMS = {
    "sources that come last": (
        data_stream(
            chunk(delta(role="assistant", content="It is ")),
            chunk(delta(content="😀 so")),
            chunk(delta(annotations=[PAGE, {"type": "new_citation"}])),
            chunk(delta(finish="stop")),
        ),
        [
            CHAT_START,
            TextDelta("It is "),
            TextDelta("😀 so"),
            Citation(title="X", url="https://x/", span=(5, 9)),
            Finish("stop"),
        ],
    ),
    "sources of what was said between thoughts and calls": (
        data_stream(
            chunk(delta(content="Well. ")),
            chunk(delta(reasoning_content="hm")),
            chunk(delta(content="Yes.", tool_calls=[call(0, "{}", "f", "c0")])),
            chunk(delta(annotations=[PAGE])),
        ),
        [
            CHAT_START,
            TextDelta("Well. "),
            ThinkingDelta("hm"),
            TextDelta("Yes."),
            ToolUseStart(0, "c0", "f"),
            ToolUseDelta(0, "{}"),
            Citation(title="X", url="https://x/", span=(0, 3)),
        ],
    ),
    "log probabilities": (
        data_stream(
            chunk(delta(role="assistant", content="") | {"logprobs": {"content": [], "refusal": None}}),
            chunk(delta(content="Hi") | {"logprobs": {"content": [rated("Hi", -0.5, top_logprobs=[rated("Ho", -2)])]}}),
            chunk(delta(content="漢") | {"logprobs": {"content": [rated("\\xe6", -1, bytes=[230]), {}]}}),
            chunk(delta(refusal="no") | {"logprobs": {"refusal": [rated("no", 0)]}}),
            chunk(delta(finish="stop") | {"logprobs": None}),
        ),
        [
            CHAT_START,
            TextDelta("Hi"),
            Logprobs((TokenLogprob("Hi", -0.5, (TokenLogprob("Ho", -2.0),)),)),
            TextDelta("漢"),
            Logprobs((TokenLogprob("\\xe6", -1.0, raw=b"\xe6"), TokenLogprob("", 0.0))),
            RefusalDelta("no"),
            Logprobs((TokenLogprob("no", 0.0),)),
            Finish("stop"),
        ],
    ),
    "log probabilities of what is no text": (
        data_stream(chunk(delta(reasoning_content="hm") | {"logprobs": {"content": [rated("hm", -1)]}})),
        [CHAT_START, ThinkingDelta("hm")],
    ),
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
