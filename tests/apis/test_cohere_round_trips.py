"""What Cohere's Chat can say survives being written in it and read again, whatever it is."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from ext_proc.apis import APIS
from ext_proc.apis.joined import join, take_apart
from ext_proc.chat import (
    Document,
    Image,
    Message,
    OutputFormat,
    Request,
    Text,
    Thinking,
    ThinkingConfig,
    Tool,
    ToolChoice,
    ToolResult,
    ToolUse,
)
from ext_proc.parts import Citation, Finish, Start, UsageReport
from ext_proc.usage import Usage
from tests.apis.test_round_trips import arguments, base64, ids, maybe, ratios, schemas, some, words

COHERE = APIS["cohere_chat"]

texts = st.builds(Text, words)
details = maybe(st.sampled_from(["low", "high"]))
images = st.builds(Image, url=words.map("https://x/".__add__), detail=details) | st.builds(
    Image, data=base64, media_type=st.sampled_from(["image/png", "image/webp"]), detail=details
)
documents = st.builds(Document, text=words, name=words, context=maybe(words), citations=st.just(True))
results = some(st.builds(ToolResult, ids, some(texts)), least=1)
spoken = st.tuples(some(st.builds(Thinking, words)), st.lists(texts, min_size=1, max_size=1).map(tuple)).map(
    lambda both: both[0] + both[1]
)
called = st.tuples(
    some(st.builds(Thinking, words)),
    st.lists(texts, max_size=1).map(tuple),
    some(st.builds(ToolUse, ids, words, arguments), least=1),
).map(lambda all_: all_[0] + all_[1] + all_[2])
turns = st.tuples(
    st.lists(st.tuples(some(texts | images, least=1) | results, spoken | called), max_size=2),
    some(documents),
    some(texts | images, least=1),
).map(
    lambda parts: (
        *(Message(role, said) for pair in parts[0] for role, said in zip(("user", "assistant"), pair, strict=True)),
        Message("user", parts[1] + parts[2]),
    )
)
tools = maybe(st.booleans()).flatmap(
    lambda strict: some(st.builds(Tool, ids, maybe(words), schemas, st.just(strict)), least=1)
)
requests = st.tuples(tools, maybe(st.sampled_from([ToolChoice("required"), ToolChoice("none")]))).flatmap(
    lambda tooled: st.builds(
        Request,
        model=words,
        messages=turns,
        system=some(texts),
        tools=st.just(tooled[0]),
        tool_choice=st.just(tooled[1]),
        output_format=maybe(st.just(OutputFormat()) | st.builds(OutputFormat, schemas)),
        thinking=maybe(
            st.just(ThinkingConfig(enabled=False)) | st.builds(ThinkingConfig, budget_tokens=maybe(st.integers(1, 9)))
        ),
        max_output_tokens=maybe(st.integers(1, 10_000_000)),
        stop=some(words),
        temperature=ratios,
        top_p=maybe(st.floats(0.01, 0.99)),
        top_k=maybe(st.integers(1, 500)),
        seed=maybe(st.integers(0, 9)),
        presence_penalty=ratios,
        frequency_penalty=ratios,
        logprobs=st.booleans(),
        stream=st.booleans(),
        include_usage=st.just(True),
    )
)


@settings(max_examples=150, deadline=None)
@given(request=requests)
def test_a_request_survives(request):
    assert COHERE.read_request(json.loads(COHERE.write_request(request))) == request


usages = st.builds(lambda fresh, output, read: Usage(fresh + read, output, read), *[st.integers(0, 9)] * 3)
thoughts = st.builds(Thinking, words, words) | st.builds(Thinking, redacted=words)
cited = st.builds(
    lambda text, document: Text(text, citations=(Citation("t", "n", document=document, span=(0, len(text))),)),
    words,
    st.integers(0, 9),
)
answers = st.tuples(
    st.lists(thoughts, max_size=2),
    st.lists(texts | cited, max_size=1),
    st.lists(st.builds(ToolUse, ids, words, arguments), max_size=3),
).map(lambda lists: [block for blocks in lists for block in blocks])
ends = st.sampled_from(["length", "tool_calls", "content_filter"])
GROUNDED = Request("m", (Message("user", (Document(text="t"),)),))


def parts_of(blocks, reason, usage):
    return [Start("i", ""), *take_apart(blocks), Finish(reason), UsageReport(usage)]


@settings(max_examples=150, deadline=None)
@given(blocks=answers, reason=ends, usage=usages)
def test_a_whole_answer_survives(blocks, reason, usage):
    parts = parts_of(blocks, reason, usage)
    assert join(COHERE.read_answer(COHERE.write_answer(parts))) == join(parts)


@settings(max_examples=150, deadline=None)
@given(blocks=answers, reason=ends, usage=usages, size=st.integers(1, 50))
def test_a_streamed_answer_survives_every_cut(blocks, reason, usage, size):
    parts = parts_of(blocks, reason, usage)
    writer, reader = COHERE.stream_writer(GROUNDED), COHERE.stream_reader()
    stream = writer.write(parts) + writer.finish()
    read = [part for at in range(0, len(stream), size) for part in reader.feed(stream[at : at + size])]
    assert join(read + reader.finish()) == join(parts)
