"""What each official client says in each case, by the members of its SDK's call, and how a provider's request shows it."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

from google.genai import types

from tests.matrix.feature import SCHEMA
from tests.matrix.features import PDF, PNG
from tests.sdks.test_pairs import ANTHROPIC_TOOLS, OPENAI_TOOLS, WEATHER

PNG_URL = f"data:image/png;base64,{PNG}"
PDF_URL = f"data:application/pdf;base64,{PDF}"
PNG_BYTES, PDF_BYTES = base64.b64decode(PNG), base64.b64decode(PDF)
CALLED = {"id": "call_a", "name": "weather"}


@dataclass(frozen=True, slots=True)
class Case:
    """`word` says which answer the provider gives."""

    word: str
    mark: str
    said: dict[str, dict[str, Any]]


def _user(*blocks: Any, name: str = "messages", text: str = "text", kind: str = "text") -> dict[str, Any]:
    return {name: [{"role": "user", "content": [*blocks, {"type": kind, "text": text}]}]}


def _google(*parts: Any, **config: Any) -> dict[str, Any]:
    return {"contents": [*parts, "text"], "config": config} if parts else {"config": config}


def _amazon(*blocks: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": [*blocks, {"text": "text"}]}]}


def _source(media_type: str, data: str) -> dict[str, Any]:
    return {"type": "base64", "media_type": media_type, "data": data}


_CHAT_IMAGE = {"type": "image_url", "image_url": {"url": PNG_URL}}
_MESSAGES_IMAGE = {"type": "image", "source": _source("image/png", PNG)}
_AMAZON_IMAGE = {"image": {"format": "png", "source": {"bytes": PNG_BYTES}}}
IMAGE = Case(
    "text",
    PNG[:60],
    {
        "chat_completions": _user(_CHAT_IMAGE),
        "responses": _user({"type": "input_image", "image_url": PNG_URL}, name="input", kind="input_text"),
        "messages": _user(_MESSAGES_IMAGE),
        "generate_content": _google(types.Part.from_bytes(data=PNG_BYTES, mime_type="image/png")),
        "converse": _amazon(_AMAZON_IMAGE),
        "cohere_chat": _user(_CHAT_IMAGE),
    },
)
DOCUMENT = Case(
    "text",
    PDF,
    {
        "chat_completions": _user({"type": "file", "file": {"filename": "a.pdf", "file_data": PDF_URL}}),
        "responses": _user(
            {"type": "input_file", "filename": "a.pdf", "file_data": PDF_URL}, name="input", kind="input_text"
        ),
        "messages": _user({"type": "document", "source": _source("application/pdf", PDF)}),
        "generate_content": _google(types.Part.from_bytes(data=PDF_BYTES, mime_type="application/pdf")),
        "converse": _amazon({"document": {"format": "pdf", "name": "a", "source": {"bytes": PDF_BYTES}}}),
    },
)
_SCHEMA_AS_TEXT = {"schema": '{"type":"object","properties":{"marked":{"type":"string"}},"additionalProperties":false}'}
ANSWER_BY_SCHEMA = Case(
    "schema",
    r'\\?"marked\\?"',
    {
        "chat_completions": {
            "response_format": {"type": "json_schema", "json_schema": {"name": "now", "schema": SCHEMA, "strict": True}}
        },
        "responses": {"text": {"format": {"type": "json_schema", "name": "now", "schema": SCHEMA, "strict": True}}},
        "messages": {"output_config": {"format": {"type": "json_schema", "schema": SCHEMA}}},
        "generate_content": _google(response_mime_type="application/json", response_json_schema=SCHEMA),
        "converse": {
            "outputConfig": {"textFormat": {"type": "json_schema", "structure": {"jsonSchema": _SCHEMA_AS_TEXT}}}
        },
        "cohere_chat": {"response_format": {"type": "json_object", "json_schema": SCHEMA}},
    },
)
_AMAZON_SPEC = {"toolSpec": {"name": "weather", "inputSchema": {"json": WEATHER}}}
_CALLING = types.FunctionCallingConfig(mode=types.FunctionCallingConfigMode.ANY, allowed_function_names=["weather"])
FORCED_TOOL = Case(
    "tools",
    r'"(tool_choice|toolChoice|toolConfig|tool_config)"',
    {
        "chat_completions": {"tool_choice": {"type": "function", "function": {"name": "weather"}}},
        "responses": {"tool_choice": {"type": "function", "name": "weather"}},
        "messages": {"tool_choice": {"type": "tool", "name": "weather"}},
        "generate_content": _google(tool_config=types.ToolConfig(function_calling_config=_CALLING)),
        "converse": {"toolConfig": {"tools": [_AMAZON_SPEC], "toolChoice": {"tool": {"name": "weather"}}}},
        "cohere_chat": {"tool_choice": "REQUIRED"},
    },
)


def _after_a_call(result: Any, called: Any) -> list[Any]:
    return [{"role": "user", "content": "look"}, called, result]


_SHOWN = types.FunctionResponse(
    id="call_a",
    name="weather",
    response={"output": "text"},
    parts=[types.FunctionResponsePart.from_bytes(data=PNG_BYTES, mime_type="image/png")],
)
_FUNCTION = types.FunctionDeclaration(name="weather", parameters_json_schema=WEATHER)
_ITS_CALL = types.FunctionCall(**CALLED, args={"city": "Oslo"})
IMAGE_IN_A_RESULT = Case(
    "text",
    PNG[:60],
    {
        "responses": {
            "input": _after_a_call(
                {
                    "type": "function_call_output",
                    "call_id": "call_a",
                    "output": [{"type": "input_image", "image_url": PNG_URL}],
                },
                {"type": "function_call", "call_id": "call_a", "name": "weather", "arguments": '{"city": "Oslo"}'},
            ),
            "tools": [{"type": "function", "strict": False, **OPENAI_TOOLS[0]["function"]}],
        },
        "messages": {
            "messages": _after_a_call(
                {
                    "role": "user",
                    "content": [{"type": "tool_result", "tool_use_id": "call_a", "content": [_MESSAGES_IMAGE]}],
                },
                {"role": "assistant", "content": [{"type": "tool_use", **CALLED, "input": {"city": "Oslo"}}]},
            ),
            "tools": ANTHROPIC_TOOLS,
        },
        "generate_content": {
            "contents": [
                types.UserContent("look"),
                types.ModelContent([types.Part(function_call=_ITS_CALL)]),
                types.UserContent([types.Part(function_response=_SHOWN)]),
            ],
            "config": {"tools": [types.Tool(function_declarations=[_FUNCTION])]},
        },
        "converse": {
            "messages": [
                {"role": "user", "content": [{"text": "look"}]},
                {
                    "role": "assistant",
                    "content": [{"toolUse": {"toolUseId": "call_a", "name": "weather", "input": {"city": "Oslo"}}}],
                },
                {"role": "user", "content": [{"toolResult": {"toolUseId": "call_a", "content": [_AMAZON_IMAGE]}}]},
            ],
            "toolConfig": {"tools": [_AMAZON_SPEC]},
        },
    },
)
CASES = {
    "image": IMAGE,
    "document": DOCUMENT,
    "schema": ANSWER_BY_SCHEMA,
    "forced tool": FORCED_TOOL,
    "image in a result": IMAGE_IN_A_RESULT,
}
