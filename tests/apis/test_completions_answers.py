"""Answers of Completions, whole and streamed: read, written, the same in either API, and accepted by OpenAI's SDK."""

from __future__ import annotations

import json

import openai
import pytest

from ext_proc.apis import APIS
from ext_proc.chat import Request
from ext_proc.errors import OverLimit, ProviderError
from ext_proc.parts import (
    Finish,
    Logprobs,
    RefusalDelta,
    Start,
    StreamFailure,
    TextDelta,
    ThinkingDelta,
    TokenLogprob,
    ToolUseDelta,
    ToolUseStart,
    UsageReport,
)
from tests.apis.streams import CHAT_USAGE, USAGE, data_stream, merged, pieces, read, written
from tests.apis.test_sdks import served

CHAT, MESSAGES, COMPLETIONS = APIS["chat_completions"], APIS["messages"], APIS["completions"]
START = Start("cmpl-1", "m", 7)
REPORT = UsageReport(USAGE)
DONE = b"data: [DONE]\n\n"
HEAD = {"id": "cmpl-1", "object": "text_completion", "created": 7, "model": "m"}


def choice(text="", reason=None, index=0):
    return {"text": text, "index": index, "logprobs": None, "finish_reason": reason}


def event(*choices, **members):
    return {**HEAD, "choices": list(choices), **members}


HI = TokenLogprob("Hi", -0.5, (TokenLogprob("Hi", -0.5), TokenLogprob("Ho", -2.0)))
RATED = {
    "tokens": ["Hi", " you"],
    "token_logprobs": [-0.5, -1.5],
    "top_logprobs": [{"Hi": -0.5, "Ho": -2.0}, {}],
    "text_offset": [0, 2],
}

ANSWERS = {
    "a text": (event(choice("hi", "stop"), usage=CHAT_USAGE), [START, TextDelta("hi"), Finish("stop"), REPORT]),
    "a limit": (event(choice("hi", "length")), [START, TextDelta("hi"), Finish("length")]),
    "a filter": (event(choice("hi", "content_filter")), [START, TextDelta("hi"), Finish("content_filter")]),
    "log probabilities": (
        event(choice("Hi you", "stop") | {"logprobs": RATED}),
        [START, TextDelta("Hi you"), Logprobs((HI, TokenLogprob(" you", -1.5))), Finish("stop")],
    ),
    "two choices": (
        event(choice("a", "stop"), choice("b", "length", 1)),
        [START, TextDelta("a"), Finish("stop"), TextDelta("b", 1), Finish("length", choice=1)],
    ),
}


@pytest.mark.parametrize(("answer", "parts"), ANSWERS.values(), ids=ANSWERS)
def test_an_answer_is_read_and_written_alike(answer, parts):
    assert COMPLETIONS.read_answer(json.dumps(answer).encode()) == parts
    assert json.loads(COMPLETIONS.write_answer(parts)) == answer


def test_an_answer_survives_the_way_through_chat_completions():
    parts = ANSWERS["two choices"][1]
    in_chat = CHAT.read_answer(CHAT.write_answer(parts))
    assert COMPLETIONS.read_answer(COMPLETIONS.write_answer(in_chat)) == parts


def test_an_answer_of_messages_becomes_a_text():
    parts = [Start("msg_1", "claude"), ThinkingDelta("hm"), TextDelta("hi"), Finish("stop", "END"), REPORT]
    answer = json.loads(COMPLETIONS.write_answer(MESSAGES.read_answer(MESSAGES.write_answer(parts))))
    assert (answer["id"], answer["choices"]) == ("cmpl-1", [choice("hi", "stop")])


def test_a_refusal_is_text_and_a_tool_has_stopped():
    parts = [START, RefusalDelta("no"), ToolUseStart(0, "t", "f"), ToolUseDelta(0, "{}"), Finish("tool_calls")]
    assert json.loads(COMPLETIONS.write_answer(parts))["choices"] == [choice("no", "stop")]
    assert read(COMPLETIONS, [written(COMPLETIONS, parts)]) == [START, TextDelta("no"), Finish("stop")]


