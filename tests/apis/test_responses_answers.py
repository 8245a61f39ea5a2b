"""Answers of Responses, whole and streamed: they say the same, and the same as in the other APIs."""

from __future__ import annotations

import json

import pytest

from ext_proc.apis import APIS
from ext_proc.chat import Request
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
from tests.apis.responses_streams import COUNTS
from tests.apis.streams import CHAT, MESSAGES, USAGE, merged, read, written

RESPONSES = APIS["responses"]
START = Start("resp_1", "m", 7)


def message(at, *content, status="completed"):
    return {"id": f"msg_1_{at}", "type": "message", "role": "assistant", "content": list(content), "status": status}


def text(words):
    return {"type": "output_text", "text": words, "annotations": [], "logprobs": []}


def thought(at, sealed, *summary):
    shown = [{"type": "summary_text", "text": words} for words in summary]
    members = {"summary": shown, "encrypted_content": sealed, "status": "completed"}
    return {"id": f"rs_1_{at}", "type": "reasoning", **members}


def call(at, id_, name, arguments, status="completed"):
    members = {"call_id": id_, "name": name, "arguments": arguments, "status": status}
    return {"id": f"fc_1_{at}", "type": "function_call", **members}


CALLS = [ToolUseStart(0, "t0", "f"), ToolUseDelta(0, '{"a":1}'), ToolUseStart(1, "t1", "g"), ToolUseDelta(1, "{}")]

# (what, the parts of the answer, how it ended, the items of Responses, its status)
ANSWERS = {
    "a text": ([TextDelta("hi")], "stop", [message(0, text("hi"))], "completed"),
    "a text that was cut": ([TextDelta("hi")], "length", [message(0, text("hi"), status="incomplete")], "incomplete"),
    "a filter": (
        [TextDelta("hi")],
        "content_filter",
        [message(0, text("hi"), status="incomplete")],
        "incomplete",
    ),
    "a refusal": (
        [TextDelta("a"), RefusalDelta("no")],
        "stop",
        [message(0, text("a"), {"type": "refusal", "refusal": "no"})],
        "completed",
    ),
    "a text with a source and log probabilities": (
        [TextDelta("hi"), Logprobs((TokenLogprob("hi", -0.5),)), Citation(title="X", url="https://x/", span=(1, 2))],
        "stop",
        [
            message(
                0,
                text("hi")
                | {
                    "annotations": [
                        {"type": "url_citation", "url": "https://x/", "title": "X", "start_index": 1, "end_index": 2}
                    ],
                    "logprobs": [{"token": "hi", "bytes": [104, 105], "logprob": -0.5, "top_logprobs": []}],
                },
            )
        ],
        "completed",
    ),
    "thinking, text and tools": (
        [ThinkingDelta("a"), ThinkingSignature("s"), ThinkingSignature(redacted="d"), TextDelta("b"), *CALLS],
        "tool_calls",
        [
            thought(0, "signature:s", "a"),
            thought(1, "redacted_thinking:d"),
            message(2, text("b")),
            call(3, "t0", "f", '{"a":1}'),
            call(4, "t1", "g", "{}"),
        ],
        "completed",
    ),
    "thinking that is unsigned, between texts": (
        [TextDelta("a"), ThinkingDelta("b"), TextDelta("c")],
        "stop",
        [message(0, text("a")), thought(1, None, "b"), message(2, text("c"))],
        "completed",
    ),
    "arguments that were cut": (
        [ToolUseStart(0, "t0", "f"), ToolUseDelta(0, '{"a')],
        "length",
        [call(0, "t0", "f", '{"a', status="incomplete")],
        "incomplete",
    ),
}
EACH = pytest.mark.parametrize(("parts", "reason", "output", "status"), ANSWERS.values(), ids=ANSWERS)


def whole(parts):
    return json.loads(RESPONSES.write_answer(parts))


def events(stream):
    return [json.loads(block.split("data: ")[1]) for block in stream.decode().split("\n\n") if block]


