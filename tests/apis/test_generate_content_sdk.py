"""Google's SDK accepts what we write, and what it writes is read: against a real server."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from google import genai
from google.genai import types

from ext_proc.apis import APIS
from ext_proc.chat import (
    Image,
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
from ext_proc.errors import ControlError, Forbidden, Malformed, OverLimit
from ext_proc.parts import (
    Citation,
    Finish,
    Logprobs,
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

GEMINI = APIS["generate_content"]

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
    ThinkingSignature("signed by another"),
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


@contextmanager
def served(body, status=200, kind="application/json"):
    """A server that answers every call with these bytes; gives a client of it, and what was asked."""
    asked = []

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self):
            asked.append((self.path, json.loads(self.rfile.read(int(self.headers["content-length"])))))
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
    options = types.HttpOptions(base_url=f"http://127.0.0.1:{server.server_port}")
    try:
        with genai.Client(api_key="k", vertexai=False, http_options=options) as client:
            yield client, asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def written(parts):
    writer = GEMINI.stream_writer(Request("m", (), stream=True))
    return b"".join([writer.write([part]) for part in parts]) + writer.finish()


def streamed(body):
    with served(body, kind="text/event-stream") as (client, _):
        return list(client.models.generate_content_stream(model="m", contents="hi"))


def parts_of(chunks):
    return [part for chunk in chunks for part in chunk.candidates[0].content.parts]


def test_the_sdk_reads_a_stream_of_text():
    chunks = streamed(written(TEXT))
    assert "".join(chunk.text for chunk in chunks) == "Grüße 😀"
    last = chunks[-1]
    assert (last.response_id, last.model_version) == ("1", "served")
    assert last.candidates[0].finish_reason is types.FinishReason.STOP
    usage = last.usage_metadata
    assert (usage.prompt_token_count, usage.candidates_token_count, usage.thoughts_token_count) == (20, 4, 4)
    assert (usage.cached_content_token_count, usage.total_token_count) == (5, 28)


def test_the_sdk_reads_thinking_and_parallel_calls():
    parts = parts_of(streamed(written(TOOLS)))
    assert "".join(part.text for part in parts if part.thought) == "ab"
    assert "".join(part.text for part in parts if part.text and not part.thought) == "c"
    calls = [part.function_call for part in parts if part.function_call]
    assert [(call.id, call.name, call.args) for call in calls] == [("t0", "f", {"a": 1}), ("t1", "g", {})]


def test_what_the_sdk_sends_back_of_an_answer_is_what_was_said():
    """Signatures of others and sealed thinking included."""
    history = types.Content(role="model", parts=parts_of(streamed(written(TOOLS))))
    with served(GEMINI.write_answer(TEXT)) as (client, asked):
        client.models.generate_content(model="m", contents=[history])
    content = GEMINI.read_request({"model": "m", **asked[0][1]}).messages[0].content
    assert content == (
        Thinking("a"),
        Thinking("b", "signed by another"),
        Thinking(redacted="d"),
        Text("c"),
        ToolUse("t0", "f", '{"a":1}'),
        ToolUse("t1", "g", "{}"),
    )


CITED = [
    *TEXT[:3],
    Logprobs((TokenLogprob("Grüße 😀", -0.5, (TokenLogprob("Hi", -1.5),)),)),
    Citation(url="https://x/y", title="t", span=(0, 5)),
    *TEXT[3:],
]


@pytest.mark.parametrize("stream", [False, True])
def test_the_sdk_reads_sources_and_log_probabilities(stream):
    if stream:
        chunks = streamed(written(CITED))
        candidates = [chunk.candidates[0] for chunk in chunks]
    else:
        with served(GEMINI.write_answer(CITED)) as (client, _):
            candidates = client.models.generate_content(model="m", contents="hi").candidates
    grounding = candidates[-1].grounding_metadata
    assert (grounding.grounding_chunks[0].web.uri, grounding.grounding_chunks[0].web.title) == ("https://x/y", "t")
    segment = grounding.grounding_supports[0].segment
    assert (segment.start_index, segment.end_index, segment.text) == (0, 7, "Grüße")
    rated = next(candidate.logprobs_result for candidate in candidates if candidate.logprobs_result)
    assert (rated.chosen_candidates[0].log_probability, rated.top_candidates[0].candidates[0].token) == (-0.5, "Hi")


@pytest.mark.parametrize("at", range(1, len(TOOLS)))
def test_the_sdk_reads_a_stream_that_was_cut(at):
    expected = types.FinishReason.STOP if Finish("tool_calls") in TOOLS[:at] else types.FinishReason.MAX_TOKENS
    assert streamed(written(TOOLS[:at]))[-1].candidates[0].finish_reason is expected


@pytest.mark.parametrize("failure", ["ours", "the provider's"])
def test_the_sdk_raises_the_error_that_ends_a_stream(failure):
    writer = GEMINI.stream_writer(Request("m", ()))
    begun = writer.write(TEXT[:2])
    if failure == "ours":
        stream = begun + writer.fail(OverLimit("spent", code="budget"))
    else:
        stream = begun + writer.write([StreamFailure("rate_limit", "spent", "budget")])
    with pytest.raises(genai.errors.ClientError, match="spent") as caught:
        streamed(stream)
    assert (caught.value.code, caught.value.status) == (429, "RESOURCE_EXHAUSTED")


@pytest.mark.parametrize("parts", [TEXT, TOOLS, [], TEXT[:2]], ids=["text", "tools", "nothing", "no end"])
def test_the_sdk_reads_whole_answers(parts):
    with served(GEMINI.write_answer(parts)) as (client, _):
        answer = client.models.generate_content(model="m", contents="hi")
    assert answer.candidates[0].finish_reason is types.FinishReason.STOP
    assert (answer.text or "") == "".join(part.text for part in parts if isinstance(part, TextDelta))


@pytest.mark.parametrize(
    ("error", "name", "status"),
    [
        (Malformed("x"), "ClientError", "INVALID_ARGUMENT"),
        (Forbidden("x"), "ClientError", "PERMISSION_DENIED"),
        (OverLimit("x"), "ClientError", "RESOURCE_EXHAUSTED"),
        (ControlError("x"), "ServerError", "UNAVAILABLE"),
    ],
)
def test_the_sdk_raises_its_own_error_for_each_of_ours(error, name, status):
    with (
        served(GEMINI.write_error(error, "r"), error.status) as (client, _),
        pytest.raises(getattr(genai.errors, name)) as caught,
    ):
        client.models.generate_content(model="m", contents="hi")
    assert (caught.value.code, caught.value.status, caught.value.message) == (error.status, status, "x")


SCHEMA = types.Schema(type="OBJECT", properties={"city": types.Schema(type="STRING", nullable=True)})
STANDARD = {"type": "object", "properties": {"city": {"type": ["string", "null"]}}}


def test_what_the_sdk_asks_is_read():
    config = types.GenerateContentConfig(
        system_instruction="be kind",
        max_output_tokens=9,
        temperature=0.5,
        top_k=40,
        stop_sequences=["a"],
        candidate_count=2,
        seed=7,
        response_mime_type="application/json",
        response_schema=SCHEMA,
        thinking_config=types.ThinkingConfig(include_thoughts=True, thinking_level="LOW"),
        tools=[types.Tool(function_declarations=[types.FunctionDeclaration(name="f", parameters=SCHEMA)])],
        tool_config=types.ToolConfig(
            function_calling_config=types.FunctionCallingConfig(mode="ANY", allowed_function_names=["f"])
        ),
        automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
    )
    contents = [
        types.Content(role="user", parts=[types.Part.from_bytes(data=b"\xfb\xff", mime_type="image/png")]),
        types.Content(role="model", parts=[types.Part.from_function_call(name="f", args={"city": "Rome"})]),
        types.Content(role="user", parts=[types.Part.from_function_response(name="f", response={"output": "sun"})]),
    ]
    with served(GEMINI.write_answer(TEXT)) as (client, asked):
        client.models.generate_content(model="m", contents=contents, config=config)
    path, members = asked[0]
    assert path.replace("/m:", "/{model}:") in GEMINI.paths
    request = GEMINI.read_request({"model": "m", **members})
    assert [message.content for message in request.messages] == [
        (Image(data="+/8=", media_type="image/png"),),
        (ToolUse("call_0", "f", '{"city":"Rome"}'),),
        (ToolResult("call_0", (Text("sun"),)),),
    ]
    assert request == Request(
        "m",
        request.messages,
        system=(Text("be kind"),),
        tools=(Tool("f", parameters=STANDARD),),
        tool_choice=ToolChoice("tool", "f"),
        output_format=OutputFormat(STANDARD),
        thinking=ThinkingConfig(effort="low"),
        max_output_tokens=9,
        stop=("a",),
        temperature=0.5,
        top_k=40,
        seed=7,
        n=2,
        include_usage=True,
    )


def test_the_sdk_would_write_what_we_write():
    """Its types refuse members that Gemini does not know."""
    request = Request(
        "gemini-3-pro",
        GEMINI.read_request({"model": "m", "contents": {"parts": {"text": "hi"}}}).messages,
        tools=(Tool("f", "d", STANDARD),),
        tool_choice=ToolChoice("tool", "f"),
        output_format=OutputFormat(STANDARD),
        thinking=ThinkingConfig(effort="max"),
        max_output_tokens=9,
        top_k=4,
    )
    members = json.loads(GEMINI.write_request(request))
    types.GenerationConfig.model_validate(members["generationConfig"])
    types.ToolConfig.model_validate(members["toolConfig"])
    for model, key in ((types.Content, "contents"), (types.Tool, "tools")):
        for item in members[key]:
            model.model_validate(item)
