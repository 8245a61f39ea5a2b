"""Converse requests, beside what they say in Messages, and those that say what Messages cannot."""

from __future__ import annotations

import json

from tests.apis.requests import HI_BLOCKS, MESSAGES_TOOL, SCHEMA, messages

HI = [{"role": "user", "content": [{"text": "hi"}]}]
POINT = {"cachePoint": {"type": "default"}}
CACHED = {"cache_control": {"type": "ephemeral"}}
TOOL = {
    "toolSpec": {
        "name": "weather",
        "description": "Weather of a city",
        "inputSchema": {"json": SCHEMA},
        "strict": True,
    }
}
USE = {"toolUse": {"toolUseId": "t1", "name": "weather", "input": {"city": "Rome"}}}
MESSAGES_USE = {"type": "tool_use", "id": "t1", "name": "weather", "input": {"city": "Rome"}}


def converse(model="m", **members):
    """As a reader finds it: the model comes from the path."""
    return {"model": model, "messages": HI, "inferenceConfig": {"maxTokens": 50_000}, **members}


def written(**members):
    body = converse(**members)
    return {key: value for key, value in body.items() if key not in ("model", "stream")}


def user(*blocks):
    return {"role": "user", "content": list(blocks)}


def assistant(*blocks):
    return {"role": "assistant", "content": list(blocks)}


