"""Answers of Cohere's Chat, whole and streamed: read, written, and the same in other APIs."""

from __future__ import annotations

import json

import pytest

from ext_proc.apis import APIS
from ext_proc.apis.joined import join
from ext_proc.chat import Document, Message, Request, Text
from ext_proc.errors import OverLimit, ProviderError
from ext_proc.parts import (
    Citation,
    Finish,
    Logprobs,
    RefusalDelta,
    Start,
    StreamFailure,
    TextDelta,
    ThinkingDelta,
    ThinkingSignature,
    TokenLogprob,
    ToolUseDelta,
    ToolUseStart,
    UsageReport,
)
from ext_proc.usage import Usage
from tests.apis.cohere_examples import CITATION, COHERE_ANSWER, USAGE
from tests.apis.streams import merged, read, written

COHERE, CHAT, MESSAGES = APIS["cohere_chat"], APIS["chat_completions"], APIS["messages"]
START = Start("i", "")
COUNTED = {"input_tokens": 5, "output_tokens": 3}
WRITTEN_USAGE = {"billed_units": COUNTED, "tokens": COUNTED, "cached_tokens": 2}
REPORT = UsageReport(Usage(5, 3, 2))
TOOLS = [ToolUseStart(0, "c0", "f"), ToolUseDelta(0, "{}"), ToolUseStart(1, "c1", "g"), ToolUseDelta(1, '{"a":1}')]
CALLS = [
    {"id": "c0", "type": "function", "function": {"name": "f", "arguments": "{}"}},
    {"id": "c1", "type": "function", "function": {"name": "g", "arguments": '{"a":1}'}},
]
GROUNDED = Request("m", (Message("user", (Document(text="t", citations=True), Text("hi"))),), stream=True)


def answer(reason="COMPLETE", usage=WRITTEN_USAGE, **message):
    given = {} if usage is None else {"usage": usage}
    return {"id": "i", "finish_reason": reason, "message": {"role": "assistant", **message}, **given}


def text(said):
    return {"type": "text", "text": said}


def dumped(value):
    return json.dumps(value).encode()


# (what, the body, the parts between start and usage)
ANSWERS = {
    "a text": (answer(content=[text("hi")]), [TextDelta("hi"), Finish("stop")]),
    "a limit": (answer("MAX_TOKENS", content=[text("hi")]), [TextDelta("hi"), Finish("length")]),
    "a filter": (answer("ERROR_TOXIC", content=[text("hi")]), [TextDelta("hi"), Finish("content_filter")]),
    "tools": (answer("TOOL_CALL", tool_calls=CALLS), [*TOOLS, Finish("tool_calls")]),
    "thinking, its seals and a citation": (
        answer(
            content=[
                {"type": "thinking", "thinking": "a", "signature": "s"},
                {"type": "thinking", "thinking": "", "redacted": "d"},
                text("hi"),
            ],
            citations=[{**CITATION, "content_index": 2}],
        ),
        [
            ThinkingDelta("a"),
            ThinkingSignature("s"),
            ThinkingSignature(redacted="d"),
            TextDelta("hi"),
            Citation("t", "n", document=0, span=(0, 2)),
            Finish("stop"),
        ],
    ),
}


@pytest.mark.parametrize(("body", "parts"), ANSWERS.values(), ids=ANSWERS)
def test_an_answer_is_read_and_written_alike(body, parts):
    assert COHERE.read_answer(dumped(body)) == [START, *parts, REPORT]
    assert json.loads(COHERE.write_answer([START, *parts, REPORT])) == body


READ = [
    (COHERE_ANSWER["message"] | {"citations": None}, [ThinkingDelta("a"), TextDelta("hi"), TextDelta("p")]),
    ({"content": None, "tool_plan": "p"}, [TextDelta("p")]),
    ({"content": [text("hi")], "citations": [{**CITATION, "type": "PLAN"}]}, [TextDelta("hi")]),
    (
        {"content": [text("hi")], "citations": [{**CITATION, "sources": [{"type": "tool", "id": "t"}]}]},
        [TextDelta("hi")],
    ),
    ({"content": [text("hi")], "citations": [{"text": "hi"}]}, [TextDelta("hi")]),
]


