"""Agents that the SDKs run by their own means, whole and streamed: tools are called, results go back, an answer comes.

Each gives what the last answer said.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import openai
import pydantic
from anthropic import beta_tool
from google.genai import types

from tests.matrix.clients import Clients
from tests.matrix.turns import ASK, RESULT
from tests.sdks.scripts import SCENARIOS
from tests.sdks.test_pairs import ANTHROPIC_TOOLS, OPENAI_TOOLS

RESPONSES_TOOLS = [{"type": "function", "strict": False, **OPENAI_TOOLS[0]["function"]}]


class Weather(pydantic.BaseModel):
    """Now."""

    city: str


class Now(pydantic.BaseModel):
    city: str
    degrees: int


CITIES = [Weather(city="Köln"), Weather(city="Oslo")]


def openai_streams_chat_completions(clients: Clients, model: str) -> str:
    def ask(*messages: Any) -> Any:
        asked = {"model": model, "messages": [ASK, *messages], "tools": OPENAI_TOOLS, "reasoning_effort": "low"}
        with clients.openai.chat.completions.stream(**asked) as stream:
            return stream.get_final_completion().choices[0].message

    said = ask()
    results = [{"role": "tool", "tool_call_id": call.id, "content": RESULT} for call in said.tool_calls]
    return ask(said.to_dict(), *results).content


def openai_streams_responses(clients: Clients, model: str) -> str:
    def ask(*items: Any) -> Any:
        asked = {"model": model, "input": [ASK, *items], "tools": RESPONSES_TOOLS, "store": False}
        settings = {"reasoning": {"effort": "low"}, "include": ["reasoning.encrypted_content"]}
        with clients.openai.responses.stream(**asked, **settings) as stream:
            return stream.get_final_response()

    said = ask().output
    calls = [item for item in said if item.type == "function_call"]
    results = [{"type": "function_call_output", "call_id": call.call_id, "output": RESULT} for call in calls]
    return ask(*[_bare(item) for item in said], *results).output_text


def _bare(item: Any) -> dict[str, Any]:
    """Without what the SDK's own parsing put there."""
    told = item.to_dict()
    told.pop("parsed_arguments", None)
    for part in told.get("content") or []:
        part.pop("parsed", None)
    return told


def openai_parses_chat_completions(clients: Clients, model: str) -> str:
    tools = [openai.pydantic_function_tool(Weather, name="weather")]

    def ask(*messages: Any, **asked: Any) -> Any:
        asked |= {"model": model, "messages": [ASK, *messages], "tools": tools}
        return clients.openai.chat.completions.parse(**asked).choices[0].message

    said = ask()
    assert [call.function.parsed_arguments for call in said.tool_calls] == CITIES
    results = [{"role": "tool", "tool_call_id": call.id, "content": RESULT} for call in said.tool_calls]
    return ask(said.to_dict(), *results, {"role": "user", "content": "schema"}, response_format=Now).parsed.city


def openai_parses_responses(clients: Clients, model: str) -> str:
    tools = [openai.pydantic_function_tool(Weather, name="weather")["function"]]

    def ask(*items: Any, **asked: Any) -> Any:
        asked |= {"model": model, "input": [ASK, *items], "tools": [{"type": "function", **tools[0]}]}
        return clients.openai.responses.parse(**asked)

    said = [item for item in ask().output if item.type == "function_call"]
    assert [Weather.model_validate(item.parsed_arguments) for item in said] == CITIES
    results = [{"type": "function_call_output", "call_id": item.call_id, "output": RESULT} for item in said]
    turns = [*map(_bare, said), *results, {"role": "user", "content": "schema"}]
    return ask(*turns, text_format=Now).output_parsed.city


def anthropic_streams_messages(clients: Clients, model: str) -> str:
    def ask(*turns: Any) -> Any:
        asked = {"model": model, "max_tokens": 2000, "messages": [ASK, *turns], "tools": ANTHROPIC_TOOLS}
        with clients.anthropic.messages.stream(**asked, thinking={"type": "enabled", "budget_tokens": 1024}) as stream:
            return stream.get_final_message().content

    said = ask()
    uses = [block.id for block in said if block.type == "tool_use"]
    results = [{"type": "tool_result", "tool_use_id": use, "content": RESULT} for use in uses]
    again = ask({"role": "assistant", "content": said}, {"role": "user", "content": results})
    return "".join(block.text for block in again if block.type == "text")


@beta_tool
def weather(city: str) -> str:
    """Now."""
    return f"{RESULT} ({city})"


def _anthropic_runs_tools(clients: Clients, model: str, *, stream: bool) -> str:
    runner = clients.anthropic.beta.messages.tool_runner(
        model=model, max_tokens=2000, messages=[ASK], tools=[weather], stream=stream
    )
    told = [turn.get_final_message() if stream else turn for turn in runner]
    assert len(told) == 2
    return "".join(block.text for block in told[-1].content if block.type == "text")


def anthropic_runs_tools(clients: Clients, model: str) -> str:
    return _anthropic_runs_tools(clients, model, stream=False)


def anthropic_runs_tools_on_streams(clients: Clients, model: str) -> str:
    return _anthropic_runs_tools(clients, model, stream=True)


def _google_chat(clients: Clients, model: str) -> Any:
    def weather(city: str) -> str:
        """Now."""
        return f"{RESULT} ({city})"

    thinking = types.ThinkingConfig(include_thoughts=True, thinking_budget=1024)
    config = types.GenerateContentConfig(tools=[weather], thinking_config=thinking)
    return clients.genai.chats.create(model=model, config=config)


def google_runs_tools(clients: Clients, model: str) -> str:
    return _google_chat(clients, model).send_message("agent").text


def google_runs_tools_on_streams(clients: Clients, model: str) -> str:
    told = list(_google_chat(clients, model).send_message_stream("agent"))
    return "".join(part.text for chunk in told for part in _parts(chunk) if part.text and not part.thought)


def _parts(chunk: Any) -> list[Any]:
    return chunk.candidates[0].content.parts or [] if chunk.candidates and chunk.candidates[0].content else []


TOLD, PLANNED = SCENARIOS["text"]["text"], SCENARIOS["tools"]["text"]
AGENTS: dict[str, tuple[Callable[[Clients, str], str], str]] = {
    "openai, chat.completions.stream": (openai_streams_chat_completions, TOLD),
    "openai, chat.completions.parse": (openai_parses_chat_completions, "Köln"),
    "openai, responses.stream": (openai_streams_responses, TOLD),
    "openai, responses.parse": (openai_parses_responses, "Köln"),
    "anthropic, messages.stream": (anthropic_streams_messages, TOLD),
    "anthropic, tool_runner": (anthropic_runs_tools, TOLD),
    "anthropic, tool_runner on streams": (anthropic_runs_tools_on_streams, TOLD),
    "google-genai, chat": (google_runs_tools, TOLD),
    "google-genai, chat on streams": (google_runs_tools_on_streams, PLANNED + TOLD),
}
"""Each with what it says in the end; Google's stream has the first turn's text as well."""
