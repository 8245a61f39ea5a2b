"""What an API can say survives being written in it and read again, whatever it is."""

from __future__ import annotations

import json
from dataclasses import replace

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ext_proc.apis import APIS
from ext_proc.apis.joined import join, take_apart
from ext_proc.chat import (
    Audio,
    Document,
    Image,
    Message,
    OutputFormat,
    Refusal,
    Request,
    Text,
    Thinking,
    ThinkingConfig,
    Tool,
    ToolChoice,
    ToolResult,
    ToolUse,
)
from ext_proc.parts import Citation, Finish, Start, TokenLogprob, UsageReport
from ext_proc.usage import Usage

CHAT, MESSAGES = APIS["chat_completions"], APIS["messages"]
BOTH = pytest.mark.parametrize("api", [CHAT, MESSAGES], ids=["chat_completions", "messages"])

words = st.text(min_size=1, max_size=8).map("w".__add__)
flags = st.booleans()
ids = st.text("abcXYZ019_-", min_size=1, max_size=8)
base64 = st.text("ABCabc123+/", min_size=4, max_size=12)
json_objects = st.dictionaries(st.text(max_size=3), st.none() | st.integers(-9, 9) | st.text(max_size=3), max_size=3)
arguments = json_objects.map(lambda value: orjson.dumps(value).decode())
properties = st.dictionaries(words, st.just({"type": "string"}), min_size=1, max_size=3)
schemas = properties.map(lambda named: {"type": "object", "properties": named, "additionalProperties": False})
ratios = st.none() | st.floats(0, 1)


def maybe(strategy):
    return st.none() | strategy


def some(strategy, least=0):
    return st.lists(strategy, min_size=least, max_size=3).map(tuple)


def images(detail, cache):
    media = st.sampled_from(["image/png", "image/webp"])
    by_url = st.builds(Image, url=words.map("https://x/".__add__), detail=detail, cache=cache)
    return by_url | st.builds(Image, data=base64, media_type=media, detail=detail, cache=cache)


def turns(user, assistant):
    """Messages that alternate."""
    pairs = st.lists(st.tuples(user, assistant), min_size=1, max_size=3)
    return pairs.map(
        lambda pairs: tuple(
            Message(role, content) for pair in pairs for role, content in zip(("user", "assistant"), pair, strict=True)
        )
    )


def requests(turns_, cache, **settings_):
    tools = some(st.builds(Tool, ids, maybe(words), schemas, maybe(flags), cache), least=1)
    choices = st.builds(ToolChoice, st.sampled_from(["auto", "required"]), parallel=maybe(flags)) | st.builds(
        ToolChoice, st.just("tool"), words, maybe(flags)
    )
    plain = st.builds(
        Request,
        model=words,
        messages=turns_,
        system=some(st.builds(Text, words, cache)),
        top_p=ratios,
        user=maybe(words),
        stop=some(words),
        **settings_,
    )
    return st.builds(
        lambda request, tools, choice: _with(request, tools=tools, tool_choice=choice), plain, st.just(()), st.none()
    ) | st.builds(
        lambda request, tools, choice: _with(request, tools=tools, tool_choice=choice), plain, tools, maybe(choices)
    )


tiers = maybe(st.sampled_from(["auto", "default", "flex", "priority"]))


def asking_for_logprobs(request):
    """Or not: how many alternatives is said only then."""
    rated = st.builds(lambda top: _with(request, logprobs=True, top_logprobs=top), maybe(st.integers(0, 20)))
    return st.just(request) | rated


def _with(request, **members):
    return Request(**{name: getattr(request, name) for name in Request.__dataclass_fields__} | members)


