"""Embeddings, OpenAI's wire format: passed on between clients and providers that both speak it."""

from __future__ import annotations

from ext_proc.apis.chat_completions.errors import read_error, write_error
from ext_proc.apis.embeddings.answer import read_answer
from ext_proc.apis.embeddings.outline import outline
from ext_proc.apis.same_api import same_api

EMBEDDINGS = same_api(
    "Embeddings",
    name="embeddings",
    operation="embeddings",
    paths=("/v1/embeddings",),
    outline=outline,
    read_answer=read_answer,
    read_error=read_error,
    write_error=write_error,
)
