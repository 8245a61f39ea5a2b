"""The official SDKs, unmodified, through a real Envoy, on providers of either API."""

from __future__ import annotations

import json

import anthropic
import openai
import pytest

from tests.sdks.scripts import SCENARIOS, USAGE

CHAT_MODELS = ("gpt-4o-mini", "chat-on-messages", "renamed", "watched")
MESSAGES_MODELS = ("claude-haiku-4-5", "messages-on-chat")
CASES = ("text", "length", "tools", "schema", "thinking")
WEATHER = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
OPENAI_TOOLS = [{"type": "function", "function": {"name": "weather", "description": "Now.", "parameters": WEATHER}}]
ANTHROPIC_TOOLS = [{"name": "weather", "description": "Now.", "input_schema": WEATHER}]
MESSAGES_STOPS = {"stop": "end_turn", "length": "max_tokens", "tool_calls": "tool_use"}


def chat_request(model, case):
    extra = {"tools": OPENAI_TOOLS} if case == "tools" else {}
    if case == "schema":
        extra["response_format"] = {"type": "json_schema", "json_schema": {"name": "now", "schema": WEATHER}}
    return {"model": model, "messages": [{"role": "user", "content": case}], "max_tokens": 2000, **extra}


def messages_request(model, case):
    extra = {"tools": ANTHROPIC_TOOLS} if case == "tools" else {}
    if case == "thinking":
        extra["thinking"] = {"type": "enabled", "budget_tokens": 1024}
    return {"model": model, "messages": [{"role": "user", "content": case}], "max_tokens": 2000, **extra}


def check_chat(message, finish_reason, usage, case):
    told = SCENARIOS[case]
    assert message.content == told["text"]
    assert finish_reason == told["stop"]
    calls = [(c.id, c.function.name, json.loads(c.function.arguments)) for c in message.tool_calls or []]
    assert calls == [(i, n, json.loads(a)) for i, n, a in told.get("tools", [])]
    if "thinking" in told:
        assert message.reasoning_content == told["thinking"]
    if usage is not None:
        assert (usage.prompt_tokens, usage.completion_tokens) == (USAGE["input"], USAGE["output"])
        assert usage.prompt_tokens_details.cached_tokens == USAGE["cached"]


def check_messages(message, case):
    told = SCENARIOS[case]
    assert "".join(b.text for b in message.content if b.type == "text") == told["text"]
    assert message.stop_reason == MESSAGES_STOPS[told["stop"]]
    uses = [(b.id, b.name, b.input) for b in message.content if b.type == "tool_use"]
    assert uses == [(i, n, json.loads(a)) for i, n, a in told.get("tools", [])]
    assert "".join(b.thinking for b in message.content if b.type == "thinking") == told.get("thinking", "")
    assert message.usage.input_tokens + message.usage.cache_read_input_tokens == USAGE["input"]
    assert message.usage.output_tokens == USAGE["output"]


def check_entry(gate, decision_id, *, stream):
    entry = gate.entry(decision_id)
    assert (entry["status"], entry["outcome"], entry["stream"]) == (200, "served", stream), entry
    counted = (entry["input_tokens"], entry["output_tokens"], entry["cache_read_input_tokens"], entry["estimated"])
    assert counted == (USAGE["input"], USAGE["output"], USAGE["cached"], False)
    assert entry["cost_nano"] > 0


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("model", CHAT_MODELS)
def test_an_openai_client_gets_a_whole_answer(gate, model, case):
    raw = gate.client(openai.OpenAI).chat.completions.with_raw_response.create(**chat_request(model, case))
    answer = raw.parse()
    check_chat(answer.choices[0].message, answer.choices[0].finish_reason, answer.usage, case)
    check_entry(gate, raw.headers["x-tollkeeper-decision"], stream=False)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("model", CHAT_MODELS)
@pytest.mark.parametrize("include_usage", [True, False])
def test_an_openai_client_gets_a_stream(gate, model, case, include_usage):
    options = {"stream_options": {"include_usage": True}} if include_usage else {}
    raw = gate.client(openai.OpenAI).chat.completions.with_raw_response.create(
        **chat_request(model, case), stream=True, **options
    )
    chunks = list(raw.parse())
    answer = joined(chunks)
    usages = [chunk.usage for chunk in chunks if not chunk.choices]
    assert len(usages) == include_usage
    check_chat(answer, answer.finish_reason, usages[0] if usages else None, case)
    check_entry(gate, raw.headers["x-tollkeeper-decision"], stream=True)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("model", ["gpt-4o-mini", "chat-on-messages"])
async def test_an_async_openai_client_gets_a_stream_by_the_sdks_own_helper(gate, model, case):
    async with gate.client(openai.AsyncOpenAI) as client:
        async with client.chat.completions.stream(**chat_request(model, case)) as stream:
            answer = await stream.get_final_completion() if case != "length" else None
            if answer is not None:
                check_chat(answer.choices[0].message, answer.choices[0].finish_reason, answer.usage, case)
        assert case == "length" or answer.choices[0].message.content


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("model", MESSAGES_MODELS)
def test_an_anthropic_client_gets_a_whole_answer(gate, model, case):
    raw = gate.client(anthropic.Anthropic).messages.with_raw_response.create(**messages_request(model, case))
    check_messages(raw.parse(), case)
    check_entry(gate, raw.headers["x-tollkeeper-decision"], stream=False)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("model", MESSAGES_MODELS)
async def test_an_async_anthropic_client_gets_a_stream(gate, model, case):
    async with (
        gate.client(anthropic.AsyncAnthropic) as client,
        client.messages.stream(**messages_request(model, case)) as stream,
    ):
        check_messages(await stream.get_final_message(), case)
        decision_id = stream.response.headers["x-tollkeeper-decision"]
    check_entry(gate, decision_id, stream=True)


@pytest.mark.parametrize("model", MESSAGES_MODELS)
def test_a_sync_anthropic_client_gets_the_text_of_a_stream(gate, model):
    with gate.client(anthropic.Anthropic).messages.stream(**messages_request(model, "text")) as stream:
        assert "".join(stream.text_stream) == SCENARIOS["text"]["text"]


class joined:  # noqa: N801  reads as what it returns
    """The chunks of one streamed choice, put together."""

    def __init__(self, chunks):
        deltas = [choice.delta for chunk in chunks for choice in chunk.choices]
        self.content = "".join(delta.content or "" for delta in deltas)
        self.reasoning_content = "".join(getattr(delta, "reasoning_content", None) or "" for delta in deltas)
        self.finish_reason = next(c.finish_reason for chunk in chunks for c in chunk.choices if c.finish_reason)
        self.tool_calls = []
        for call in (call for delta in deltas for call in delta.tool_calls or []):
            if call.index == len(self.tool_calls):
                self.tool_calls.append(call)
            else:
                self.tool_calls[call.index].function.arguments += call.function.arguments
