"""A request, an answer and events with most of what each API can say, to be spoilt."""

from __future__ import annotations

from tests.apis.cohere_examples import COHERE_ANSWER, COHERE_EVENTS, COHERE_REQUEST
from tests.apis.generate_content_examples import GEMINI_ANSWER, GEMINI_ERROR, GEMINI_REQUEST
from tests.apis.responses_examples import RESPONSES_ANSWER, RESPONSES_EVENTS, RESPONSES_REQUEST

CHAT_REQUEST = {
    "model": "m",
    "n": 2,
    "max_tokens": 10,
    "stream": True,
    "stream_options": {"include_usage": True},
    "messages": [
        {"role": "system", "content": "s"},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "t"},
                {"type": "image_url", "image_url": {"url": "https://x", "detail": "low"}},
            ],
        },
        {
            "role": "assistant",
            "content": "c",
            "thinking_blocks": [{"type": "thinking", "thinking": "a", "signature": "s"}],
            "tool_calls": [{"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
        },
        {"role": "tool", "tool_call_id": "1", "content": "r"},
    ],
    "tools": [{"type": "function", "function": {"name": "f", "description": "d", "parameters": {}, "strict": True}}],
    "tool_choice": {"type": "function", "function": {"name": "f"}},
    "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {}}},
    "stop": ["a"],
}
MESSAGES_REQUEST = {
    "model": "m",
    "max_tokens": 10,
    "system": [{"type": "text", "text": "s", "cache_control": {"type": "ephemeral"}}],
    "messages": [
        {
            "role": "user",
            "content": [{"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "A"}}],
        },
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "a", "signature": "s"},
                {"type": "tool_use", "id": "1", "name": "f", "input": {}},
            ],
        },
        {
            "role": "user",
            "content": [
                {
                    "type": "tool_result",
                    "tool_use_id": "1",
                    "content": [{"type": "text", "text": "r"}],
                    "is_error": True,
                }
            ],
        },
    ],
    "tools": [{"name": "f", "input_schema": {}}],
    "tool_choice": {"type": "tool", "name": "f"},
    "thinking": {"type": "enabled", "budget_tokens": 2000},
    "output_config": {"effort": "low", "format": {"type": "json_schema", "schema": {}}},
    "metadata": {"user_id": "u"},
    "stop_sequences": ["a"],
}
CALL = {"index": 0, "id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
TURN = {
    "role": "assistant",
    "content": "c",
    "refusal": "r",
    "reasoning_content": "x",
    "thinking_blocks": [{"type": "thinking", "thinking": "x", "signature": "s"}],
    "tool_calls": [CALL],
    "function_call": {"name": "f", "arguments": "{}"},
}
USAGE = {
    "prompt_tokens": 1,
    "prompt_tokens_details": {"cached_tokens": 1},
    "completion_tokens_details": {"reasoning_tokens": 1},
}
CHAT_ANSWER = {
    "id": "i",
    "model": "m",
    "created": 1,
    "choices": [{"index": 0, "message": TURN, "delta": TURN, "finish_reason": "stop"}],
    "usage": USAGE,
}
MESSAGES_ANSWER = {
    "id": "i",
    "model": "m",
    "content": [
        {"type": "text", "text": "t"},
        {"type": "thinking", "thinking": "t", "signature": "s"},
        {"type": "redacted_thinking", "data": "d"},
        {"type": "tool_use", "id": "t", "name": "f", "input": {}},
    ],
    "stop_reason": "stop_sequence",
    "stop_sequence": "x",
    "usage": {"input_tokens": 1, "output_tokens": 1, "output_tokens_details": {"thinking_tokens": 1}},
}
COMPLETIONS_REQUEST = {
    "model": "m",
    "prompt": ["t"],
    "suffix": "",
    "echo": False,
    "best_of": 2,
    "n": 2,
    "max_tokens": 10,
    "stop": ["a"],
    "stream": True,
    "stream_options": {"include_usage": True},
    "user": "u",
}
COMPLETIONS_ANSWER = {
    "id": "i",
    "model": "m",
    "created": 1,
    "choices": [
        {"index": 0, "text": "t", "logprobs": None, "finish_reason": "stop"},
        {"index": 1, "text": "t", "logprobs": None, "finish_reason": "length"},
    ],
    "usage": USAGE,
}
EVENTS = [
    GEMINI_ANSWER,
    GEMINI_ERROR,
    *RESPONSES_EVENTS,
    *COHERE_EVENTS,
    CHAT_ANSWER,
    COMPLETIONS_ANSWER,
    {"type": "message_start", "message": MESSAGES_ANSWER},
    {
        "type": "content_block_start",
        "index": 0,
        "content_block": {"type": "tool_use", "id": "t", "name": "f", "input": {"a": 1}},
    },
    {"type": "content_block_delta", "index": 0, "delta": {"type": "input_json_delta", "partial_json": "{}"}},
    {"type": "message_delta", "delta": {"stop_reason": "x"}, "usage": {"output_tokens": 1}},
    {"type": "error", "error": {"type": "t", "message": "m", "code": 1}},
]
CONVERSE_REQUEST = {
    "model": "anthropic.claude",
    "stream": True,
    "system": [{"text": "s"}, {"cachePoint": {"type": "default"}}],
    "messages": [
        {"role": "user", "content": [{"text": "t"}, {"image": {"format": "png", "source": {"bytes": "AAAA"}}}]},
        {
            "role": "assistant",
            "content": [
                {"reasoningContent": {"reasoningText": {"text": "a", "signature": "s"}}},
                {"reasoningContent": {"redactedContent": "AAAA"}},
                {"toolUse": {"toolUseId": "1", "name": "f", "input": {}}},
                {"citationsContent": {"content": [{"text": "c"}]}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"toolResult": {"toolUseId": "1", "content": [{"json": {}}, {"text": "r"}], "status": "error"}},
                {"cachePoint": {"type": "default"}},
            ],
        },
    ],
    "toolConfig": {
        "tools": [{"toolSpec": {"name": "f", "description": "d", "inputSchema": {"json": {}}, "strict": True}}],
        "toolChoice": {"tool": {"name": "f"}},
    },
    "inferenceConfig": {"maxTokens": 9000, "temperature": 0.5, "topP": 0.5, "stopSequences": ["a"]},
    "outputConfig": {"textFormat": {"type": "json_schema", "structure": {"jsonSchema": {"schema": "{}", "name": "n"}}}},
    "additionalModelRequestFields": {
        "thinking": {"type": "enabled", "budget_tokens": 2000},
        "output_config": {"effort": "low"},
        "top_k": 5,
    },
}
CONVERSE_ANSWER = {
    "output": {
        "message": {
            "role": "assistant",
            "content": [
                {"reasoningContent": {"reasoningText": {"text": "a", "signature": "s"}}},
                {"reasoningContent": {"redactedContent": "AAAA"}},
                {"text": "t"},
                {"toolUse": {"toolUseId": "1", "name": "f", "input": {}}},
                {"citationsContent": {"content": [{"text": "c"}]}},
            ],
        }
    },
    "stopReason": "stop_sequence",
    "additionalModelResponseFields": {"stop_sequence": "a"},
    "usage": {"inputTokens": 1, "outputTokens": 1, "cacheReadInputTokens": 1, "cacheWriteInputTokens": 1},
}
REQUESTS = {
    "chat_completions": CHAT_REQUEST,
    "messages": MESSAGES_REQUEST,
    "responses": RESPONSES_REQUEST,
    "completions": COMPLETIONS_REQUEST,
    "converse": CONVERSE_REQUEST,
    "generate_content": GEMINI_REQUEST,
    "cohere_chat": COHERE_REQUEST,
}
ANSWERS = {
    "chat_completions": CHAT_ANSWER,
    "messages": MESSAGES_ANSWER,
    "responses": RESPONSES_ANSWER,
    "completions": COMPLETIONS_ANSWER,
    "converse": CONVERSE_ANSWER,
    "generate_content": GEMINI_ANSWER,
    "cohere_chat": COHERE_ANSWER,
}
