"""Vendors that serve models which others have published, in OpenAI's formats."""

from __future__ import annotations

from ext_proc.providers.openai_paths import OLD_CAP, openai_paths
from ext_proc.providers.provider import Provider

OPEN_MODELS = (
    # https://docs.baseten.co/reference/inference-api/chat-completions
    Provider(
        kind="baseten",
        name="baseten",
        endpoint="https://inference.baseten.co",
        base="/v1",
        paths=openai_paths("chat_completions"),
        members=OLD_CAP,
    ),
    # https://deepinfra.com/docs/openai_api
    Provider(
        kind="deepinfra",
        name="deepinfra",
        endpoint="https://api.deepinfra.com",
        base="/v1/openai",
        paths=openai_paths("chat_completions", "completions", "embeddings"),
        members=OLD_CAP,
    ),
    # https://huggingface.co/docs/inference-providers; it passes calls on to other vendors
    Provider(
        kind="huggingface",
        name="huggingface",
        endpoint="https://router.huggingface.co",
        base="/v1",
        paths=openai_paths("chat_completions"),
        members=OLD_CAP,
    ),
    # https://docs.tokenfactory.nebius.com/api-reference/introduction
    Provider(
        kind="nebius",
        name="nebius",
        endpoint="https://api.tokenfactory.nebius.com",
        base="/v1",
        paths=openai_paths("chat_completions", "embeddings"),
        members=OLD_CAP,
    ),
    # https://novita.ai/docs/api-reference/model-apis-llm-create-chat-completion
    Provider(
        kind="novita",
        name="novita",
        endpoint="https://api.novita.ai",
        base="/openai/v1",
        paths=openai_paths("chat_completions", "completions", "embeddings", "rerank"),
        members=OLD_CAP,
    ),
    # https://docs.sambanova.ai/docs/en/features/openai-compatibility
    Provider(
        kind="sambanova",
        name="sambanova",
        endpoint="https://api.sambanova.ai",
        base="/v1",
        paths=openai_paths("chat_completions"),
        members=OLD_CAP,
    ),
)