# Bodies that say the same: each is what the other is written as.
SAME = {
    "a text": (converse(), messages()),
    "settings": (
        converse(inferenceConfig={"maxTokens": 50_000, "temperature": 0.5, "topP": 0.9, "stopSequences": ["a", "b"]}),
        messages(temperature=0.5, top_p=0.9, stop_sequences=["a", "b"]),
    ),
    "a stream": (converse(stream=True), messages(stream=True)),
    "a system prompt": (converse(system=[{"text": "be kind"}]), messages(system="be kind")),
    "a PDF to be cited": (
        converse(
            messages=[
                user(
                    {
                        "document": {
                            "format": "pdf",
                            "name": "The report (2)",
                            "source": {"bytes": "AAAA"},
                            "context": "of last year",
                            "citations": {"enabled": True},
                        }
                    },
                    {"cachePoint": {"type": "default", "ttl": "1h"}},
                    {"text": "What does it say?"},
                )
            ]
        ),
        messages(
            messages=[
                user(
                    {
                        "type": "document",
                        "source": {"type": "base64", "media_type": "application/pdf", "data": "AAAA"},
                        "title": "The report (2)",
                        "context": "of last year",
                        "citations": {"enabled": True},
                        "cache_control": {"type": "ephemeral", "ttl": "1h"},
                    },
                    {"type": "text", "text": "What does it say?"},
                )
            ]
        ),
    ),
    "a document of text, as the result of a tool": (
        converse(
            messages=[
                user({"text": "hi"}),
                assistant(USE),
                user(
                    {
                        "toolResult": {
                            "toolUseId": "t1",
                            "content": [
                                {"text": "see"},
                                {"document": {"format": "txt", "name": "log", "source": {"text": "sun"}}},
                                {"image": {"format": "png", "source": {"bytes": "AAAA"}}},
                            ],
                        }
                    }
                ),
            ],
            toolConfig={"tools": [TOOL]},
        ),
        messages(
            messages=[
                user({"type": "text", "text": "hi"}),
                assistant(MESSAGES_USE),
                user(
                    {
                        "type": "tool_result",
                        "tool_use_id": "t1",
                        "content": [
                            {"type": "text", "text": "see"},
                            {
                                "type": "document",
                                "source": {"type": "text", "media_type": "text/plain", "data": "sun"},
                                "title": "log",
                            },
                            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}},
                        ],
                    }
                ),
            ],
            tools=[MESSAGES_TOOL],
        ),
    ),
    "the standard tier": (converse(serviceTier={"type": "default"}), messages(service_tier="standard_only")),
    "cache points": (
        converse(
            system=[{"text": "a"}, POINT, {"text": "b"}],
            messages=[
                user({"text": "hi"}, POINT),
                assistant(USE, POINT),
                user({"toolResult": {"toolUseId": "t1", "content": [{"text": "sun"}]}}, POINT),
            ],
            toolConfig={"tools": [TOOL, POINT]},
        ),
        messages(
            system=[{"type": "text", "text": "a", **CACHED}, {"type": "text", "text": "b"}],
            messages=[
                user({"type": "text", "text": "hi", **CACHED}),
                assistant({**MESSAGES_USE, **CACHED}),
                user({"type": "tool_result", "tool_use_id": "t1", "content": "sun", **CACHED}),
            ],
            tools=[{**MESSAGES_TOOL, **CACHED}],
        ),
    ),
    "an image": (
        converse(messages=[user({"image": {"format": "png", "source": {"bytes": "AAAA"}}})]),
        messages(
            messages=[user({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}})]
        ),
    ),
    "tools": (converse(toolConfig={"tools": [TOOL]}), messages(tools=[MESSAGES_TOOL])),
    "a tool of choice": (
        converse(toolConfig={"tools": [TOOL], "toolChoice": {"tool": {"name": "weather"}}}),
        messages(tools=[MESSAGES_TOOL], tool_choice={"type": "tool", "name": "weather"}),
    ),
    "some tool": (
        converse(toolConfig={"tools": [TOOL], "toolChoice": {"any": {}}}),
        messages(tools=[MESSAGES_TOOL], tool_choice={"type": "any"}),
    ),
    "tool use": (
        converse(
            messages=[
                *HI,
                assistant({"text": "let me see"}, USE),
                user(
                    {
                        "toolResult": {
                            "toolUseId": "t1",
                            "content": [
                                {"text": "broken"},
                                {"image": {"format": "webp", "source": {"bytes": "AAAA"}}},
                            ],
                            "status": "error",
                        }
                    },
                    {"text": "and?"},
                ),
            ],
            toolConfig={"tools": [TOOL]},
        ),
        messages(
            messages=[
                *HI_BLOCKS,
                assistant({"type": "text", "text": "let me see"}, MESSAGES_USE),
                user(
                    {
                        "type": "tool_result",
                        "tool_use_id": "t1",
                        "content": [
                            {"type": "text", "text": "broken"},
                            {
                                "type": "image",
                                "source": {"type": "base64", "media_type": "image/webp", "data": "AAAA"},
                            },
                        ],
                        "is_error": True,
                    },
                    {"type": "text", "text": "and?"},
                ),
            ],
            tools=[MESSAGES_TOOL],
        ),
    ),
    "thinking of before": (
        converse(
            messages=[
                *HI,
                assistant(
                    {"reasoningContent": {"reasoningText": {"text": "a", "signature": "s"}}},
                    {"reasoningContent": {"redactedContent": "ZGF0YQ=="}},
                    {"text": "b"},
                ),
                *HI,
            ]
        ),
        messages(
            messages=[
                *HI_BLOCKS,
                assistant(
                    {"type": "thinking", "thinking": "a", "signature": "s"},
                    {"type": "redacted_thinking", "data": "ZGF0YQ=="},
                    {"type": "text", "text": "b"},
                ),
                *HI_BLOCKS,
            ]
        ),
    ),
    "a budget of Claude": (
        converse(
            "anthropic.claude-3-7-sonnet-20250219-v1:0",
            additionalModelRequestFields={"thinking": {"type": "enabled", "budget_tokens": 2000}},
        ),
        messages(
            model="anthropic.claude-3-7-sonnet-20250219-v1:0", thinking={"type": "enabled", "budget_tokens": 2000}
        ),
    ),
    "an effort of Claude": (
        converse(
            "eu.anthropic.claude-opus-4-8-v1",
            additionalModelRequestFields={"thinking": {"type": "adaptive"}, "output_config": {"effort": "high"}},
        ),
        messages(
            model="eu.anthropic.claude-opus-4-8-v1", thinking={"type": "adaptive"}, output_config={"effort": "high"}
        ),
    ),
    "top_k of Claude": (
        converse("anthropic.claude-opus-4-8", additionalModelRequestFields={"top_k": 5}),
        messages(model="anthropic.claude-opus-4-8", top_k=5),
    ),
    "a schema": (
        converse(
            outputConfig={
                "textFormat": {
                    "type": "json_schema",
                    "structure": {"jsonSchema": {"schema": json.dumps(SCHEMA, separators=(",", ":"))}},
                }
            }
        ),
        messages(output_config={"format": {"type": "json_schema", "schema": SCHEMA}}),
    ),
}
