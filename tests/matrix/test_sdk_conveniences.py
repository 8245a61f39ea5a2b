"""What the SDKs build upon their calls: accumulators of streams, parsed answers, chats that run tools by themselves."""

from __future__ import annotations

import pydantic
import pytest
from google.genai import types

from tests.matrix.five_providers import FORMATS
from tests.sdks.scripts import SCENARIOS
from tests.sdks.test_pairs import OPENAI_TOOLS

NAMES = [("call_a", "weather"), ("call_b", "weather")]


class Now(pydantic.BaseModel):
    city: str
    degrees: int


@pytest.mark.parametrize("provider", FORMATS)
def test_openai_accumulates_a_stream_of_chat_completions(clients, provider):
    messages = [{"role": "user", "content": "tools"}]
    asked = {"model": f"on-{provider}", "messages": messages, "tools": OPENAI_TOOLS}
    with clients.openai.chat.completions.stream(**asked) as stream:
        message = stream.get_final_completion().choices[0].message
    assert message.content == SCENARIOS["tools"]["text"]
    assert [(call.id, call.function.name) for call in message.tool_calls] == NAMES


@pytest.mark.parametrize("provider", FORMATS)
def test_openai_accumulates_a_stream_of_responses(clients, provider):
    tools = [{"type": "function", "strict": False, **OPENAI_TOOLS[0]["function"]}]
    with clients.openai.responses.stream(model=f"on-{provider}", input="tools", tools=tools) as stream:
        answer = stream.get_final_response()
    assert answer.output_text == SCENARIOS["tools"]["text"]
    assert [(item.call_id, item.name) for item in answer.output if item.type == "function_call"] == NAMES


@pytest.mark.parametrize("provider", FORMATS)
def test_openai_parses_an_answer_by_its_schema(clients, provider):
    messages = [{"role": "user", "content": "schema"}]
    asked = {"model": f"on-{provider}", "messages": messages, "response_format": Now}
    parsed = clients.openai.chat.completions.parse(**asked).choices[0].message.parsed
    assert parsed == Now(city="Köln", degrees=21)
    answer = clients.openai.responses.parse(model=f"on-{provider}", input="schema", text_format=Now)
    assert answer.output_parsed == parsed


@pytest.mark.parametrize("provider", FORMATS)
def test_google_parses_an_answer_by_its_schema(clients, provider):
    config = types.GenerateContentConfig(response_mime_type="application/json", response_schema=Now)
    answer = clients.genai.models.generate_content(model=f"on-{provider}", contents="schema", config=config)
    assert answer.parsed == Now(city="Köln", degrees=21)


@pytest.mark.parametrize("provider", FORMATS)
def test_google_runs_tools_by_itself(clients, provider):
    asked = []

    def weather(city: str) -> str:
        """Now."""
        asked.append(city)
        return "21 degrees"

    config = types.GenerateContentConfig(tools=[weather])
    chat = clients.genai.chats.create(model=f"on-{provider}", config=config)
    assert chat.send_message("tools").text == SCENARIOS["text"]["text"]
    assert asked == ["Köln", "Oslo"]


@pytest.mark.parametrize("provider", FORMATS)
def test_anthropic_parses_an_answer_by_its_schema(clients, provider):
    messages = [{"role": "user", "content": "schema"}]
    answer = clients.anthropic.messages.parse(
        model=f"on-{provider}", max_tokens=200, messages=messages, output_format=Now
    )
    assert answer.parsed_output == Now(city="Köln", degrees=21)


def test_the_models_are_listed(clients):
    assert "on-converse" in [model.id for model in clients.openai.models.list()]
    assert "on-converse" in [model.id for model in clients.anthropic.models.list()]
