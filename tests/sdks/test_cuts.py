"""However a provider's stream is cut into pieces, and whichever line ends it uses, the client gets the same answer."""

from __future__ import annotations

from collections.abc import Iterator

import anthropic
import openai
import pytest

from tests.fakes import Received, Response
from tests.gateway import Gateway, gateway
from tests.sdks.conftest import MODELS
from tests.sdks.scripts import SCENARIOS, USAGE, anthropic_answer, openai_answer

CUTS = [(size, newline) for size in (1, 2, 3, 7, 64, 1_000_000) for newline in (b"\n", b"\r\n")]


def cut(answer):
    """The same answer, cut as the prompt's second and third words say."""

    def shredded(received: Received) -> Response:
        content = received.json["messages"][-1]["content"]
        _, size, newline = (content if isinstance(content, str) else content[0]["text"]).split()
        whole = b"".join(answer(received).chunks).replace(b"\n", bytes.fromhex(newline))
        pieces = [whole[at : at + int(size)] for at in range(0, len(whole), int(size))]
        return Response(pieces, content_type="text/event-stream")

    return shredded


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with gateway(
        tmp_path_factory.mktemp("cuts"), "1.40", cut(openai_answer), cut(anthropic_answer), models=MODELS
    ) as running:
        yield running


@pytest.mark.parametrize(("size", "newline"), CUTS)
@pytest.mark.parametrize("model", ["gpt-4o-mini", "watched", "chat-on-messages"])
@pytest.mark.parametrize("case", ["text", "tools"])
def test_an_openai_client_gets_the_same_stream(gate, model, case, size, newline):
    prompt = [{"role": "user", "content": f"{case} {size} {newline.hex()}"}]
    tool = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}
    client = gate.client(openai.OpenAI)
    with client.chat.completions.stream(
        model=model, messages=prompt, tools=[tool], stream_options={"include_usage": True}
    ) as stream:
        answer = stream.get_final_completion()
    message = answer.choices[0].message
    assert message.content == SCENARIOS[case]["text"]
    calls = [(call.id, call.function.name) for call in message.tool_calls or []]
    assert calls == [(call_id, name) for call_id, name, _ in SCENARIOS[case].get("tools", [])]
    assert answer.usage.completion_tokens == USAGE["output"]


@pytest.mark.parametrize(("size", "newline"), CUTS)
@pytest.mark.parametrize("model", ["claude-haiku-4-5", "messages-on-chat"])
@pytest.mark.parametrize("case", ["text", "tools", "thinking"])
def test_an_anthropic_client_gets_the_same_stream(gate, model, case, size, newline):
    prompt = [{"role": "user", "content": f"{case} {size} {newline.hex()}"}]
    with gate.client(anthropic.Anthropic).messages.stream(model=model, max_tokens=500, messages=prompt) as stream:
        message = stream.get_final_message()
    assert "".join(block.text for block in message.content if block.type == "text") == SCENARIOS[case]["text"]
    uses = [(block.id, block.name) for block in message.content if block.type == "tool_use"]
    assert uses == [(call_id, name) for call_id, name, _ in SCENARIOS[case].get("tools", [])]
    assert message.usage.output_tokens == USAGE["output"]
