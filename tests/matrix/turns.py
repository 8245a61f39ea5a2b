"""Two turns of an agent in each official client: what the SDK was answered goes back as it is, with the tools' results.

Each gives what the second answer said.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from google.genai import types

from tests.matrix.clients import Clients
from tests.sdks.test_pairs import ANTHROPIC_TOOLS, OPENAI_TOOLS, WEATHER

RESULT = "It is 21 degrees."
ASK = {"role": "user", "content": "agent"}


def chat_completions(clients: Clients, model: str) -> str:
    def ask(*messages: Any) -> Any:
        asked = {"model": model, "messages": [ASK, *messages], "tools": OPENAI_TOOLS, "reasoning_effort": "low"}
        return clients.openai.chat.completions.create(**asked).choices[0].message

    said = ask()
    results = [{"role": "tool", "tool_call_id": call.id, "content": RESULT} for call in said.tool_calls]
    return ask(said.to_dict(), *results).content


def responses(clients: Clients, model: str) -> str:
    tools = [{"type": "function", "strict": False, **OPENAI_TOOLS[0]["function"]}]
    settings = {"tools": tools, "reasoning": {"effort": "low"}, "include": ["reasoning.encrypted_content"]}

    def ask(*items: Any) -> Any:
        return clients.openai.responses.create(model=model, input=[ASK, *items], store=False, **settings)

    said = ask().output
    calls = [item for item in said if item.type == "function_call"]
    results = [{"type": "function_call_output", "call_id": call.call_id, "output": RESULT} for call in calls]
    return ask(*[item.to_dict() for item in said], *results).output_text


def messages(clients: Clients, model: str) -> str:
    thinking = {"type": "enabled", "budget_tokens": 1024}

    def ask(*turns: Any) -> Any:
        asked = {"model": model, "max_tokens": 2000, "messages": [ASK, *turns], "tools": ANTHROPIC_TOOLS}
        return clients.anthropic.messages.create(**asked, thinking=thinking).content

    said = ask()
    uses = [block.id for block in said if block.type == "tool_use"]
    results = [{"type": "tool_result", "tool_use_id": use, "content": RESULT} for use in uses]
    again = ask({"role": "assistant", "content": said}, {"role": "user", "content": results})
    return "".join(block.text for block in again if block.type == "text")


def generate_content(clients: Clients, model: str) -> str:
    function = types.FunctionDeclaration(name="weather", description="Now.", parameters_json_schema=WEATHER)
    config = types.GenerateContentConfig(
        tools=[types.Tool(function_declarations=[function])],
        thinking_config=types.ThinkingConfig(include_thoughts=True, thinking_budget=1024),
    )

    def ask(*turns: Any) -> Any:
        first = types.Content(role="user", parts=[types.Part(text="agent")])
        return clients.genai.models.generate_content(model=model, contents=[first, *turns], config=config)

    said = ask()
    results = [
        types.Part(function_response=types.FunctionResponse(id=call.id, name=call.name, response={"result": RESULT}))
        for call in said.function_calls
    ]
    return ask(said.candidates[0].content, types.Content(role="user", parts=results)).text


def converse(clients: Clients, model: str) -> str:
    spec = {"name": "weather", "description": "Now.", "inputSchema": {"json": WEATHER}}
    settings = {
        "toolConfig": {"tools": [{"toolSpec": spec}]},
        "additionalModelRequestFields": {"thinking": {"type": "enabled", "budget_tokens": 1024}},
    }

    def ask(*turns: Any) -> Any:
        first = {"role": "user", "content": [{"text": "agent"}]}
        answer = clients.bedrock.converse(modelId=model, messages=[first, *turns], **settings)
        return answer["output"]["message"]

    said = ask()
    uses = [block["toolUse"]["toolUseId"] for block in said["content"] if "toolUse" in block]
    results = [{"toolResult": {"toolUseId": use, "content": [{"text": RESULT}]}} for use in uses]
    again = ask(said, {"role": "user", "content": results})
    return "".join(block["text"] for block in again["content"] if "text" in block)


TURNS: dict[str, Callable[[Clients, str], str]] = {
    "chat_completions": chat_completions,
    "responses": responses,
    "messages": messages,
    "generate_content": generate_content,
    "converse": converse,
}
