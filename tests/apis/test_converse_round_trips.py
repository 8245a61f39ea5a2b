"""What Converse can say in a request survives being written in it and read again, whatever it is."""

from __future__ import annotations

import json
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from ext_proc.apis import APIS
from ext_proc.apis.converse.media import named
from ext_proc.chat import (
    Audio,
    Document,
    Image,
    OutputFormat,
    Text,
    Thinking,
    ThinkingConfig,
    Tool,
    ToolChoice,
    ToolResult,
    ToolUse,
)
from tests.apis.test_round_trips import (
    arguments,
    base64,
    flags,
    ids,
    maybe,
    points,
    ratios,
    requests,
    schemas,
    some,
    turns,
    words,
)

CONVERSE = APIS["converse"]

texts = st.builds(Text, words, points)
kinds = st.sampled_from(["image/png", "image/jpeg", "image/gif", "image/webp"])
plain_images = st.builds(Image, data=base64, media_type=kinds) | st.builds(
    Image, url=ids.map("s3://bucket/".__add__), media_type=kinds
)
images = st.builds(lambda image, cache: replace(image, cache=cache), plain_images, points)
about = {"name": st.just("named"), "context": maybe(words), "citations": flags}
document_kinds = st.sampled_from(["application/pdf", "text/csv", "application/msword", "text/plain"])
documents = (
    st.builds(Document, data=base64, media_type=document_kinds, **about)
    | st.builds(Document, url=ids.map("s3://bucket/".__add__), media_type=document_kinds, **about)
    | st.builds(Document, text=words, **about)
)
sounds = st.builds(Audio, base64, st.sampled_from(["audio/wav", "audio/mp3", "audio/flac"]))
results = st.builds(ToolResult, ids, some(st.builds(Text, words) | plain_images), flags, points)
uses = st.builds(ToolUse, ids, words, arguments, points)
thoughts = st.builds(Thinking, words, words) | st.builds(Thinking, redacted=words)
tools = some(st.builds(Tool, ids, maybe(words), schemas, maybe(flags), points), least=1)
choices = maybe(st.just(ToolChoice("required")) | st.builds(ToolChoice, st.just("tool"), words))


def asked(user, assistant, **members):
    plain = requests(
        turns(user, assistant),
        points,
        service_tier=maybe(st.sampled_from(["default", "flex", "priority"])),
        temperature=ratios,
        max_output_tokens=maybe(st.integers(1, 10_000_000)),
        output_format=maybe(st.builds(OutputFormat, schemas, maybe(words), maybe(words))),
        stream=flags,
        include_usage=st.just(True),
    )
    changes = st.fixed_dictionaries(members)
    return st.builds(lambda request, changed: replace(request, user=None, **changed), plain, changes)


with_documents = st.tuples(some(images | sounds), st.tuples(texts, st.builds(replace, documents, cache=points))).map(
    lambda both: both[0] + both[1]
)
toolless = asked(
    some(texts | images | sounds, least=1) | with_documents,
    some(texts | thoughts, least=1),
    tools=st.just(()),
    tool_choice=st.none(),
)
tooled = asked(
    st.tuples(some(results), some(texts | images, least=1)).map(lambda both: both[0] + both[1]),
    some(texts | thoughts | uses, least=1),
    tools=tools,
    tool_choice=choices,
)
of_claude = asked(
    some(texts, least=1),
    some(texts, least=1),
    model=st.just("anthropic.claude-opus-4-8"),
    tools=st.just(()),
    tool_choice=st.none(),
    temperature=st.none(),
    thinking=maybe(st.builds(ThinkingConfig, effort=maybe(st.sampled_from(["low", "medium", "high", "xhigh", "max"])))),
)


@settings(max_examples=200, deadline=None)
@given(request=toolless | tooled | of_claude)
def test_a_request_of_converse_survives(request):
    body = {"model": request.model, "stream": request.stream, **json.loads(CONVERSE.write_request(request))}
    assert CONVERSE.outline(body).stream == request.stream
    assert CONVERSE.read_request(body) == replace(request, messages=named(request.messages))
