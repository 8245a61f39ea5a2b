"""The official SDKs accept what we write: their own accumulators read it, from a real server."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import anthropic
import openai
import pytest
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from ext_proc.apis import APIS
from ext_proc.chat import Request
from ext_proc.errors import Forbidden, Malformed, OverLimit
from ext_proc.parts import (
    Citation,
    Finish,
    Logprobs,
    RefusalDelta,
    Start,
    TextDelta,
    ThinkingDelta,
    ThinkingSignature,
    TokenLogprob,
    ToolUseDelta,
    ToolUseStart,
    UsageReport,
)
from ext_proc.usage import Usage

CHAT, MESSAGES = APIS["chat_completions"], APIS["messages"]
TURNS = [{"role": "user", "content": "hi"}]
REQUEST = Request("m", (), stream=True, include_usage=True)

TEXT = [
    Start("msg_1", "served"),
    TextDelta("Grüße "),
    TextDelta("😀"),
    Finish("stop"),
    UsageReport(Usage(20, 8, 5, 3, 4)),
]
TOOLS = [
    Start("chatcmpl-1", "served", 7),
    ThinkingDelta("a"),
    ThinkingDelta("b"),
    ThinkingSignature("s"),
    ThinkingSignature(redacted="d"),
    TextDelta("c"),
    ToolUseStart(0, "t0", "f"),
    ToolUseDelta(0, '{"a":'),
    ToolUseStart(1, "t1", "g"),
    ToolUseDelta(1, "{}"),
    ToolUseDelta(0, "1}"),
    Finish("tool_calls"),
    UsageReport(Usage(20, 8)),
]

SOURCES = [
    Start("chatcmpl-1", "served", 7),
    TextDelta("It is "),
    Logprobs((TokenLogprob("It is ", -0.5, (TokenLogprob("It was ", -1.5),)),)),
    TextDelta("so."),
    Logprobs((TokenLogprob("so.", -0.25),)),
    Citation(title="X", url="https://x/", span=(6, 9)),
    Citation(title="Y", url="https://y/", span=(0, 5)),
    Finish("stop"),
    UsageReport(Usage(20, 8, service_tier="flex")),
]


@contextmanager
def served(body, status=200, kind="text/event-stream"):
    """A server that answers every call with these bytes; gives its URL."""

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def written(api, parts, request=REQUEST):
    writer = api.stream_writer(request)
    return b"".join([writer.write([part]) for part in parts]) + writer.finish()


def chat_stream(body, **settings):
    with (
        served(body) as url,
        openai.OpenAI(base_url=url, api_key="k", max_retries=0) as client,
        client.chat.completions.stream(model="m", messages=TURNS, **settings) as stream,
    ):
        for _ in stream:
            pass
        return stream.current_completion_snapshot


def messages_stream(body):
    with (
        served(body) as url,
        anthropic.Anthropic(base_url=url, api_key="k", max_retries=0) as client,
        client.messages.stream(model="m", max_tokens=9, messages=TURNS) as stream,
    ):
        return stream.get_final_message()


def test_openais_sdk_reads_a_stream_of_text():
    completion = chat_stream(written(CHAT, TEXT))
    choice = completion.choices[0]
    assert (completion.id, completion.model) == ("chatcmpl-1", "served")
    assert (choice.message.role, choice.message.content, choice.finish_reason) == ("assistant", "Grüße 😀", "stop")
    usage = completion.usage
    assert (usage.prompt_tokens, usage.completion_tokens, usage.prompt_tokens_details.cached_tokens) == (20, 8, 5)


def test_openais_sdk_reads_thinking_and_parallel_tools():
    message = chat_stream(written(CHAT, TOOLS)).choices[0].message
    assert [(call.id, call.function.name, call.function.arguments) for call in message.tool_calls] == [
        ("t0", "f", '{"a":1}'),
        ("t1", "g", "{}"),
    ]
    assert (message.content, message.reasoning_content) == ("c", "ab")


def test_thinking_signed_elsewhere_survives_a_turn_through_openais_sdk():
    """What the SDK gives out, sent back, is what Messages signed."""
    message = chat_stream(written(CHAT, TOOLS)).choices[0].message
    body = {"model": "m", "messages": [*TURNS, message.to_dict()]}
    thoughts = CHAT.read_request(body).messages[1].content[:2]
    assert [(block.text, block.signature, block.redacted) for block in thoughts] == [("ab", "s", None), ("", None, "d")]


def test_openais_sdk_reads_sources_and_log_probabilities():
    with (
        served(CHAT.write_answer(SOURCES), kind="application/json") as url,
        openai.OpenAI(base_url=url, api_key="k", max_retries=0) as client,
    ):
        whole = client.chat.completions.create(model="m", messages=TURNS, logprobs=True)
    ChatCompletion.model_validate(whole.to_dict())
    streamed = chat_stream(written(CHAT, SOURCES)).choices[0]
    for choice in (whole.choices[0], streamed):
        pages = [one.url_citation for one in choice.message.annotations]
        assert [(page.url, page.title, page.start_index, page.end_index) for page in pages] == [
            ("https://x/", "X", 6, 9),
            ("https://y/", "Y", 0, 5),
        ]
        rated = choice.logprobs.content
        assert [(token.token, token.logprob) for token in rated] == [("It is ", -0.5), ("so.", -0.25)]
        assert (rated[0].top_logprobs[0].token, bytes(rated[0].bytes)) == ("It was ", b"It is ")
    assert whole.service_tier == "flex"


def test_every_chunk_of_sources_and_log_probabilities_is_of_openais_types():
    together = CHAT.stream_writer(REQUEST)
    with (
        served(together.write(SOURCES) + together.finish()) as url,
        openai.OpenAI(base_url=url, api_key="k", max_retries=0) as client,
    ):
        for chunk in client.chat.completions.create(model="m", messages=TURNS, stream=True):
            ChatCompletionChunk.model_validate(chunk.to_dict())


def test_openais_sdk_reads_several_choices():
    request = Request("m", (), n=2)
    parts = [TEXT[0], TextDelta("b", 1), TextDelta("a"), Finish("stop", choice=1), Finish("length")]
    completion = chat_stream(written(CHAT, parts, request), n=2)
    assert [(choice.message.content, choice.finish_reason) for choice in completion.choices] == [
        ("a", "length"),
        ("b", "stop"),
    ]


def test_openais_sdk_reads_a_refusal():
    assert chat_stream(written(CHAT, [TEXT[0], RefusalDelta("no"), Finish("stop")])).choices[0].message.refusal == "no"


@pytest.mark.parametrize("at", range(1, len(TOOLS)))
def test_openais_sdk_reads_a_stream_that_was_cut(at):
    """It raises its own `LengthFinishReasonError` where a final answer is asked for; what came is there."""
    expected = "tool_calls" if Finish("tool_calls") in TOOLS[:at] else "length"
    assert chat_stream(written(CHAT, TOOLS[:at])).choices[0].finish_reason == expected


def test_openais_sdk_raises_the_error_that_ends_a_stream():
    writer = CHAT.stream_writer(REQUEST)
    with pytest.raises(openai.APIError, match="spent") as caught:
        chat_stream(writer.write(TEXT[:2]) + writer.fail(OverLimit("spent", code="budget")))
    assert (caught.value.code, caught.value.type) == ("budget", "rate_limit_error")


def test_anthropics_sdk_reads_a_stream_of_text():
    message = messages_stream(written(MESSAGES, TEXT))
    assert (message.id, message.model, message.role, message.stop_reason) == (
        "msg_1",
        "served",
        "assistant",
        "end_turn",
    )
    assert [(block.type, block.text) for block in message.content] == [("text", "Grüße 😀")]
    usage = message.usage
    assert (
        usage.input_tokens,
        usage.output_tokens,
        usage.cache_read_input_tokens,
        usage.cache_creation_input_tokens,
    ) == (12, 8, 5, 3)


def test_anthropics_sdk_reads_thinking_and_parallel_tools():
    message = messages_stream(written(MESSAGES, TOOLS))
    assert (message.id, message.stop_reason) == ("msg_1", "tool_use")
    thinking, redacted, text, first, second = message.content
    assert (thinking.thinking, thinking.signature, redacted.data, text.text) == ("ab", "s", "d", "c")
    assert [(use.id, use.name, use.input) for use in (first, second)] == [("t0", "f", {"a": 1}), ("t1", "g", {})]


@pytest.mark.parametrize("at", range(1, len(TOOLS)))
def test_anthropics_sdk_reads_a_stream_that_was_cut(at):
    expected = "tool_use" if Finish("tool_calls") in TOOLS[:at] else "max_tokens"
    assert messages_stream(written(MESSAGES, TOOLS[:at])).stop_reason == expected


def test_anthropics_sdk_raises_the_error_that_ends_a_stream():
    writer = MESSAGES.stream_writer(REQUEST)
    with pytest.raises(anthropic.APIStatusError, match="spent"):
        messages_stream(writer.write(TEXT[:2]) + writer.fail(OverLimit("spent")))


@pytest.mark.parametrize("parts", [TEXT, TOOLS, [], TEXT[:2]], ids=["text", "tools", "nothing", "no end"])
def test_the_sdks_read_whole_answers(parts):
    with (
        served(CHAT.write_answer(parts), kind="application/json") as url,
        openai.OpenAI(base_url=url, api_key="k") as client,
    ):
        completion = client.chat.completions.create(model="m", messages=TURNS)
    openai.types.chat.ChatCompletion.model_validate(completion.to_dict())
    with (
        served(MESSAGES.write_answer(parts), kind="application/json") as url,
        anthropic.Anthropic(base_url=url, api_key="k") as client,
    ):
        message = client.messages.create(model="m", max_tokens=9, messages=TURNS)
    anthropic.types.Message.model_validate(message.to_dict())


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (Malformed("x"), "BadRequestError"),
        (Forbidden("x"), "PermissionDeniedError"),
        (OverLimit("x"), "RateLimitError"),
    ],
)
def test_the_sdks_raise_their_own_error_for_each_of_ours(error, name):
    with (
        served(CHAT.write_error(error, "r"), error.status, "application/json") as url,
        openai.OpenAI(base_url=url, api_key="k", max_retries=0) as client,
    ):
        with pytest.raises(getattr(openai, name)) as caught:
            client.chat.completions.create(model="m", messages=TURNS)
        assert caught.value.code == error.code
    with (
        served(MESSAGES.write_error(error, "r"), error.status, "application/json") as url,
        anthropic.Anthropic(base_url=url, api_key="k", max_retries=0) as client,
        pytest.raises(getattr(anthropic, name), match="x"),
    ):
        client.messages.create(model="m", max_tokens=9, messages=TURNS)