@EACH
def test_a_whole_answer_is_written_in_items_and_read_back(parts, reason, output, status):
    parts = [START, *parts, Finish(reason), UsageReport(USAGE)]
    answer = whole(parts)
    assert (answer["output"], answer["status"], answer["usage"]) == (output, status, COUNTS)
    assert (answer["id"], answer["model"], answer["created_at"]) == ("resp_1", "m", 7)
    assert RESPONSES.read_answer(json.dumps(answer).encode()) == parts


@EACH
def test_a_stream_ends_with_the_answer_that_would_have_come_whole(parts, reason, output, status):
    parts = [START, *parts, Finish(reason), UsageReport(USAGE)]
    last = events(written(RESPONSES, parts))[-1]
    assert (last["type"], last["response"]) == (f"response.{status}", whole(parts))


@EACH
def test_a_stream_is_read_back_and_says_the_same_after_another_api(parts, reason, output, status):
    parts = [START, *parts, Finish(reason), UsageReport(USAGE)]
    stream = written(RESPONSES, parts)
    assert read(RESPONSES, [stream]) == parts
    through = written(RESPONSES, read(CHAT, [written(CHAT, parts)]))
    assert merged(read(RESPONSES, [through]))[1] == USAGE
    assert events(through)[-1]["response"]["status"] == status


@EACH
def test_events_are_numbered_and_nested_as_clients_follow_them(parts, reason, output, status):
    told = events(written(RESPONSES, [START, *parts, Finish(reason)]))
    assert [event["sequence_number"] for event in told] == list(range(len(told)))
    assert [event["type"] for event in told[:2]] == ["response.created", "response.in_progress"]
    assert [event["output_index"] for event in told if event["type"] == "response.output_item.added"] == list(
        range(len(output))
    )
    for index, item in enumerate(output):
        about = [event for event in told if event.get("output_index") == index]
        assert about[0]["item"]["status"] == "in_progress"
        assert (about[-1]["type"], about[-1]["item"]) == ("response.output_item.done", item)
        assert {event["item_id"] for event in about[1:-1]} <= {item["id"]}


def test_the_events_of_a_text_come_in_the_order_of_the_specification():
    told = events(written(RESPONSES, [START, TextDelta("a"), TextDelta("b"), Finish("stop")]))
    assert [event["type"].removeprefix("response.") for event in told] == [
        "created",
        "in_progress",
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "completed",
    ]


@pytest.mark.parametrize("api", [CHAT, MESSAGES], ids=["chat_completions", "messages"])
def test_thinking_survives_the_way_through_the_other_apis(api):
    parts = [START, *ANSWERS["thinking, text and tools"][0], Finish("tool_calls"), UsageReport(USAGE)]
    through = api.read_answer(api.write_answer(parts))
    assert whole(through)["output"] == ANSWERS["thinking, text and tools"][2]


def turn_of(api, answer):
    """What a client sends back of an answer."""
    return answer["choices"][0]["message"] if api is CHAT else {"role": "assistant", "content": answer["content"]}


@pytest.mark.parametrize("api", [CHAT, MESSAGES], ids=["chat_completions", "messages"])
def test_a_seal_of_openai_survives_a_turn_of_a_client_of_another_api_and_goes_nowhere_else(api):
    provided = {"id": "resp_1", "output": [thought(0, "gAAAA", "a"), message(1, text("b"))]}
    answer = json.loads(api.write_answer(RESPONSES.read_answer(json.dumps(provided).encode())))
    user = {"role": "user", "content": "hi"}
    request = api.read_request({"model": "m", "max_tokens": 99, "messages": [user, turn_of(api, answer)]})
    item = json.loads(RESPONSES.write_request(request))["input"][1]
    assert (item["type"], item["encrypted_content"]) == ("reasoning", "gAAAA")
    assert b"gAAAA" not in MESSAGES.write_request(request) + CHAT.write_request(request)


def test_tools_that_interleave_stay_apart():
    parts = [START, CALLS[0], CALLS[2], CALLS[3], CALLS[1], Finish("tool_calls")]
    assert events(written(RESPONSES, parts))[-1]["response"]["output"] == [
        call(0, "t0", "f", '{"a":1}'),
        call(1, "t1", "g", "{}"),
    ]