@pytest.mark.parametrize(("message", "parts"), READ)
def test_what_only_cohere_says_is_read(message, parts):
    assert COHERE.read_answer(dumped(answer(usage=None, **message)))[1 : 1 + len(parts)] == parts


def test_log_probabilities_of_a_piece_are_those_of_its_tokens_together():
    body = {**answer(usage=None, content=[text("hi")]), "logprobs": COHERE_ANSWER["logprobs"]}
    tokens = (TokenLogprob("hi", -0.75),)
    assert COHERE.read_answer(dumped(body))[1:3] == [TextDelta("hi"), Logprobs(tokens)]
    again = json.loads(COHERE.write_answer([START, TextDelta("hi"), Logprobs(tokens), Finish("stop")]))
    assert again["logprobs"] == [{"text": "hi", "token_ids": [], "logprobs": [-0.75]}]


def test_what_is_billed_is_what_counts():
    """The prompt around the conversation is Cohere's own and costs nothing."""
    assert COHERE.read_answer(dumped(answer(usage=USAGE, content=[])))[-1] == REPORT
    only_tokens = {"tokens": {"input_tokens": 70, "output_tokens": 3.0}}
    assert COHERE.read_answer(dumped(answer(usage=only_tokens)))[-1] == UsageReport(Usage(70, 3))
    within = {"billed_units": {"input_tokens": 5}, "cached_tokens": 64}
    assert COHERE.read_answer(dumped(answer(usage=within)))[-1] == UsageReport(Usage(5, 0, 5))


@pytest.mark.parametrize("body", [b"", b"[]", b'{"message":"busy"}', b'{"error":"busy"}', b"\xff"])
def test_what_is_no_answer_is_the_providers_fault(body):
    with pytest.raises(ProviderError):
        COHERE.read_answer(body)


def test_an_answer_that_failed_says_so():
    assert COHERE.read_answer(dumped(answer("TIMEOUT", usage=None)))[-1].kind == "timeout"


def test_a_client_runs_its_tools_although_the_provider_said_stop():
    assert json.loads(COHERE.write_answer([START, *TOOLS, Finish("stop")]))["finish_reason"] == "TOOL_CALL"


def test_a_stop_sequence_is_told():
    assert json.loads(COHERE.write_answer([START, Finish("stop", "END")]))["finish_reason"] == "STOP_SEQUENCE"


def test_a_refusal_is_text():
    assert json.loads(COHERE.write_answer([START, RefusalDelta("no")]))["message"]["content"] == [text("no")]


@pytest.mark.parametrize("other", [CHAT, MESSAGES], ids=["chat_completions", "messages"])
def test_an_answer_says_the_same_through_another_api(other):
    parts = [Start("x", "m"), TextDelta("hi"), *TOOLS, Finish("tool_calls"), UsageReport(Usage(5, 3, 2))]
    there = other.read_answer(other.write_answer(COHERE.read_answer(COHERE.write_answer(parts))))
    assert there[1:] == parts[1:]


# Streams

PARTS = {
    "text": [START, TextDelta("a"), TextDelta("b"), Finish("stop"), REPORT],
    "thinking and parallel tools": [
        START,
        ThinkingDelta("a"),
        ThinkingDelta("b"),
        ThinkingSignature("s"),
        ThinkingSignature(redacted="d"),
        TextDelta("c"),
        ToolUseStart(0, "t0", "f"),
        ToolUseDelta(0, '{"a":'),
        ToolUseDelta(0, "1}"),
        ToolUseStart(1, "t1", "g"),
        ToolUseDelta(1, "{}"),
        Finish("tool_calls"),
        REPORT,
    ],
    "a limit": [START, TextDelta("a"), Finish("length"), REPORT],
    "a filter": [START, TextDelta("a"), Finish("content_filter"), REPORT],
    "what is cited": [
        START,
        TextDelta("see "),
        TextDelta("hi"),
        Citation("t", "n", document=0, span=(4, 6)),
        Citation(title="web", url="https://x", span=(0, 6)),
        Finish("stop"),
        REPORT,
    ],
    "log probabilities": [START, TextDelta("a"), Logprobs((TokenLogprob("a", -0.5),)), Finish("stop"), REPORT],
}


