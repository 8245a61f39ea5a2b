"""What clients can ask for, in the words of each API, each with a mark by which it is known at the provider."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.matrix import cohere_client
from tests.matrix.document_features import DOCUMENT_FEATURES
from tests.matrix.feature import SCHEMA, USER, Feature
from tests.matrix.tool_features import TOOL_FEATURES

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
PDF = "JVBERi0xLjQKJSVFT0YK"
URL = "https://example.com/mark.png"
PDF_URL = "https://example.com/mark.pdf"
WAV = "UklGRiQAAABXQVZFZm10IBAAAAABAAEA"


def _chat(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": [*parts, {"type": "text", "text": "text"}]}]}


def _responses(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"input": [{"role": "user", "content": [*parts, {"type": "input_text", "text": "text"}]}]}


def _gemini(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"contents": [{"role": "user", "parts": [*parts, {"text": "text"}]}]}


def _converse(*blocks: dict[str, Any]) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": [*blocks, {"text": "text"}]}]}


def _config(**members: Any) -> dict[str, Any]:
    return {"generationConfig": members}


def _inference(**members: Any) -> dict[str, Any]:
    return {"inferenceConfig": members}


def _fields(**members: Any) -> dict[str, Any]:
    return {"additionalModelRequestFields": members}


_DOCUMENT = {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": PDF}}
_IMAGE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}}
_FEATURES = (
    Feature(
        "system prompt",
        "Be marked",
        {
            "chat_completions": {"messages": [{"role": "system", "content": "Be marked."}, USER]},
            "responses": {"instructions": "Be marked."},
            "messages": {"system": "Be marked."},
            "generate_content": {"systemInstruction": {"parts": [{"text": "Be marked."}]}},
            "converse": {"system": [{"text": "Be marked."}]},
        },
    ),
    *TOOL_FEATURES,
    Feature(
        "thinking",
        '"(reasoning|reasoning_effort|thinking|thinkingConfig)"',
        {
            "chat_completions": {"reasoning_effort": "low"},
            "responses": {"reasoning": {"effort": "low"}},
            "messages": {"thinking": {"type": "enabled", "budget_tokens": 1024}},
            "generate_content": _config(thinkingConfig={"thinkingBudget": 1024, "includeThoughts": True}),
            "converse": _fields(thinking={"type": "enabled", "budget_tokens": 1024}),
        },
    ),
    Feature(
        "JSON by a schema",
        r"\\?\"marked\\?\"",
        {
            "chat_completions": {
                "response_format": {"type": "json_schema", "json_schema": {"name": "answer", "schema": SCHEMA}}
            },
            "responses": {"text": {"format": {"type": "json_schema", "name": "answer", "schema": SCHEMA}}},
            "messages": {"output_config": {"format": {"type": "json_schema", "schema": SCHEMA}}},
            "generate_content": _config(responseMimeType="application/json", responseJsonSchema=SCHEMA),
            "converse": {
                "outputConfig": {
                    "textFormat": {
                        "type": "json_schema",
                        "structure": {"jsonSchema": {"schema": '{"type":"object","properties":{"marked":{}}}'}},
                    }
                }
            },
        },
    ),
    Feature(
        "any JSON",
        "json_object|application/json",
        {
            "chat_completions": {"response_format": {"type": "json_object"}},
            "responses": {"text": {"format": {"type": "json_object"}}},
            "generate_content": _config(responseMimeType="application/json"),
        },
    ),
    Feature(
        "image as data",
        PNG[:60],
        {
            "chat_completions": _chat({"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}}),
            "responses": _responses({"type": "input_image", "image_url": f"data:image/png;base64,{PNG}"}),
            "messages": _chat(_IMAGE),
            "generate_content": _gemini({"inlineData": {"mimeType": "image/png", "data": PNG}}),
            "converse": _converse({"image": {"format": "png", "source": {"bytes": PNG}}}),
        },
    ),
    Feature(
        "image by its URL",
        "example.com/mark",
        {
            "chat_completions": _chat({"type": "image_url", "image_url": {"url": URL}}),
            "responses": _responses({"type": "input_image", "image_url": URL}),
            "messages": _chat({"type": "image", "source": {"type": "url", "url": URL}}),
            "generate_content": _gemini({"fileData": {"mimeType": "image/png", "fileUri": URL}}),
        },
    ),
    Feature(
        "document",
        PDF,
        {
            "chat_completions": _chat(
                {"type": "file", "file": {"filename": "a.pdf", "file_data": f"data:application/pdf;base64,{PDF}"}}
            ),
            "responses": _responses(
                {"type": "input_file", "filename": "a.pdf", "file_data": f"data:application/pdf;base64,{PDF}"}
            ),
            "messages": _chat(_DOCUMENT),
            "generate_content": _gemini({"inlineData": {"mimeType": "application/pdf", "data": PDF}}),
            "converse": _converse({"document": {"format": "pdf", "name": "a", "source": {"bytes": PDF}}}),
        },
    ),
    Feature(
        "document by its URL",
        "example.com/mark.pdf",
        {
            "responses": _responses({"type": "input_file", "file_url": PDF_URL}),
            "messages": _chat({"type": "document", "source": {"type": "url", "url": PDF_URL}}),
            "generate_content": _gemini({"fileData": {"mimeType": "application/pdf", "fileUri": PDF_URL}}),
        },
    ),
    Feature(
        "sound",
        WAV,
        {
            "chat_completions": _chat({"type": "input_audio", "input_audio": {"data": WAV, "format": "wav"}}),
            "generate_content": _gemini({"inlineData": {"mimeType": "audio/wav", "data": WAV}}),
        },
    ),
    Feature(
        "most output tokens",
        "2345",
        {
            "chat_completions": {"max_completion_tokens": 2345},
            "responses": {"max_output_tokens": 2345},
            "messages": {"max_tokens": 2345},
            "generate_content": _config(maxOutputTokens=2345),
            "converse": _inference(maxTokens=2345),
        },
    ),
    Feature(
        "stop sequences",
        "MARK",
        {
            "chat_completions": {"stop": ["MARK"]},
            "messages": {"stop_sequences": ["MARK"]},
            "generate_content": _config(stopSequences=["MARK"]),
            "converse": _inference(stopSequences=["MARK"]),
        },
    ),
    Feature(
        "`temperature`",
        "0.425",
        {
            "chat_completions": {"temperature": 0.425},
            "responses": {"temperature": 0.425},
            "messages": {"temperature": 0.425},
            "generate_content": _config(temperature=0.425),
            "converse": _inference(temperature=0.425),
        },
    ),
    Feature(
        "`top_p`",
        "0.625",
        {
            "chat_completions": {"top_p": 0.625},
            "responses": {"top_p": 0.625},
            "messages": {"top_p": 0.625},
            "generate_content": _config(topP=0.625),
            "converse": _inference(topP=0.625),
        },
    ),
    Feature(
        "`top_k`",
        "37",
        {
            "messages": {"top_k": 37},
            "generate_content": _config(topK=37),
            "converse": _fields(top_k=37),
        },
    ),
    Feature("`seed`", "424242", {"chat_completions": {"seed": 424242}, "generate_content": _config(seed=424242)}),
    Feature(
        "penalties",
        "0.375",
        {
            "chat_completions": {"presence_penalty": 0.375, "frequency_penalty": 0.375},
            "generate_content": _config(presencePenalty=0.375, frequencyPenalty=0.375),
        },
    ),
    Feature(
        "service tier",
        '"(service_tier|serviceTier)"',
        {
            "chat_completions": {"service_tier": "priority"},
            "responses": {"service_tier": "priority"},
            "messages": {"service_tier": "standard_only"},
            "generate_content": {"serviceTier": "priority"},
            "converse": {"serviceTier": {"type": "priority"}},
        },
    ),
    Feature(
        "several answers",
        '"(n|candidateCount)": ?2',
        {"chat_completions": {"n": 2}, "generate_content": _config(candidateCount=2)},
    ),
    Feature(
        "cache points",
        '"(cache_control|cachePoint)"',
        {
            "messages": {"system": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}]},
            "converse": {"system": [{"text": "Be brief."}, {"cachePoint": {"type": "default"}}]},
        },
    ),
    Feature(
        "log probabilities",
        '"(logprobs|responseLogprobs)": ?true|output_text.logprobs',
        {
            "chat_completions": {"logprobs": True},
            "responses": {"include": ["message.output_text.logprobs"]},
            "generate_content": _config(responseLogprobs=True),
        },
    ),
    Feature(
        "safety settings",
        "HARM_CATEGORY_MARKED",
        {
            "generate_content": {
                "safetySettings": [{"category": "HARM_CATEGORY_MARKED", "threshold": "BLOCK_ONLY_HIGH"}],
            }
        },
    ),
    Feature(
        "what the provider stored",
        "marked_before",
        {
            "responses": {"previous_response_id": "resp_marked_before"},
            "messages": {"thread": {"type": "continue", "previous_message_id": "msg_marked_before"}},
            "generate_content": {"cachedContent": "cachedContents/marked_before"},
        },
    ),
    Feature(
        "guardrail",
        "gr_marked",
        {"converse": {"guardrailConfig": {"guardrailIdentifier": "gr_marked", "guardrailVersion": "1"}}},
    ),
    *DOCUMENT_FEATURES,
)
_COHERE = cohere_client.said(PNG, URL)
FEATURES = tuple(
    replace(feature, said=feature.said | ({"cohere_chat": _COHERE[feature.name]} if feature.name in _COHERE else {}))
    for feature in _FEATURES
)
