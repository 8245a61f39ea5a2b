"""Servers that operators run themselves; all speak OpenAI's formats, and each needs its endpoint.

A server of an older release may lack one of the APIs: `api` in the settings says which it has.
"""

from __future__ import annotations

from ext_proc.providers.openai_paths import AUDIO, IMAGES, KEEPING, OLD_CAP, openai_paths
from ext_proc.providers.provider import Provider

SERVERS = (
    # Nobody knows which: what can be translated to Chat Completions is not asked for in another way
    Provider(
        kind="openai-compatible",
        name="openai",
        endpoint=None,
        base="/v1",
        paths=openai_paths("chat_completions", "completions", "embeddings", "rerank", *IMAGES, *AUDIO),
        listed=frozenset(("rerank", *IMAGES, *AUDIO)),
        keeping=KEEPING,
    ),
    # https://lmstudio.ai/docs/developer/openai-compat
    Provider(
        kind="lmstudio",
        name="lmstudio",
        endpoint=None,
        base="/v1",
        paths=openai_paths("chat_completions", "messages", "responses", "completions", "embeddings"),
        members=OLD_CAP,
    ),
    # https://docs.ollama.com/api/openai-compatibility; it ignores the newer name (github.com/ollama/ollama/issues/7125)
    Provider(
        kind="ollama",
        name="ollama",
        endpoint=None,
        base="/v1",
        paths=openai_paths("chat_completions", "messages", "responses", "completions", "embeddings"),
        members=OLD_CAP,
    ),
    # https://docs.sglang.io/docs/basic_usage/openai_api
    Provider(
        kind="sglang",
        name="sglang",
        endpoint=None,
        base="/v1",
        paths=openai_paths("chat_completions", "messages", "completions", "embeddings"),
        members=OLD_CAP,
    ),
    # https://huggingface.co/docs/text-generation-inference/reference/api_reference
    Provider(
        kind="tgi",
        name="tgi",
        endpoint=None,
        base="/v1",
        paths=openai_paths("chat_completions", "completions"),
        members=OLD_CAP,
    ),
    # https://docs.vllm.ai/en/stable/serving/openai_compatible_server; older ones refuse the newer name
    Provider(
        kind="vllm",
        name="vllm",
        endpoint=None,
        base="/v1",
        paths=openai_paths(
            "chat_completions",
            "messages",
            "responses",
            "completions",
            "embeddings",
            "rerank",
            "transcriptions",
            "translations",
        ),
        members=OLD_CAP,
    ),
)