@pytest.mark.parametrize("parts", PARTS.values(), ids=PARTS)
def test_what_is_written_is_read_back(parts):
    stream = written(COHERE, parts, GROUNDED)
    assert merged(read(COHERE, [stream])) == merged(parts)
    assert_well_formed(stream)


def test_a_citation_repeats_what_it_is_about():
    events = loaded(written(COHERE, PARTS["what is cited"], GROUNDED))
    cited = [one["delta"]["message"]["citations"] for one in events if one["type"] == "citation-start"]
    assert [(one["start"], one["end"], one["text"], one["content_index"]) for one in cited] == [
        (4, 6, "hi", 0),
        (0, 6, "see hi", 0),
    ]
    assert [one["sources"][0]["id"] for one in cited] == ["doc:0", "https://x"]


def test_text_is_not_kept_where_nothing_can_be_cited():
    """However long an answer is, the memory that it takes is the same."""
    writer = COHERE.stream_writer(Request("m", ()))
    writer.write([START, *[TextDelta("x" * 1000)] * 100])
    assert writer._text._pieces == []


@pytest.mark.parametrize("at", range(1, 12))
def test_a_stream_that_is_cut_ends_validly_and_says_that_it_was_cut(at):
    stream = written(COHERE, PARTS["thinking and parallel tools"][:at])
    assert read(COHERE, [stream])[-1] == Finish("length")
    assert_well_formed(stream)


def test_an_empty_stream_is_ended_validly():
    assert_well_formed(written(COHERE, []))


@pytest.mark.parametrize("at", range(13))
def test_an_error_ends_the_stream_at_any_moment(at):
    writer = COHERE.stream_writer(Request("m", (), stream=True))
    stream = writer.write(PARTS["thinking and parallel tools"][:at]) + writer.fail(OverLimit("spent", code="budget"))
    assert read(COHERE, [stream])[-1] == StreamFailure("api_error", "spent")
    assert (writer.write([TextDelta("late")]), writer.finish(), writer.fail(OverLimit("again"))) == (b"", b"", b"")


def test_what_the_provider_broke_is_told_to_the_client():
    stream = written(COHERE, [START, TextDelta("a"), StreamFailure("overloaded", "busy"), TextDelta("b")])
    assert read(COHERE, [stream])[-1].message == "busy"


def test_tool_uses_that_interleave_are_written_one_after_the_other():
    parts = [
        START,
        ToolUseStart(0, "c0", "f"),
        ToolUseDelta(0, '{"a":'),
        ToolUseStart(1, "c1", "g"),
        ToolUseDelta(1, "{}"),
        ToolUseDelta(0, "1}"),
        Finish("tool_calls"),
    ]
    stream = written(COHERE, parts)
    assert_well_formed(stream)
    assert join(read(COHERE, [stream])) == join(parts)


def loaded(stream):
    events = [block.rpartition("data: ")[2] for block in stream.decode().split("\n\n") if block]
    assert events[-1] == "[DONE]"
    return [json.loads(event) for event in events[:-1]]


def assert_well_formed(stream):
    """Blocks and calls are numbered and do not interleave, between a start and an end."""
    events = loaded(stream)
    assert (events[0]["type"], events[-1]["type"]) == ("message-start", "message-end")
    numbers, opened = {"content": 0, "tool-call": 0, "citation": 0}, []
    for one in events[1:-1]:
        kind, _, what = one["type"].rpartition("-")
        assert one["index"] == numbers[kind]
        if what == "start" and kind != "citation":
            assert opened == []
            opened = [kind]
        assert kind == "citation" or opened == [kind]
        if what == "end":
            numbers[kind] += 1
            opened = opened if kind == "citation" else []
    assert opened == []
