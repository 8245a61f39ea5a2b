"""What Converse and Messages say apart: requests of each, and what the other is told by stated rules."""

from __future__ import annotations

from tests.apis.converse_requests import CACHED, HI, POINT, TOOL, assistant, converse, user, written
from tests.apis.requests import HI_BLOCKS, MESSAGES_TOOL, messages

# (what, Messages, what it becomes in Converse)
TO_CONVERSE = {
    "hints without a word": (messages(metadata={"user_id": "u"}, top_k=5, service_tier="auto"), written()),
    "the default choice, which some models refuse": (
        messages(tools=[MESSAGES_TOOL], tool_choice={"type": "auto", "disable_parallel_tool_use": True}),
        written(toolConfig={"tools": [TOOL]}),
    ),
    "no tool": (messages(tools=[MESSAGES_TOOL], tool_choice={"type": "none"}), written()),
    "a choice without tools": (messages(tool_choice={"type": "any"}), written()),
    "turns in a row and empty ones": (
        messages(messages=[*HI_BLOCKS, user({"type": "text", "text": " "}), *HI_BLOCKS]),
        written(messages=[user({"text": "hi"}, {"text": "hi"})]),
    ),
    "unsigned thinking would be refused": (
        messages(messages=[*HI_BLOCKS, assistant({"type": "thinking", "thinking": "a", "signature": ""})]),
        written(),
    ),
    "a seal that is no base64": (
        messages(messages=[*HI_BLOCKS, assistant({"type": "redacted_thinking", "data": "gA_x-"})]),
        written(messages=[*HI, assistant({"reasoningContent": {"redactedContent": "AHRleHQ6Z0FfeC0="}})]),
    ),
    "an effort for another model": (messages(output_config={"effort": "low"}), written()),
    "a Claude that thinks is not cooled": (
        messages(model="claude-opus-4-8", thinking={"type": "adaptive"}, temperature=0.2, top_k=3),
        written(additionalModelRequestFields={"thinking": {"type": "adaptive"}}),
    ),
    "an id of too many characters": (
        messages(
            messages=[
                *HI_BLOCKS,
                assistant({"type": "tool_use", "id": "é" + "x" * 70, "name": "f", "input": {}}),
            ],
            tools=[{"name": "f", "input_schema": {}}],
        ),
        written(
            messages=[*HI, assistant({"toolUse": {"toolUseId": "x" * 64, "name": "f", "input": {}}})],
            toolConfig={"tools": [{"toolSpec": {"name": "f", "inputSchema": {"json": {"type": "object"}}}}]},
        ),
    ),
    "a cache point within a result": (
        messages(
            messages=[
                user(
                    {
                        "type": "tool_result",
                        "tool_use_id": "t1",
                        "content": [{"type": "text", "text": "sun", **CACHED}],
                    }
                )
            ],
            tools=[MESSAGES_TOOL],
        ),
        written(
            messages=[user({"toolResult": {"toolUseId": "t1", "content": [{"text": "sun"}]}}, POINT)],
            toolConfig={"tools": [TOOL]},
        ),
    ),
    "an image in S3": (
        messages(messages=[user({"type": "image", "source": {"type": "url", "url": "s3://bucket/a.png"}})]),
        written(messages=[user({"image": {"format": "png", "source": {"s3Location": {"uri": "s3://bucket/a.png"}}}})]),
    ),
}

# (what, Converse, what it becomes in Messages)
FROM_CONVERSE = {
    "what a tool said in JSON": (
        converse(messages=[user({"toolResult": {"toolUseId": "t", "content": [{"json": {"a": [1]}}]}})]),
        messages(messages=[user({"type": "tool_result", "tool_use_id": "t", "content": '{"a":[1]}'})]),
    ),
    "a success": (
        converse(messages=[user({"toolResult": {"toolUseId": "t", "content": [], "status": "success"}})]),
        messages(messages=[user({"type": "tool_result", "tool_use_id": "t"})]),
    ),
    "the default choice": (
        converse(toolConfig={"tools": [TOOL], "toolChoice": {"auto": {}}}),
        messages(tools=[MESSAGES_TOOL], tool_choice={"type": "auto"}),
    ),
    "text with citations": (
        converse(
            messages=[
                *HI,
                assistant({"citationsContent": {"content": [{"text": "a"}, {"text": "b"}], "citations": []}}),
                *HI,
            ]
        ),
        messages(messages=[*HI_BLOCKS, assistant({"type": "text", "text": "ab"}), *HI_BLOCKS]),
    ),
    "hints without a word": (
        converse(
            performanceConfig={"latency": "optimized"},
            requestMetadata={"a": "b"},
            serviceTier={"type": "flex"},
            promptVariables={},
            additionalModelResponseFieldPaths=["/stop_sequence"],
            additionalModelRequestFields={"anthropic_beta": ["x"], "tools": []},
        ),
        messages(),
    ),
    "a cache point that follows nothing": (converse(messages=[user(POINT, {"text": "hi"})]), messages()),
    "no limit": (
        {"model": "m", "messages": HI},
        {"model": "m", "messages": HI_BLOCKS, "max_tokens": 4096},
    ),
}