never = st.just(False)
chat_texts = st.builds(Text, words)
chat_results = st.builds(ToolResult, ids, some(chat_texts))
sounds = st.builds(Audio, base64, st.sampled_from(["audio/wav", "audio/mp3"]))
pdfs = st.builds(Document, data=base64, media_type=st.just("application/pdf"), name=words)
chat_turns = turns(
    some(chat_texts | images(maybe(st.sampled_from(["low", "high"])), never) | sounds | pdfs, least=1)
    | some(chat_results, least=1),
    st.tuples(
        st.lists(st.builds(Thinking, words), max_size=1),
        st.lists(chat_texts, min_size=1, max_size=2),
        st.lists(st.builds(Refusal, words), max_size=1),
        st.lists(st.builds(ToolUse, ids, words, st.text(max_size=9)), max_size=2),
    ).map(lambda lists: tuple(block for blocks in lists for block in blocks)),
)
chat_requests = requests(
    chat_turns,
    never,
    output_format=maybe(st.just(OutputFormat()) | st.builds(OutputFormat, schemas, ids, maybe(words), maybe(flags))),
    thinking=maybe(
        st.just(ThinkingConfig(enabled=False))
        | st.builds(ThinkingConfig, effort=st.sampled_from(["minimal", "low", "high", "max"]))
    ),
    max_output_tokens=maybe(st.integers(1, 10_000_000)),
    temperature=maybe(st.floats(0, 2)),
    seed=maybe(st.integers(-9, 9)),
    presence_penalty=maybe(st.floats(-2, 2)),
    frequency_penalty=maybe(st.floats(-2, 2)),
    service_tier=tiers,
    n=st.integers(1, 128),
).flatmap(asking_for_logprobs)

points = st.sampled_from([False, True, "1h"])
about = {"name": maybe(words), "context": maybe(words), "citations": flags, "cache": points}
of_data = st.builds(Document, data=base64, media_type=st.just("application/pdf"), **about)
documents = of_data | st.builds(Document, url=words.map("https://x/".__add__), **about)
documents |= st.builds(Document, text=words, **about)
messages_texts = st.builds(Text, words, points)
messages_parts = messages_texts | images(st.none(), points) | documents
messages_results = st.builds(ToolResult, ids, some(messages_parts), flags, points)
messages_turns = turns(
    st.tuples(some(messages_results), some(messages_parts, least=1)).map(lambda both: both[0] + both[1]),
    some(
        messages_texts
        | st.builds(Thinking, words, words)
        | st.builds(Thinking, redacted=words)
        | st.builds(ToolUse, ids, words, arguments, points),
        least=1,
    ),
)
messages_requests = requests(
    messages_turns,
    points,
    service_tier=maybe(st.sampled_from(["auto", "default"])),
    output_format=maybe(st.builds(OutputFormat, schemas)),
    thinking=st.sampled_from([None, ThinkingConfig(enabled=False), ThinkingConfig(enabled=False, effort="low")]),
    max_output_tokens=st.integers(1, 10_000_000),
    temperature=ratios,
    top_k=maybe(st.integers(1, 9)),
    stream=flags,
    include_usage=st.just(True),
) | requests(
    messages_turns,
    flags,
    thinking=st.builds(ThinkingConfig, effort=maybe(st.sampled_from(["low", "medium", "high", "xhigh", "max"]))),
    max_output_tokens=st.integers(1, 10_000_000),
    include_usage=st.just(True),
)


@settings(max_examples=150, deadline=None)
@given(request=chat_requests)
def test_a_request_of_chat_completions_survives(request):
    assert CHAT.read_request(json.loads(CHAT.write_request(request))) == request


@settings(max_examples=150, deadline=None)
@given(request=messages_requests)
def test_a_request_of_messages_survives(request):
    assert MESSAGES.read_request(json.loads(MESSAGES.write_request(request))) == request


tool_uses = st.lists(st.builds(ToolUse, ids, words, arguments), max_size=3)
thoughts = st.lists(st.builds(Thinking, words, words) | st.builds(Thinking, redacted=words), max_size=3)
tokens = st.builds(
    TokenLogprob, st.text(max_size=3), st.floats(-99, 0), some(st.builds(TokenLogprob, words, st.floats(-99, 0)))
) | st.builds(
    TokenLogprob, st.just("\\xe2"), st.floats(-99, 0), raw=st.binary(min_size=1, max_size=3).filter(b"\\xe2".__ne__)
)


def cited(citations):
    """Texts of which every citation is about some characters."""
    spans = st.tuples(st.integers(0, 2), st.integers(2, 4))
    about = st.builds(lambda citation, span: replace(citation, span=span), citations, spans)
    return st.builds(Text, words.map("text".__add__), citations=some(about), logprobs=some(tokens))


