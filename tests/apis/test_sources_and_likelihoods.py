"""Where an answer comes from, how likely its tokens were, and what it was served as, told in OpenAI's words."""

from __future__ import annotations

import json

import pytest

from ext_proc.apis import APIS
from ext_proc.apis.joined import join
from ext_proc.chat import Request, Text
from ext_proc.parts import (
    Citation,
    Finish,
    Logprobs,
    RefusalDelta,
    Start,
    TextDelta,
    TokenLogprob,
    ToolUseStart,
    UsageReport,
)
from ext_proc.usage import Usage
from tests.apis.streams import CHAT, chunk, data_stream, delta, read, written

RESPONSES = APIS["responses"]
START = Start("chatcmpl-1", "m", 7)
WEB = Citation(title="X", url="https://x/")
HI, NO = TokenLogprob("hi", -0.5, (TokenLogprob("ho", -2.0),)), TokenLogprob("no", -1.0)


def page(start, end, **members):
    return {"url": "https://x/", "title": "X", "start_index": start, "end_index": end, **members}


def rated(token, logprob, *top):
    alone = {"token": token, "bytes": list(token.encode()), "logprob": logprob}
    return {**alone, "top_logprobs": [{key: one[key] for key in alone} for one in top]}


def chat(message, **members):
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 7,
        "model": "m",
        "choices": [
            {"index": 0, "message": {"role": "assistant", "refusal": None, **message}, "finish_reason": "stop"}
            | {"logprobs": members.pop("logprobs", None)}
        ],
        **members,
    }


def written_whole(parts):
    return json.loads(CHAT.write_answer([START, *parts, Finish("stop")]))


# (what, the parts between start and end, the answer that says them)
WHOLE = {
    "a page of the web": (
        [TextDelta("It is so."), Citation(title="X", url="https://x/", span=(6, 8))],
        chat({"content": "It is so.", "annotations": [{"type": "url_citation", "url_citation": page(6, 8)}]}),
    ),
    "log probabilities": (
        [TextDelta("hi"), Logprobs((HI,)), RefusalDelta("no"), Logprobs((NO,))],
        chat(
            {"content": "hi", "refusal": "no"},
            logprobs={"content": [rated("hi", -0.5, rated("ho", -2.0))], "refusal": [rated("no", -1.0)]},
        ),
    ),
}


@pytest.mark.parametrize(("parts", "answer"), WHOLE.values(), ids=WHOLE)
def test_what_is_said_of_a_text_is_read_and_written(parts, answer):
    assert CHAT.read_answer(json.dumps(answer).encode())[1:-1] == parts
    assert written_whole(parts) == answer


def test_blocks_that_are_cited_as_a_whole_become_stretches_of_the_one_text():
    parts = [TextDelta("It says "), TextDelta("yes"), WEB, TextDelta(". Or "), TextDelta("no"), WEB]
    message = written_whole(parts)["choices"][0]["message"]
    assert message["content"] == "It says yes. Or no"
    spans = [(one["url_citation"]["start_index"], one["url_citation"]["end_index"]) for one in message["annotations"]]
    assert spans == [(0, 11), (11, 18)]


def test_a_citation_of_a_given_document_has_no_place_in_chat_completions():
    parts = [TextDelta("a"), Citation(document=0, title="report.pdf", cited_text="b")]
    assert "annotations" not in written_whole(parts)["choices"][0]["message"]
    assert b"annotations" not in written(CHAT, [START, *parts])


def test_the_words_that_openrouter_cites_are_read():
    answer = chat({"content": "a", "annotations": [{"type": "url_citation", "url_citation": page(0, 1, content="b")}]})
    [block] = join(CHAT.read_answer(json.dumps(answer).encode())).choices[0].blocks
    assert block == Text("a", citations=(Citation("b", "X", "https://x/", span=(0, 1)),))


@pytest.mark.parametrize(
    "annotation",
    [None, {}, {"type": "url_citation"}, {"type": "url_citation", "url_citation": {"url": 7}}, {"type": "file_path"}],
)
def test_an_annotation_without_a_source_is_none(annotation):
    answer = chat({"content": "a", "annotations": [annotation]})
    assert join(CHAT.read_answer(json.dumps(answer).encode())).choices[0].blocks == (Text("a"),)


@pytest.mark.parametrize(("start", "end"), [(None, 1), ("0", "1"), (True, 1), (0.5, 1)])
def test_a_citation_without_a_place_is_about_all_of_the_text(start, end):
    answer = chat({"content": "ab", "annotations": [{"type": "url_citation", "url_citation": page(start, end)}]})
    [block] = join(CHAT.read_answer(json.dumps(answer).encode())).choices[0].blocks
    assert block == Text("ab", citations=(WEB,))


def test_a_place_outside_the_text_is_brought_inside():
    answer = chat({"content": "ab", "annotations": [{"type": "url_citation", "url_citation": page(1, 99)}]})
    [block] = join(CHAT.read_answer(json.dumps(answer).encode())).choices[0].blocks
    assert block.citations[0].span == (1, 2)


