"""What clients say of tools, in the words of each API."""

from __future__ import annotations

from tests.matrix.feature import SCHEMA, USER, Feature

_TOOL_CALL = {"id": "call_mark", "type": "function", "function": {"name": "marked", "arguments": "{}"}}
_CHAT_TOOL = {"tools": [{"type": "function", "function": {"name": "marked", "parameters": SCHEMA}}]}
_RESPONSES_TOOL = {"tools": [{"type": "function", "name": "marked", "parameters": SCHEMA, "strict": False}]}
_MESSAGES_TOOL = {"tools": [{"name": "marked", "input_schema": SCHEMA}]}
_GEMINI_TOOL = {"tools": [{"functionDeclarations": [{"name": "marked", "parametersJsonSchema": SCHEMA}]}]}
_CONVERSE_TOOL = {"toolConfig": {"tools": [{"toolSpec": {"name": "marked", "inputSchema": {"json": SCHEMA}}}]}}

TOOL_FEATURES = (
    Feature(
        "tools",
        '"marked"',
        {
            "chat_completions": _CHAT_TOOL,
            "responses": _RESPONSES_TOOL,
            "messages": _MESSAGES_TOOL,
            "generate_content": _GEMINI_TOOL,
            "converse": _CONVERSE_TOOL,
        },
    ),
    Feature(
        "a tool must be called",
        '"(required|REQUIRED|any|ANY)"',
        {
            "chat_completions": {**_CHAT_TOOL, "tool_choice": "required"},
            "responses": {**_RESPONSES_TOOL, "tool_choice": "required"},
            "messages": {**_MESSAGES_TOOL, "tool_choice": {"type": "any"}},
            "generate_content": {**_GEMINI_TOOL, "toolConfig": {"functionCallingConfig": {"mode": "ANY"}}},
            "converse": {"toolConfig": {**_CONVERSE_TOOL["toolConfig"], "toolChoice": {"any": {}}}},
        },
    ),
    Feature(
        "one tool must be called",
        '"(tool_choice|toolChoice|toolConfig)"',
        {
            "chat_completions": {
                **_CHAT_TOOL,
                "tool_choice": {"type": "function", "function": {"name": "marked"}},
            },
            "responses": {**_RESPONSES_TOOL, "tool_choice": {"type": "function", "name": "marked"}},
            "messages": {**_MESSAGES_TOOL, "tool_choice": {"type": "tool", "name": "marked"}},
            "generate_content": {
                **_GEMINI_TOOL,
                "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["marked"]}},
            },
            "converse": {"toolConfig": {**_CONVERSE_TOOL["toolConfig"], "toolChoice": {"tool": {"name": "marked"}}}},
        },
    ),
    Feature(
        "one tool at a time",
        '"parallel_tool_calls": ?false|"disable_parallel_tool_use": ?true',
        {
            "chat_completions": {**_CHAT_TOOL, "parallel_tool_calls": False},
            "responses": {**_RESPONSES_TOOL, "parallel_tool_calls": False},
            "messages": {**_MESSAGES_TOOL, "tool_choice": {"type": "auto", "disable_parallel_tool_use": True}},
        },
    ),
    Feature(
        "result of a tool",
        "It was marked",
        {
            "chat_completions": {
                "messages": [
                    USER,
                    {"role": "assistant", "tool_calls": [_TOOL_CALL]},
                    {"role": "tool", "tool_call_id": "call_mark", "content": "It was marked."},
                ],
                **_CHAT_TOOL,
            },
            "responses": {
                "input": [
                    USER,
                    {"type": "function_call", "call_id": "call_mark", "name": "marked", "arguments": "{}"},
                    {"type": "function_call_output", "call_id": "call_mark", "output": "It was marked."},
                ],
                **_RESPONSES_TOOL,
            },
            "messages": {
                "messages": [
                    USER,
                    {
                        "role": "assistant",
                        "content": [{"type": "tool_use", "id": "call_mark", "name": "marked", "input": {}}],
                    },
                    {
                        "role": "user",
                        "content": [{"type": "tool_result", "tool_use_id": "call_mark", "content": "It was marked."}],
                    },
                ],
                **_MESSAGES_TOOL,
            },
            "generate_content": {
                "contents": [
                    {"role": "user", "parts": [{"text": "text"}]},
                    {"role": "model", "parts": [{"functionCall": {"name": "marked", "args": {}}}]},
                    {
                        "role": "user",
                        "parts": [{"functionResponse": {"name": "marked", "response": {"result": "It was marked."}}}],
                    },
                ],
                **_GEMINI_TOOL,
            },
            "converse": {
                "messages": [
                    {"role": "user", "content": [{"text": "text"}]},
                    {
                        "role": "assistant",
                        "content": [{"toolUse": {"toolUseId": "call_mark", "name": "marked", "input": {}}}],
                    },
                    {
                        "role": "user",
                        "content": [
                            {"toolResult": {"toolUseId": "call_mark", "content": [{"text": "It was marked."}]}}
                        ],
                    },
                ],
                **_CONVERSE_TOOL,
            },
        },
    ),
    Feature(
        "tools of the provider",
        "web_search|google_?[sS]earch",
        {
            "chat_completions": {"web_search_options": {}},
            "responses": {"tools": [{"type": "web_search"}]},
            "messages": {"tools": [{"type": "web_search_20250305", "name": "web_search"}]},
            "generate_content": {"tools": [{"googleSearch": {}}]},
        },
    ),
)