pages = st.builds(Citation, title=maybe(words), url=words.map("https://x/".__add__))
refusals = st.lists(st.builds(Refusal, words, some(tokens)), max_size=1)


def answers_of(texts):
    return st.tuples(thoughts, st.lists(texts, max_size=1), refusals, tool_uses).map(
        lambda lists: [block for blocks in lists for block in blocks]
    )


answers = st.tuples(thoughts, st.lists(st.builds(Text, words), max_size=1), tool_uses).map(
    lambda lists: [block for blocks in lists for block in blocks]
)
ends = st.sampled_from(["length", "tool_calls", "content_filter"])
usages = st.builds(
    lambda fresh, output, read, made, thought: Usage(fresh + read + made, output, read, made, thought),
    *[st.integers(0, 9)] * 5,
)


def parts_of(api, blocks, reason, usage):
    start = Start("chatcmpl-1", "m", 7) if api is CHAT else Start("msg_1", "m")
    return [start, *take_apart(blocks), Finish(reason), UsageReport(usage)]


said = st.lists(answers_of(cited(pages)), min_size=1, max_size=3)
tiered = st.builds(
    lambda usage, heard, spoken, tier: replace(
        usage, input_audio_tokens=heard, output_audio_tokens=spoken, service_tier=tier
    ),
    usages,
    st.integers(0, 9),
    st.integers(0, 9),
    maybe(st.sampled_from(["default", "flex", "priority"])),
)


def parts_of_all(choices, usage):
    """Of several choices; those of a provider that tells the length of each after the text."""
    parts = [
        part for at, blocks in enumerate(choices) for part in [*take_apart(blocks, at), Finish("length", None, at)]
    ]
    return [Start("chatcmpl-1", "m", 7), *parts, UsageReport(usage)]


@settings(max_examples=150, deadline=None)
@given(choices=said, usage=tiered)
def test_a_whole_answer_of_chat_completions_survives_with_its_sources_and_log_probabilities(choices, usage):
    parts = parts_of_all(choices, usage)
    assert join(CHAT.read_answer(CHAT.write_answer(parts))) == join(parts)


@settings(max_examples=150, deadline=None)
@given(choices=said, usage=tiered, size=st.integers(1, 50), together=flags)
def test_a_streamed_answer_of_chat_completions_survives_with_its_sources_and_log_probabilities(
    choices, usage, size, together
):
    """Whether the parts are written at once or one by one."""
    parts = parts_of_all(choices, usage)
    writer, reader = CHAT.stream_writer(Request("m", (), include_usage=True)), CHAT.stream_reader()
    written = [writer.write(parts)] if together else [writer.write([part]) for part in parts]
    stream = b"".join(written) + writer.finish()
    read = [part for at in range(0, len(stream), size) for part in reader.feed(stream[at : at + size])]
    assert join(read + reader.finish()) == join(parts)


@BOTH
@settings(max_examples=100, deadline=None)
@given(blocks=answers, reason=ends, usage=usages)
def test_a_whole_answer_survives(api, blocks, reason, usage):
    parts = parts_of(api, blocks, reason, usage)
    assert api.read_answer(api.write_answer(parts)) == parts


@BOTH
@settings(max_examples=100, deadline=None)
@given(blocks=answers, reason=ends, usage=usages, size=st.integers(1, 50))
def test_a_streamed_answer_survives_every_cut(api, blocks, reason, usage, size):
    """Joined, as usage may be reported twice."""
    parts = parts_of(api, blocks, reason, usage)
    writer, reader = api.stream_writer(Request("m", (), include_usage=True)), api.stream_reader()
    stream = writer.write(parts) + writer.finish()
    read = [part for at in range(0, len(stream), size) for part in reader.feed(stream[at : at + size])]
    assert join(read + reader.finish()) == join(parts)


@settings(max_examples=100, deadline=None)
@given(blocks=answers, reason=ends, usage=usages)
def test_an_answer_survives_the_way_through_both_apis(blocks, reason, usage):
    parts = parts_of(MESSAGES, blocks, reason, usage)
    in_chat = CHAT.write_answer(parts)
    assert MESSAGES.read_answer(MESSAGES.write_answer(CHAT.read_answer(in_chat))) == parts
