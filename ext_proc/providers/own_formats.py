"""Vendors with a wire format of their own."""

from __future__ import annotations

from ext_proc.providers.provider import Provider
from ext_proc.providers.turns import CONTENTS_WITHOUT_IDS

_VERTEX = "/projects/{project}/locations/{region}"

OWN_FORMATS = (
    # https://platform.claude.com/docs/en/api/overview
    Provider(
        kind="anthropic",
        name="anthropic",
        endpoint="https://api.anthropic.com",
        paths={"messages": "/v1/messages", "messages_count_tokens": "/v1/messages/count_tokens"},
        keeping={
            "message_batches_create": "/v1/messages/batches",
            "message_batches_list": "/v1/messages/batches",
            "message_batches_retrieve": "/v1/messages/batches/{id}",
            "message_batches_delete": "/v1/messages/batches/{id}",
            "message_batches_results": "/v1/messages/batches/{id}/results",
            "message_batches_cancel": "/v1/messages/batches/{id}/cancel",
        },
        auth_header="x-api-key",
        auth_prefix="",
        headers=(("anthropic-version", "2023-06-01"),),
    ),
    # https://ai.google.dev/api/generate-content
    Provider(
        kind="gemini",
        name="gcp.gemini",
        endpoint="https://generativelanguage.googleapis.com",
        base="/v1beta",
        paths={
            "generate_content": "/models/{model}:generateContent",
            "generate_content_count_tokens": "/models/{model}:countTokens",
            "batch_embed_contents": "/models/{model}:batchEmbedContents",
            "embed_content": "/models/{model}:embedContent",
        },
        stream_paths={"generate_content": "/models/{model}:streamGenerateContent?alt=sse"},
        auth_header="x-goog-api-key",
        auth_prefix="",
    ),
    # https://docs.aws.amazon.com/bedrock/latest/userguide/endpoints.html, with an API key of Bedrock
    Provider(
        kind="bedrock",
        name="aws.bedrock",
        endpoint="https://bedrock-runtime.{region}.amazonaws.com",
        paths={
            "converse": "/model/{model}/converse",
            "converse_count_tokens": "/model/{model}/count-tokens",
            "invoke_model": "/model/{model}/invoke",
            "chat_completions": "/openai/v1/chat/completions",
            "responses": "/openai/v1/responses",
        },
        stream_paths={
            "converse": "/model/{model}/converse-stream",
            "invoke_model": "/model/{model}/invoke-with-response-stream",
        },
        models={
            "invoke_model": r".*(claude|anthropic).*",
            "converse_count_tokens": r"anthropic\..*",  # by their own names, not by those of inference profiles
            "chat_completions": r"([a-z-]+\.)?openai\..*",
            "responses": r"([a-z-]+\.)?openai\.(?!gpt-oss).*",
        },
    ),
    # https://docs.cloud.google.com/vertex-ai/generative-ai/docs/reference/rest, with an access token
    Provider(
        kind="vertex",
        name="gcp.vertex_ai",
        endpoint="https://{region}-aiplatform.googleapis.com",
        addresses={
            "global": "https://aiplatform.googleapis.com",
            "us": "https://aiplatform.us.rep.googleapis.com",
            "eu": "https://aiplatform.eu.rep.googleapis.com",
        },
        base="/v1",
        paths={
            "generate_content": f"{_VERTEX}/publishers/google/models/{{model}}:generateContent",
            "vertex_count_tokens": f"{_VERTEX}/publishers/google/models/{{model}}:countTokens",
            "raw_predict": f"{_VERTEX}/publishers/anthropic/models/{{model}}:rawPredict",
            "chat_completions": f"{_VERTEX}/endpoints/openapi/chat/completions",
        },
        stream_paths={
            "generate_content": f"{_VERTEX}/publishers/google/models/{{model}}:streamGenerateContent?alt=sse",
            "raw_predict": f"{_VERTEX}/publishers/anthropic/models/{{model}}:streamRawPredict",
        },
        turns={"generate_content": CONTENTS_WITHOUT_IDS},
        models={
            "generate_content": r"(?!claude-)[^/]*",
            "vertex_count_tokens": r"(?!claude-)[^/]*",
            "raw_predict": r"claude-[^/]*",
            "chat_completions": r"[^/]+/.+",
        },
    ),
)