def test_a_call_without_arguments_has_an_empty_object():
    """Clients parse the arguments of what is completed."""
    parts = [START, ToolUseStart(0, "t0", "f"), Finish("tool_calls")]
    assert whole(parts)["output"] == [call(0, "t0", "f", "{}")]
    assert events(written(RESPONSES, parts))[-1]["response"] == whole(parts)
    assert ToolUseDelta(0, "{}") in read(RESPONSES, [written(RESPONSES, parts)])


@pytest.mark.parametrize("at", range(8))
def test_a_stream_that_is_cut_ends_incomplete(at):
    parts = [START, *ANSWERS["thinking, text and tools"][0]][:at]
    stream = written(RESPONSES, parts)
    assert read(RESPONSES, [stream])[-1] == Finish("length")
    assert events(stream)[-1]["response"]["incomplete_details"] == {"reason": "max_output_tokens"}


@pytest.mark.parametrize("at", range(8))
def test_an_error_ends_the_stream_at_any_moment_and_is_read_once(at):
    writer = RESPONSES.stream_writer(Request("m", (), stream=True))
    parts = [START, *ANSWERS["thinking, text and tools"][0]][:at]
    stream = writer.write(parts) + writer.fail(OverLimit("spent", code="budget"))
    failures = [part for part in read(RESPONSES, [stream]) if isinstance(part, StreamFailure)]
    assert failures == [StreamFailure("rate_limit", "spent", "budget")]
    assert [event["type"] for event in events(stream)[-2:]] == ["error", "response.failed"]
    assert (writer.write([TextDelta("late")]), writer.finish(), writer.fail(OverLimit("again"))) == (b"", b"", b"")


@pytest.mark.parametrize(
    ("kind", "code"), [("overloaded", "server_is_overloaded"), ("rate_limit", "rate_limit_exceeded")]
)
def test_what_the_provider_broke_keeps_its_kind_and_has_a_code(kind, code):
    stream = written(RESPONSES, [START, TextDelta("a"), StreamFailure(kind, "busy"), TextDelta("b")])
    assert read(RESPONSES, [stream])[-1] == StreamFailure(kind, "busy", code)


def test_only_the_first_choice_is_told():
    parts = [START, TextDelta("b", 1), TextDelta("a"), Finish("stop")]
    assert whole(parts)["output"] == [message(0, text("a"))]
    assert events(written(RESPONSES, parts))[-1]["response"]["output"] == [message(0, text("a"))]


def test_items_keep_their_place_under_a_start_that_comes_late():
    """The id of an answer never changes under a client."""
    stream = written(RESPONSES, [TextDelta("a"), START, Finish("stop")])
    assert {event["response"]["id"] for event in events(stream) if "response" in event} == {"resp_"}


def test_items_of_the_providers_own_tools_are_passed_over():
    answer = {"id": "resp_1", "output": [{"type": "web_search_call"}, message(1, text("a"))]}
    assert RESPONSES.read_answer(json.dumps(answer).encode()) == [Start("resp_1", ""), TextDelta("a"), Finish("stop")]


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"[]",
        b'{"status":"failed"}',
        b'{"status":"cancelled","output":[]}',
        b'{"status":"failed","error":{"code":"server_error","message":"busy"}}',
    ],
)
def test_what_is_no_answer_is_the_providers_fault(answer):
    with pytest.raises(ProviderError):
        RESPONSES.read_answer(answer)


def test_many_events_are_written_and_read_back():
    parts = [START, *[ToolUseStart(at, f"t{at}", "f") for at in range(3000)], *[TextDelta("x")] * 30_000]
    assert len(read(RESPONSES, [written(RESPONSES, parts)])) > 33_000


def test_a_broken_stream_is_no_answer():
    with pytest.raises(ProviderError, match="busy"):
        RESPONSES.write_answer([START, StreamFailure("overloaded", "busy")])