@pytest.mark.parametrize("answer", [b"", b"<html>", b"[]", b'{"error":{"message":"busy"}}', b"\xff"])
def test_what_is_no_answer_is_the_providers_fault(answer):
    with pytest.raises(ProviderError):
        COMPLETIONS.read_answer(answer)


STREAMS = {
    "text in many scripts": (
        data_stream(event(choice("Grüße 😀")), event(choice("\u2028漢")), event(choice("", "stop"))) + DONE,
        [START, TextDelta("Grüße 😀"), TextDelta("\u2028漢"), Finish("stop")],
    ),
    "an end with the last text": (
        data_stream(event(choice("a", "length"))) + DONE,
        [START, TextDelta("a"), Finish("length")],
    ),
    "usage": (
        data_stream(event(choice("a"), usage=None), event(choice("", "stop")), event(usage=CHAT_USAGE)) + DONE,
        [START, TextDelta("a"), Finish("stop"), REPORT],
    ),
    "two choices": (
        data_stream(event(choice("b", None, 1)), event(choice("a")), event(choice("", "stop", 1))) + DONE,
        [START, TextDelta("b", 1), TextDelta("a"), Finish("stop", choice=1)],
    ),
    "what is not known": (
        b": keep-alive\n\ndata: 7\n\n" + data_stream(event(choice("a"), x=1), event(None, 7)) + DONE,
        [START, TextDelta("a")],
    ),
    "an error in the middle": (
        data_stream(event(choice("a")), {"error": {"message": "busy", "type": "rate_limit_error"}}),
        [START, TextDelta("a"), StreamFailure("rate_limit", "busy")],
    ),
    "a stream cut within an event": (
        data_stream(event(choice("a"))) + b'data: {"id": "cmp',
        [START, TextDelta("a")],
    ),
}


