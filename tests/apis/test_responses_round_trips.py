"""What Responses can say survives being written in it and read again, whatever it is."""

from __future__ import annotations

import json
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from ext_proc.apis import APIS
from ext_proc.apis.joined import join, take_apart
from ext_proc.apis.responses.reasoning import MARK
from ext_proc.chat import Document, OutputFormat, Refusal, Request, Text, Thinking, ThinkingConfig, ToolResult, ToolUse
from ext_proc.parts import Citation, Finish, Start, UsageReport
from tests.apis.test_round_trips import (
    answers,
    asking_for_logprobs,
    cited,
    flags,
    ids,
    images,
    maybe,
    never,
    pages,
    pdfs,
    ratios,
    requests,
    schemas,
    some,
    thoughts,
    tiers,
    tool_uses,
    turns,
    usages,
    words,
)

CHAT, MESSAGES, RESPONSES = APIS["chat_completions"], APIS["messages"], APIS["responses"]

texts = st.builds(Text, words)
pictures = images(maybe(st.sampled_from(["low", "high"])), never)
files = st.builds(Document, url=words.map("https://x/".__add__), name=maybe(words)) | st.builds(
    Document, text=st.text(max_size=9), name=words
)
results = st.builds(ToolResult, ids, some(texts | pictures | pdfs | files))
sealed = st.builds(Thinking, words, words.map(MARK.__add__))
said = texts | st.builds(Refusal, words)
uses = st.builds(ToolUse, ids, words, st.text(max_size=9))
responses_turns = turns(
    some(texts | pictures | pdfs | files, least=1) | some(results, least=1), some(said | sealed | uses, least=1)
)
responses_requests = requests(
    responses_turns,
    never,
    output_format=maybe(st.just(OutputFormat()) | st.builds(OutputFormat, schemas, ids, maybe(words), maybe(flags))),
    thinking=maybe(
        st.just(ThinkingConfig(enabled=False))
        | st.builds(ThinkingConfig, effort=st.sampled_from(["minimal", "low", "xhigh", "max"]))
    ),
    max_output_tokens=maybe(st.integers(16, 10_000_000)),
    temperature=maybe(st.floats(0, 2)),
    service_tier=tiers,
    stream=flags,
    include_usage=st.just(True),
).flatmap(asking_for_logprobs)
ends = st.sampled_from(["length", "content_filter"])


def spoken(request):
    """As Responses says it: a tool is strict or it is not, and nothing stops an answer."""
    tools = tuple(replace(tool, strict=tool.strict or False) for tool in request.tools)
    return replace(request, tools=tools, stop=())


def _at_their_place(text):
    """A citation of a document tells no more than where it is to stand."""
    placed = [replace(one, span=(one.span[1],) * 2) if one.url is None else one for one in text.citations]
    return replace(text, citations=tuple(placed))


def _served(tier):
    return None if tier == "auto" else tier


def parts_of(start, blocks, reason, usage):
    return [start, *take_apart(blocks), Finish(reason), UsageReport(usage)]


@settings(max_examples=150, deadline=None)
@given(request=responses_requests)
def test_a_request_of_responses_survives(request):
    request = spoken(request)
    assert RESPONSES.read_request(json.loads(RESPONSES.write_request(request))) == request


@settings(max_examples=100, deadline=None)
@given(blocks=answers, reason=ends, usage=usages)
def test_a_whole_answer_survives(blocks, reason, usage):
    parts = parts_of(Start("resp_1", "m", 7), blocks, reason, usage)
    assert RESPONSES.read_answer(RESPONSES.write_answer(parts)) == parts


@settings(max_examples=100, deadline=None)
@given(blocks=answers, reason=ends, usage=usages, size=st.integers(1, 50))
def test_a_streamed_answer_survives_every_cut(blocks, reason, usage, size):
    parts = parts_of(Start("resp_1", "m", 7), blocks, reason, usage)
    writer, reader = RESPONSES.stream_writer(Request("m", ())), RESPONSES.stream_reader()
    stream = writer.write(parts) + writer.finish()
    read = [part for at in range(0, len(stream), size) for part in reader.feed(stream[at : at + size])]
    assert join(read + reader.finish()) == join(parts)


