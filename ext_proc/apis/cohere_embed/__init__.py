"""Embed, the second version of Cohere's wire format for embeddings."""

from __future__ import annotations

from ext_proc.apis.cohere_chat.errors import read_error, write_error
from ext_proc.apis.cohere_embed.answer import read_answer, write_answer
from ext_proc.apis.cohere_embed.outline import outline
from ext_proc.apis.cohere_embed.read import read_request
from ext_proc.apis.cohere_embed.write import write_request
from ext_proc.apis.same_api import same_api
from ext_proc.apis.vectors import shaped

COHERE_EMBED = same_api(
    "Cohere's Embed",
    name="cohere_embed",
    operation="embeddings",
    family="embeddings",
    paths=("/v2/embed",),
    outline=outline,
    read_request=read_request,
    write_request=write_request,
    read_answer=read_answer,
    write_answer=write_answer,
    shape=shaped,
    read_error=read_error,
    write_error=write_error,
)