@pytest.mark.parametrize("ends", [b"\n", b"\r\n", b"\r"], ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize("size", [1, 7, 1_000_000])
@pytest.mark.parametrize(("stream", "parts"), STREAMS.values(), ids=STREAMS)
def test_a_stream_reads_the_same_wherever_it_is_cut(stream, parts, size, ends):
    assert read(COMPLETIONS, pieces(stream.replace(b"\n", ends), size)) == parts


@pytest.mark.parametrize("show", [True, False], ids=["asked", "not asked"])
@pytest.mark.parametrize("size", [1, 64, 1_000_000])
@pytest.mark.parametrize(("stream", "parts"), STREAMS.values(), ids=STREAMS)
def test_only_the_usage_event_is_hidden_and_only_from_who_did_not_ask(stream, parts, size, show):
    observer = COMPLETIONS.stream_observer(show)
    results = [observer.feed(piece) for piece in pieces(stream, size)] + [observer.finish()]
    hidden = b"" if show else data_stream(event(usage=CHAT_USAGE))
    assert b"".join(shown for shown, _ in results) == stream.replace(hidden or b"\0", b"")
    assert [part for _, found in results for part in found] == parts


PARTS = [START, TextDelta("a"), TextDelta("b", 1), Finish("length"), Finish("stop", choice=1), REPORT]


def test_what_is_written_is_read_back():
    assert merged(read(COMPLETIONS, [written(COMPLETIONS, PARTS)])) == merged(PARTS)


def test_a_stream_says_the_same_in_the_other_api():
    in_chat = read(CHAT, [written(CHAT, PARTS)])
    assert merged(read(COMPLETIONS, [written(COMPLETIONS, in_chat)])) == merged(PARTS)


@pytest.mark.parametrize("at", [0, 1, 2, 3])
def test_a_stream_that_is_cut_ends_validly_and_says_that_it_was_cut(at):
    stream = written(COMPLETIONS, PARTS[:at])
    assert stream.endswith(DONE)
    assert read(COMPLETIONS, [stream])[-1].reason == "length"


def test_usage_is_written_only_for_a_client_that_asked():
    assert b"usage" not in written(COMPLETIONS, PARTS, Request("m", (), include_usage=False))


@pytest.mark.parametrize("at", range(len(PARTS)))
def test_an_error_ends_the_stream_at_any_moment(at):
    writer = COMPLETIONS.stream_writer(Request("m", (), stream=True))
    stream = writer.write(PARTS[:at]) + writer.fail(OverLimit("spent", code="budget"))
    assert read(COMPLETIONS, [stream])[-1] == StreamFailure("rate_limit", "spent", "budget")
    assert (writer.write([TextDelta("late")]), writer.finish(), writer.fail(OverLimit("again"))) == (b"", b"", b"")


def test_what_the_provider_broke_is_told_to_the_client():
    stream = written(COMPLETIONS, [START, StreamFailure("overloaded", "busy"), TextDelta("b")])
    assert read(COMPLETIONS, [stream])[-1].message == "busy"


def test_a_choice_ends_once_however_often_the_provider_says_so():
    assert written(COMPLETIONS, [START, Finish("stop"), Finish("stop")]).count(b'"stop"') == 1


@pytest.mark.parametrize("parts", [PARTS, PARTS[:2], []], ids=["two choices", "no end", "nothing"])
def test_openais_sdk_reads_a_whole_answer(parts):
    with (
        served(COMPLETIONS.write_answer(parts), kind="application/json") as url,
        openai.OpenAI(base_url=url, api_key="k") as client,
    ):
        completion = client.completions.create(model="m", prompt="hi")
    openai.types.Completion.model_validate(completion.to_dict())
    assert completion.choices[0].text == ("a" if parts else "")


@pytest.mark.parametrize("parts", [PARTS, PARTS[:2], []], ids=["two choices", "no end", "nothing"])
def test_openais_sdk_reads_a_stream(parts):
    with (
        served(written(COMPLETIONS, parts)) as url,
        openai.OpenAI(base_url=url, api_key="k") as client,
        client.completions.create(model="m", prompt="hi", stream=True) as stream,
    ):
        chunks = list(stream)
    texts = [one.text for chunk in chunks for one in chunk.choices if one.index == 0]
    assert "".join(texts) == ("a" if parts else "")
    assert [one.finish_reason for chunk in chunks for one in chunk.choices if one.index == 0][-1] == "length"


def test_each_piece_of_a_stream_says_where_its_tokens_are():
    parts = [START, TextDelta("Hi"), Logprobs((HI,)), TextDelta(" you"), Logprobs((TokenLogprob(" you", -1.5),))]
    writer = COMPLETIONS.stream_writer(Request("m", ()))
    stream = writer.write(parts)
    choices = [json.loads(one[6:])["choices"][0] for one in stream.strip().split(b"\n\n")]
    assert [(one["text"], one["logprobs"]["text_offset"]) for one in choices] == [("Hi", [0]), (" you", [2])]
    assert read(COMPLETIONS, [stream]) == parts


@pytest.mark.parametrize(
    ("logprobs", "tokens"),
    [
        ({}, ()),
        ({"tokens": ["a"]}, (TokenLogprob("a", 0.0),)),
        ({"tokens": ["a"], "token_logprobs": [None], "top_logprobs": [None]}, (TokenLogprob("a", 0.0),)),
        ({"tokens": ["a"], "token_logprobs": [-1, -2], "top_logprobs": [7, {}]}, (TokenLogprob("a", -1.0),)),
        ({"tokens": "a", "token_logprobs": [-1]}, ()),
    ],
)
def test_log_probabilities_are_read_as_far_as_they_go(logprobs, tokens):
    answer = event(choice("a", "stop") | {"logprobs": logprobs})
    read_tokens = [
        part.tokens for part in COMPLETIONS.read_answer(json.dumps(answer).encode()) if isinstance(part, Logprobs)
    ]
    assert read_tokens == ([tokens] if tokens else [])