blocks_in_any_order = st.lists(said | sealed | st.builds(Thinking, redacted=words), max_size=5).flatmap(
    lambda blocks: tool_uses.map(lambda uses: [*blocks, *uses])
)


@settings(max_examples=100, deadline=None)
@given(blocks=blocks_in_any_order, reason=st.sampled_from(["stop", "length", "tool_calls"]), usage=usages)
def test_a_stream_ends_with_the_answer_that_would_have_come_whole(blocks, reason, usage):
    parts = parts_of(Start("resp_1", "m", 7), blocks, reason, usage)
    writer = RESPONSES.stream_writer(Request("m", ()))
    last = (writer.write(parts) + writer.finish()).strip().split(b"\n\n")[-1]
    assert json.loads(last.split(b"data: ", 1)[1])["response"] == json.loads(RESPONSES.write_answer(parts))


@settings(max_examples=100, deadline=None)
@given(blocks=st.tuples(thoughts, tool_uses), reason=ends, usage=usages)
def test_an_answer_survives_the_way_through_all_three_apis(blocks, reason, usage):
    parts = parts_of(Start("resp_1", "m"), [*blocks[0], Text("t"), *blocks[1]], reason, usage)
    in_messages = MESSAGES.read_answer(MESSAGES.write_answer(parts))
    in_chat = CHAT.read_answer(CHAT.write_answer(in_messages))
    assert RESPONSES.read_answer(RESPONSES.write_answer(in_chat)) == parts


shown_results = st.builds(ToolResult, ids, some(texts | pictures))
sources = pages | st.builds(
    Citation, title=maybe(words), document=maybe(st.integers(0, 9)), span=st.integers(0, 4).map(lambda at: (at, at))
)
cited_blocks = st.lists(
    cited(sources).map(_at_their_place) | sealed | st.builds(Refusal, words) | st.just(ToolUse("c", "f", "{}")),
    max_size=5,
)


@settings(max_examples=150, deadline=None)
@given(blocks=cited_blocks, reason=ends, usage=usages, tier=tiers)
def test_a_whole_answer_survives_with_its_sources_and_log_probabilities(blocks, reason, usage, tier):
    parts = parts_of(Start("resp_1", "m", 7), blocks, reason, replace(usage, service_tier=_served(tier)))
    assert join(RESPONSES.read_answer(RESPONSES.write_answer(parts))) == join(parts)


@settings(max_examples=150, deadline=None)
@given(blocks=cited_blocks, reason=ends, usage=usages, size=st.integers(1, 50), together=flags)
def test_a_streamed_answer_survives_with_its_sources_and_log_probabilities(blocks, reason, usage, size, together):
    """Whether the parts are written at once or one by one; it ends with the answer that would have come whole."""
    parts = parts_of(Start("resp_1", "m", 7), blocks, reason, usage)
    writer, reader = RESPONSES.stream_writer(Request("m", ())), RESPONSES.stream_reader()
    written = [writer.write(parts)] if together else [writer.write([part]) for part in parts]
    stream = b"".join(written) + writer.finish()
    read = [part for at in range(0, len(stream), size) for part in reader.feed(stream[at : at + size])]
    assert join(read + reader.finish()) == join(parts)
    last = stream.strip().split(b"\n\n")[-1]
    assert json.loads(last.split(b"data: ", 1)[1])["response"] == json.loads(RESPONSES.write_answer(parts))


unsealed_turns = turns(some(texts | pictures, least=1) | some(shown_results, least=1), some(said | uses, least=1))


@settings(max_examples=50, deadline=None)
@given(top_p=ratios, turns_=unsealed_turns)
def test_a_conversation_survives_the_way_through_messages(top_p, turns_):
    """Its order and its pictures; a refusal becomes a text, and arguments an object."""
    request = Request("m", turns_, top_p=top_p, max_output_tokens=50)
    body = json.loads(RESPONSES.write_request(request))
    again = MESSAGES.read_request(json.loads(MESSAGES.write_request(RESPONSES.read_request(body))))
    kinds = [[_kind(block) for block in message.content] for message in again.messages]
    assert kinds == [[_kind(block) for block in message.content] for message in request.messages]


def _kind(block):
    return Text if isinstance(block, Refusal) else type(block)