@pytest.mark.parametrize("raw", [None, "hi", [256], [-1], [True], ["104"], [104, 105]])
def test_bytes_that_are_none_or_say_nothing_new_are_not_kept(raw):
    answer = chat({"content": "hi"}, logprobs={"content": [{"token": "hi", "logprob": -1, "bytes": raw}]})
    [block] = join(CHAT.read_answer(json.dumps(answer).encode())).choices[0].blocks
    assert block.logprobs == (TokenLogprob("hi", -1.0),)


def test_log_probabilities_stand_in_the_chunk_of_their_text():
    stream = CHAT.stream_writer(Request("m", ())).write([TextDelta("hi"), Logprobs((NO,)), TextDelta("you")])
    choices = [json.loads(event[6:])["choices"][0] for event in stream.strip().split(b"\n\n")]
    assert [(one["delta"].get("content"), one.get("logprobs")) for one in choices] == [
        (None, None),
        ("hi", {"content": [rated("no", -1.0)], "refusal": None}),
        ("you", None),
    ]


def test_log_probabilities_of_one_choice_do_not_rate_another():
    stream = written(CHAT, [START, TextDelta("a", 1), Logprobs((NO,), 0), TextDelta("b", 0)])
    choices = join(read(CHAT, [stream])).choices
    assert [choice.blocks for choice in choices] == [(Text("b"),), (Text("a"),)]


# The provider's word for the tier that it served in, and the client's.
TIERS = [("standard", "default"), ("PRIORITY", "priority"), ("flex", "flex"), ("batch", None), (None, None)]


@pytest.mark.parametrize(("served", "told"), TIERS)
def test_the_tier_that_served_is_told_in_openais_words(served, told):
    parts = [START, TextDelta("a"), Finish("stop"), UsageReport(Usage(3, 2, service_tier=served))]
    assert json.loads(CHAT.write_answer(parts)).get("service_tier") == told
    last = written(CHAT, parts).split(b"\n\n")[-3]
    assert json.loads(last[6:]).get("service_tier") == told


COUNTS = {
    "prompt_tokens": 9,
    "completion_tokens": 8,
    "total_tokens": 17,
    "prompt_tokens_details": {"cached_tokens": 1, "cache_write_tokens": 2, "audio_tokens": 3, "image_tokens": 1},
    "completion_tokens_details": {"reasoning_tokens": 4, "audio_tokens": 2},
}
USED = Usage(9, 8, 1, 2, 4, input_audio_tokens=3, output_audio_tokens=2, input_image_tokens=1, service_tier="flex")


def test_sound_and_images_are_counted_among_the_tokens():
    answer = chat({"content": "a"}, usage=COUNTS, service_tier="flex")
    parts = CHAT.read_answer(json.dumps(answer).encode())
    assert parts[-1] == UsageReport(USED)
    assert json.loads(CHAT.write_answer(parts)) == answer


def test_a_stream_tells_the_tier_and_sound_too():
    stream = data_stream(chunk(delta(content="a"), service_tier="auto"), chunk(usage=COUNTS, service_tier="flex"))
    assert read(CHAT, [stream])[-1] == UsageReport(USED)


def response_of(parts):
    return json.loads(RESPONSES.write_answer(parts))


def events(stream):
    return [json.loads(block.split("data: ")[1]) for block in stream.decode().split("\n\n") if block]


def test_a_given_document_is_cited_by_its_number():
    parts = [START, TextDelta("a"), Citation("b", "report.pdf", document=2, unit="page", start=1, end=2)]
    [part] = response_of(parts)["output"][0]["content"]
    assert part["annotations"] == [
        {"type": "file_citation", "file_id": "document_2", "filename": "report.pdf", "index": 1}
    ]
    [block] = join(RESPONSES.read_answer(json.dumps(response_of(parts)).encode())).choices[0].blocks
    assert block.citations == (Citation(title="report.pdf", document=2, span=(1, 1)),)


def test_a_citation_comes_while_its_text_is_open_and_has_no_place_later():
    late = Citation(url="https://x/", span=(0, 1))
    stream = written(RESPONSES, [START, TextDelta("a"), late, ToolUseStart(0, "t", "f"), late, Finish("stop")])
    told = [event for event in events(stream) if event["type"] == "response.output_text.annotation.added"]
    assert [(event["annotation_index"], event["content_index"], event["output_index"]) for event in told] == [(0, 0, 0)]
    assert events(stream)[-1]["response"]["output"][0]["content"][0]["annotations"] == [told[0]["annotation"]]


def test_the_tier_that_served_is_told():
    parts = [START, TextDelta("a"), Finish("stop"), UsageReport(Usage(3, 2, service_tier="flex"))]
    assert response_of(parts)["service_tier"] == "flex"
    assert events(written(RESPONSES, parts))[-1]["response"]["service_tier"] == "flex"
    assert RESPONSES.read_answer(json.dumps(response_of(parts)).encode())[1:] == parts[1:]


def test_log_probabilities_of_a_refusal_have_no_place():
    parts = [START, RefusalDelta("no"), Logprobs((TokenLogprob("no", -1.0),)), Finish("stop")]
    assert response_of(parts)["output"][0]["content"] == [{"type": "refusal", "refusal": "no"}]
    assert events(written(RESPONSES, parts))[-1]["response"] == response_of(parts)
