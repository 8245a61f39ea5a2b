"""Vendors that speak OpenAI's formats, each with the page that says so.

Names that OpenTelemetry does not list are the kind's own.
"""

from __future__ import annotations

from ext_proc.providers.openai_paths import AUDIO, IMAGES, KEEPING, OLD_CAP, deployed_paths, openai_paths
from ext_proc.providers.provider import Provider
from ext_proc.providers.turns import Messages

VENDORS = (
    Provider(
        kind="openai",
        name="openai",
        endpoint="https://api.openai.com",
        base="/v1",
        paths=openai_paths(
            "chat_completions",
            "responses",
            "responses_input_tokens",
            "completions",
            "embeddings",
            "moderations",
            *IMAGES,
            *AUDIO,
        ),
        keeping=KEEPING,
    ),
    # https://www.alibabacloud.com/help/en/model-studio/compatibility-of-openai-with-dashscope; a workspace has its own
    Provider(
        kind="alibaba",
        name="alibaba_cloud",
        endpoint="https://dashscope-intl.aliyuncs.com",
        base="/compatible-mode/v1",
        paths=openai_paths("chat_completions", "embeddings"),
        members=OLD_CAP,
    ),
    # https://learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle; the model is the deployment's name
    Provider(
        kind="azure",
        name="azure.ai.openai",
        endpoint=None,
        base="/openai/v1",
        paths=openai_paths(
            "chat_completions", "responses", "completions", "embeddings", "image_generations", "image_edits", *AUDIO
        ),
        keeping=KEEPING,
        auth_header="api-key",
        auth_prefix="",
    ),
    # https://learn.microsoft.com/azure/ai-foundry/openai/reference; a dated API, for resources that have no v1
    Provider(
        kind="azure-deployments",
        name="azure.ai.openai",
        endpoint=None,
        paths=deployed_paths(),
        auth_header="api-key",
        auth_prefix="",
    ),
    # https://inference-docs.cerebras.ai/resources/openai
    Provider(
        kind="cerebras",
        name="cerebras",
        endpoint="https://api.cerebras.ai",
        base="/v1",
        paths=openai_paths("chat_completions", "completions"),
    ),
    # https://docs.cohere.com/docs/compatibility-api lists the members that it supports of OpenAI's formats
    Provider(
        kind="cohere",
        name="cohere",
        endpoint="https://api.cohere.com",
        paths={
            "cohere_chat": "/v2/chat",
            "cohere_embed": "/v2/embed",
            "cohere_rerank": "/v2/rerank",
            "chat_completions": "/compatibility/v1/chat/completions",
            "embeddings": "/compatibility/v1/embeddings",
        },
        members={**OLD_CAP, "parallel_tool_calls": None, "stream_options": None, "user": None},
    ),
    # https://api-docs.deepseek.com/api/create-chat-completion
    Provider(
        kind="deepseek",
        name="deepseek",
        endpoint="https://api.deepseek.com",
        paths=openai_paths("chat_completions"),
        members=OLD_CAP,
    ),
    # https://docs.fireworks.ai/guides/querying-text-models
    Provider(
        kind="fireworks",
        name="fireworks",
        endpoint="https://api.fireworks.ai",
        base="/inference/v1",
        paths=openai_paths("chat_completions", "messages", "responses", "completions", "embeddings"),
        members=OLD_CAP,
    ),
    # https://docs.github.com/rest/models/inference
    Provider(
        kind="github",
        name="github",
        endpoint="https://models.github.ai",
        base="/inference",
        paths=openai_paths("chat_completions", "embeddings"),
        members=OLD_CAP,
    ),
    # https://console.groq.com/docs/openai
    Provider(
        kind="groq",
        name="groq",
        endpoint="https://api.groq.com",
        base="/openai/v1",
        paths=openai_paths("chat_completions", "responses", *AUDIO),
    ),
    # https://platform.minimax.io/docs/api-reference/text-openai-api; it deprecates the old name of the cap
    Provider(
        kind="minimax",
        name="minimax",
        endpoint="https://api.minimax.io",
        base="/v1",
        paths=openai_paths("chat_completions", "responses"),
    ),
    # https://api.jina.ai/redoc
    Provider(
        kind="jina",
        name="jina",
        endpoint="https://api.jina.ai",
        base="/v1",
        paths=openai_paths("embeddings", "rerank"),
    ),
    # https://docs.mistral.ai/api; a member that it does not know is answered with 422, and usage is always streamed
    Provider(
        kind="mistral",
        name="mistral_ai",
        endpoint="https://api.mistral.ai",
        base="/v1",
        paths=openai_paths("chat_completions", "embeddings", "moderations", "transcriptions"),
        members={**OLD_CAP, "seed": "random_seed", "stream_options": None, "user": None},
        turns={
            "chat_completions": Messages(
                roles={"developer": "system"},
                assistant=frozenset(("role", "content", "tool_calls", "prefix")),
                id_length=9,
            )
        },
    ),
    # https://platform.kimi.ai/docs/api/overview
    Provider(
        kind="moonshot",
        name="moonshot_ai",
        endpoint="https://api.moonshot.ai",
        base="/v1",
        paths=openai_paths("chat_completions", "responses"),
        members=OLD_CAP,
    ),
    # https://docs.nvidia.com/nim/large-language-models/latest/api-reference.html
    Provider(
        kind="nvidia",
        name="nvidia",
        endpoint="https://integrate.api.nvidia.com",
        base="/v1",
        paths=openai_paths("chat_completions", "completions", "embeddings"),
        members=OLD_CAP,
    ),
    # https://openrouter.ai/docs/api-reference/overview
    Provider(
        kind="openrouter",
        name="openrouter",
        endpoint="https://openrouter.ai",
        base="/api/v1",
        paths=openai_paths("chat_completions", "messages", "responses", "completions", "embeddings", "rerank"),
        members=OLD_CAP,
    ),
    # https://docs.perplexity.ai/docs/grounded-llm/openai-compatibility; only its newer APIs have a version
    Provider(
        kind="perplexity",
        name="perplexity",
        endpoint="https://api.perplexity.ai",
        paths={
            "chat_completions": "/chat/completions",
            "responses": "/v1/responses",
            "embeddings": "/v1/embeddings",
        },
        members={**OLD_CAP, "seed": None, "stream_options": None, "user": None},
    ),
    # https://docs.together.ai/docs/inference/openai-compatibility
    Provider(
        kind="together",
        name="together",
        endpoint="https://api.together.ai",
        base="/v1",
        paths=openai_paths("chat_completions", "completions", "embeddings", "rerank", "image_generations", *AUDIO),
        members=OLD_CAP,
    ),
    # https://docs.x.ai/developers/rest-api-reference/inference/chat
    Provider(
        kind="xai",
        name="x_ai",
        endpoint="https://api.x.ai",
        base="/v1",
        paths=openai_paths("chat_completions", "responses", "image_generations"),
        members=OLD_CAP,
    ),
    # https://docs.z.ai/api-reference/llm/chat-completion
    Provider(
        kind="zai",
        name="z_ai",
        endpoint="https://api.z.ai",
        base="/api/paas/v4",
        paths=openai_paths("chat_completions"),
        members=OLD_CAP,
    ),
)
