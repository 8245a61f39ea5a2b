"""Where text comes from is told in Messages and Converse, whole and streamed, wherever the stream is cut."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ext_proc.apis import APIS
from ext_proc.apis.joined import join, take_apart
from ext_proc.chat import Text
from ext_proc.parts import Citation, Finish, Start, TextDelta, ToolUseStart, UsageReport
from ext_proc.usage import Usage
from tests.apis import converse_streams as converse
from tests.apis.streams import (
    START,
    STOP,
    block_delta,
    block_start,
    block_stop,
    message_delta,
    message_start,
    named_stream,
    pieces,
    read,
    written,
)
from tests.apis.test_round_trips import words

CONVERSE, MESSAGES, INVOKE = APIS["converse"], APIS["messages"], APIS["invoke_model"]

CITATIONS = {
    "of the web": (
        Citation("It rains.", "Rain", "https://x/rain"),
        {
            "type": "web_search_result_location",
            "url": "https://x/rain",
            "title": "Rain",
            "encrypted_index": "",
            "cited_text": "It rains.",
        },
        {
            "title": "Rain",
            "sourceContent": [{"text": "It rains."}],
            "location": {"web": {"url": "https://x/rain"}},
        },
    ),
}
for unit, type_, counted, location in (
    ("char", "char_location", "char_index", "documentChar"),
    ("page", "page_location", "page_number", "documentPage"),
    ("block", "content_block_location", "block_index", "documentChunk"),
):
    CITATIONS[f"by {unit}"] = (
        Citation("It rains.", "Rain", None, 1, unit, 2, 5),
        {
            "type": type_,
            "cited_text": "It rains.",
            "document_index": 1,
            "document_title": "Rain",
            f"start_{counted}": 2,
            f"end_{counted}": 5,
        },
        {
            "title": "Rain",
            "sourceContent": [{"text": "It rains."}],
            "location": {location: {"documentIndex": 1, "start": 2, "end": 5}},
        },
    )
EVERY = pytest.mark.parametrize(("citation", "in_messages", "in_converse"), CITATIONS.values(), ids=CITATIONS)
USAGE = UsageReport(Usage(9, 2))


@EVERY
def test_a_whole_answer_is_cited_block_by_block(citation, in_messages, in_converse):
    parts = [Start("msg_1", "m"), TextDelta("Well. "), TextDelta("Rain."), Citation(**_fields(citation, span=(6, 11)))]
    parts += [Finish("stop"), USAGE]
    told = json.loads(MESSAGES.write_answer(parts))["content"]
    assert told == [{"type": "text", "text": "Well. "}, {"type": "text", "text": "Rain.", "citations": [in_messages]}]
    told = json.loads(CONVERSE.write_answer(parts))["output"]["message"]["content"]
    cited = {"citationsContent": {"content": [{"text": "Rain."}], "citations": [in_converse]}}
    assert told == [{"text": "Well. "}, cited]


@EVERY
@pytest.mark.parametrize("api", [MESSAGES, CONVERSE, INVOKE], ids=lambda api: api.name)
def test_what_was_cited_is_read_again(api, citation, in_messages, in_converse):
    del in_messages, in_converse
    parts = [Start("msg_1", "m"), TextDelta("Rain."), citation, TextDelta("Sun."), Finish("stop"), USAGE]
    blocks = (Text("Rain.", citations=(citation,)), Text("Sun."))
    assert join(api.read_answer(api.write_answer(parts))).choices[0].blocks == blocks
    assert join(read(api, [written(api, parts)])).choices[0].blocks == blocks


numbers = st.integers(0, 9)
sources = st.builds(Citation, words, st.none() | words, words.map("https://x/".__add__)) | st.builds(
    Citation,
    words,
    words,
    document=numbers,
    unit=st.sampled_from(["char", "page", "block"]),
    start=numbers,
    end=numbers,
)
cited_texts = st.builds(Text, words, citations=st.lists(sources, min_size=1, max_size=3).map(tuple))


@settings(max_examples=100, deadline=None)
@given(blocks=st.lists(cited_texts, min_size=1, max_size=4))
def test_any_cited_text_is_read_as_it_was_written(blocks):
    parts = [Start("msg_1", "m"), *take_apart(blocks), Finish("stop"), USAGE]
    for api in (MESSAGES, CONVERSE, INVOKE):
        assert join(api.read_answer(api.write_answer(parts))).choices[0].blocks == tuple(blocks)
        assert join(read(api, [written(api, parts)])).choices[0].blocks == tuple(blocks)


def _fields(citation, **changes):
    return {name: getattr(citation, name) for name in citation.__dataclass_fields__} | changes


def test_a_citation_of_what_is_neither_a_page_nor_a_document_is_left_out_of_messages():
    parts = [Start("m", "m"), TextDelta("Rain."), Citation(title="a file"), Finish("stop")]
    assert json.loads(MESSAGES.write_answer(parts))["content"] == [{"type": "text", "text": "Rain.", "citations": None}]
    assert b"citations_delta" not in written(MESSAGES, parts)


WEB = CITATIONS["of the web"]
CITED_STREAMS = {
    "messages": (
        MESSAGES,
        named_stream(
            message_start(),
            block_start(0, type="text", text=""),
            block_delta(0, type="text_delta", text="Well. "),
            block_stop(0),
            block_start(1, type="server_tool_use", id="s", name="web_search", input={}),
            block_delta(1, type="input_json_delta", partial_json='{"query":"rain"}'),
            block_stop(1),
            block_start(2, type="web_search_tool_result", tool_use_id="s", content=[{"type": "web_search_result"}]),
            block_stop(2),
            block_start(3, type="text", text="", citations=[]),
            block_delta(3, type="citations_delta", citation=WEB[1]),
            block_delta(3, type="citations_delta", citation={"type": "of another kind"}),
            block_delta(3, type="text_delta", text="Rain"),
            block_delta(3, type="text_delta", text="."),
            block_stop(3),
            block_start(4, type="text", text=""),
            block_delta(4, type="text_delta", text="Bye"),
            block_stop(4),
            message_delta("end_turn", output_tokens=8, server_tool_use={"web_search_requests": 2}),
            STOP,
        ),
        START,
        Usage(0, 8, searches=2),
    ),
    "converse": (
        CONVERSE,
        converse.begin()
        + converse.delta(0, text="Well. ")
        + converse.block_stop(0)
        + converse.delta(1, citation=WEB[2])
        + converse.delta(1, text="Rain")
        + converse.delta(1, text=".")
        + converse.block_stop(1)
        + converse.delta(2, text="Bye")
        + converse.block_stop(2)
        + converse.stop("end_turn")
        + converse.metadata(),
        converse.START,
        converse.USAGE,
    ),
}


@pytest.mark.parametrize("size", [1, 7, 64, 1_000_000])
@pytest.mark.parametrize(("api", "stream", "start", "usage"), CITED_STREAMS.values(), ids=CITED_STREAMS)
def test_a_stream_tells_what_each_citation_is_about_wherever_it_is_cut(api, stream, start, usage, size):
    citation = Citation(**_fields(WEB[0], span=(6, 11)))
    said = [start, TextDelta("Well. "), TextDelta("Rain"), TextDelta("."), citation, TextDelta("Bye"), Finish("stop")]
    assert read(api, pieces(stream, size)) == [*said, UsageReport(usage)]
    observer = api.stream_observer(True)
    assert b"".join(observer.feed(piece)[0] for piece in pieces(stream, size)) + observer.finish()[0] == stream


@pytest.mark.parametrize("api", [MESSAGES, CONVERSE], ids=lambda api: api.name)
def test_what_is_cited_after_its_text_has_ended_is_left_out_of_a_stream(api):
    parts = [Start("m", "m"), TextDelta("Rain."), ToolUseStart(0, "t", "f"), WEB[0], Finish("tool_calls")]
    assert b"x/rain" not in written(api, parts)


USAGES = [
    (
        MESSAGES,
        Usage(20, 8, 5, 6, 4, cache_creation_1h_input_tokens=2, searches=3, service_tier="priority"),
    ),
    (CONVERSE, Usage(20, 8, 5, 6, cache_creation_1h_input_tokens=2, service_tier="flex")),
    (INVOKE, Usage(20, 8, 5, 6, cache_creation_1h_input_tokens=6, service_tier="standard")),
]


@pytest.mark.parametrize(("api", "usage"), USAGES, ids=["messages", "converse", "invoke_model"])
def test_what_is_billed_apart_is_counted_apart(api, usage):
    parts = [Start("m", "m"), TextDelta("Rain."), Finish("stop"), UsageReport(usage)]
    assert join(api.read_answer(api.write_answer(parts))).usage == usage
    assert join(read(api, [written(api, parts)])).usage == usage


REASONS = [
    (MESSAGES, "refusal", "content_filter"),
    (MESSAGES, "model_context_window_exceeded", "length"),
    (MESSAGES, "pause_turn", "stop"),
    (CONVERSE, "guardrail_intervened", "content_filter"),
    (CONVERSE, "content_filtered", "content_filter"),
    (CONVERSE, "model_context_window_exceeded", "length"),
    (CONVERSE, "malformed_tool_use", "stop"),
]


@pytest.mark.parametrize(("api", "word", "reason"), REASONS)
def test_why_an_answer_ended_is_told_in_the_common_words(api, word, reason):
    if api is MESSAGES:
        body = {"content": [], "stop_reason": word}
        stream = named_stream(message_start(), message_delta(word), STOP)
    else:
        body = {"output": {"message": {"content": []}}, "stopReason": word}
        stream = converse.begin() + converse.stop(word)
    assert Finish(reason) in api.read_answer(json.dumps(body).encode())
    assert Finish(reason) in read(api, [stream])
