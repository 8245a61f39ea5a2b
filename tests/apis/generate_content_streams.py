"""generateContent streams as Gemini sends them, and the parts that they say."""

from __future__ import annotations

from ext_proc.parts import (
    Finish,
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
from tests.apis.streams import data_stream

GEMINI_START = Start("r1", "gemini-2.5-flash")
COUNTS = {
    "promptTokenCount": 18,
    "toolUsePromptTokenCount": 2,
    "cachedContentTokenCount": 5,
    "candidatesTokenCount": 4,
    "thoughtsTokenCount": 4,
    "totalTokenCount": 28,
}


def response(*candidates, usage=None, **members):
    head = {"modelVersion": "gemini-2.5-flash", "responseId": "r1"}
    counted = {} if usage is None else {"usageMetadata": usage}
    return {"candidates": list(candidates), **counted, **head, **members}


def candidate(*parts, finish=None, index=0):
    reason = {} if finish is None else {"finishReason": finish}
    return {"content": {"parts": list(parts), "role": "model"}, **reason, "index": index}


def called(name="f", **call):
    return {"functionCall": {"name": name, **call}}


GEMINI_STREAMS = {
    "text in many scripts": (
        data_stream(
            response(candidate({"text": "Grüße 😀"}), usage={"promptTokenCount": 18}),
            response(candidate({"text": "\u2028漢"})),
            response(candidate({"text": ""}, finish="STOP"), usage=COUNTS),
        ),
        [
            GEMINI_START,
            TextDelta("Grüße 😀"),
            UsageReport(Usage(18)),
            TextDelta("\u2028漢"),
            Finish("stop"),
            UsageReport(Usage(20, 8, 5, 0, 4)),
        ],
    ),
    "thinking and its seals": (
        data_stream(
            response(candidate({"text": "a", "thought": True})),
            response(candidate({"text": "b"}, {"text": "", "thoughtSignature": "c2Vh"}, finish="STOP")),
        ),
        [GEMINI_START, ThinkingDelta("a"), TextDelta("b"), ThinkingSignature("gemini:c2Vh"), Finish("stop")],
    ),
    "calls": (
        data_stream(
            response(candidate({**called(args={"a": 1}), "thoughtSignature": "c2Vh"}, called("g", id="t1", args={}))),
            response(candidate(called("h"))),
            response(candidate({"text": ""}, finish="STOP")),
        ),
        [
            GEMINI_START,
            ThinkingSignature("gemini:c2Vh"),
            ToolUseStart(0, "call_r1_0", "f"),
            ToolUseDelta(0, '{"a":1}'),
            ToolUseStart(1, "t1", "g"),
            ToolUseDelta(1, "{}"),
            ToolUseStart(2, "call_r1_2", "h"),
            ToolUseDelta(2, "{}"),
            Finish("tool_calls"),
        ],
    ),
    "choices": (
        data_stream(
            response(candidate({"text": "b"}, index=1), candidate(called())),
            response(candidate(finish="MAX_TOKENS"), candidate(called(), finish="STOP", index=1)),
        ),
        [
            GEMINI_START,
            TextDelta("b", 1),
            ToolUseStart(0, "call_r1_0", "f"),
            ToolUseDelta(0, "{}"),
            Finish("length"),
            ToolUseStart(0, "call_r1_1_0", "f", 1),
            ToolUseDelta(0, "{}", 1),
            Finish("tool_calls", choice=1),
        ],
    ),
    "an end in every chunk": (
        data_stream(*[response(candidate({"text": word}, finish="STOP")) for word in "ab"]),
        [GEMINI_START, TextDelta("a"), Finish("stop"), TextDelta("b")],
    ),
    "a filter": (data_stream(response(candidate(finish="SAFETY"))), [GEMINI_START, Finish("content_filter")]),
    "a recitation": (data_stream(response(candidate(finish="RECITATION"))), [GEMINI_START, Finish("content_filter")]),
    "a call that failed": (
        data_stream(response(candidate(finish="MALFORMED_FUNCTION_CALL"))),
        [GEMINI_START, Finish("stop")],
    ),
    "a prompt that was blocked": (
        data_stream(
            {
                "promptFeedback": {"blockReason": "PROHIBITED_CONTENT"},
                "usageMetadata": {"promptTokenCount": 3, "totalTokenCount": 3},
            }
        ),
        [Start("", ""), Finish("content_filter"), UsageReport(Usage(3))],
    ),
    "thoughts that are counted twice": (
        data_stream(
            response(
                usage={
                    "promptTokenCount": 1,
                    "candidatesTokenCount": 9,
                    "thoughtsTokenCount": 5,
                    "totalTokenCount": 10,
                }
            )
        ),
        [GEMINI_START, UsageReport(Usage(1, 9, reasoning_output_tokens=5))],
    ),
    "an error in the middle": (
        data_stream(
            response(candidate({"text": "a"})),
            {"error": {"code": 503, "message": "busy", "status": "UNAVAILABLE"}},
        ),
        [GEMINI_START, TextDelta("a"), StreamFailure("overloaded", "busy", "UNAVAILABLE")],
    ),
    "what is not known": (
        b": keep-alive\n\n"
        + data_stream(
            response(
                {"new": 1, "groundingMetadata": {}},
                candidate({"executableCode": {"code": "1"}}, {"inlineData": {}}, {"new": {}}),
            )
        ),
        [GEMINI_START],
    ),
    "an event of broken JSON": (
        b"data: {\n\n" + data_stream(response(candidate({"text": "a"}))),
        [
            StreamFailure("api_error", "The provider sent an event that is not valid JSON."),
            GEMINI_START,
            TextDelta("a"),
        ],
    ),
    "a stream cut within an event": (
        data_stream(response(candidate({"text": "a"}))) + b'data: {"cand',
        [GEMINI_START, TextDelta("a")],
    ),
}
