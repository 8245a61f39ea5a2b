"""A stream without a cap, on a budget: never more than that is delivered, the SDKs see a valid end, the provider goes."""

from __future__ import annotations

import itertools

import anthropic
import openai
import pytest

from tests.fakes import Response
from tests.gateway import gateway, poll
from tests.sdks.scripts import sse

BUDGET = 3000
WORD = "word "
WRITTEN = 40_000
"""Words that the provider would write, were it let."""
LIMITS = [{"name": "few", "per": ["key"], "tokens": BUDGET, "window": "forever"}]
MODELS = {
    "chat": {"backends": [{"provider": "openai"}]},
    "chat-on-messages": {"backends": [{"provider": "anthropic"}]},
    "messages": {"backends": [{"provider": "anthropic"}], "slices": "always"},
    "messages-on-chat": {"backends": [{"provider": "openai"}], "slices": "always"},
}


def openai_answer(_received):
    head = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    choice = {"index": 0, "delta": {"content": WORD}, "finish_reason": None}
    events = itertools.repeat(sse({**head, "choices": [choice]}), WRITTEN)
    return Response(events, content_type="text/event-stream", pause=0.0005)


def anthropic_answer(_received):
    usage = {"input_tokens": 7, "output_tokens": 1}
    message = {"id": "m", "type": "message", "role": "assistant", "model": "m", "content": [], "usage": usage}
    delta = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": WORD}}
    first = [
        {"type": "message_start", "message": message},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    ]
    events = itertools.chain(first, itertools.repeat(delta, WRITTEN))
    told = (sse(event, event["type"]) for event in events)
    return Response(told, content_type="text/event-stream", pause=0.0005)


def chat(gate, model):
    """The text and the finish reason that the SDK sees."""
    asked = [{"role": "user", "content": "Write on."}]
    stream = gate.client(openai.OpenAI).chat.completions.create(
        model=model, messages=asked, stream=True, stream_options={"include_usage": True}
    )
    chunks = list(stream)
    text = "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)
    ends = [choice.finish_reason for chunk in chunks for choice in chunk.choices if choice.finish_reason]
    return text, ends, chunks[-1].usage.completion_tokens


def messages(gate, model):
    asked = [{"role": "user", "content": "Write on."}]
    with gate.client(anthropic.Anthropic).messages.stream(model=model, max_tokens=100_000, messages=asked) as stream:
        message = stream.get_final_message()
    return message.content[0].text, [message.stop_reason], message.usage.output_tokens


@pytest.mark.parametrize("version", ["1.37", "1.40"])
@pytest.mark.parametrize(
    ("ask", "model", "end"),
    [
        (chat, "chat", "length"),
        (chat, "chat-on-messages", "length"),
        (messages, "messages", "max_tokens"),
        (messages, "messages-on-chat", "max_tokens"),
    ],
)
def test_no_more_is_delivered_than_the_budget_has(tmp_path, version, ask, model, end):
    with gateway(tmp_path, version, openai_answer, anthropic_answer, models=MODELS, limits=LIMITS) as gate:
        text, ends, told = ask(gate, model)
        assert set(text.split(" ")) == {"word", ""}
        assert 0 < len(text) <= BUDGET
        assert ends == [end]
        (entry,) = gate.entries(1)
        assert (entry["outcome"], entry["finish_reason"], entry["estimated"]) == ("aborted", "length", True)
        assert entry["output_tokens"] == told
        assert len(text) // 4 <= told <= BUDGET - entry["input_tokens"]
        fake = gate.openai if gate.openai.received else gate.anthropic
        (sent,) = poll(lambda: fake.delivered)
        assert sent < WRITTEN
