"""Embeddings, OpenAI's wire format that most providers speak."""

from __future__ import annotations

from ext_proc.apis.chat_completions.errors import read_error, write_error
from ext_proc.apis.embeddings.answer import read_answer, write_answer
from ext_proc.apis.embeddings.outline import outline
from ext_proc.apis.embeddings.read import read_request
from ext_proc.apis.embeddings.write import write_request
from ext_proc.apis.same_api import same_api
from ext_proc.apis.vectors import shaped

EMBEDDINGS = same_api(
    "Embeddings",
    name="embeddings",
    operation="embeddings",
    family="embeddings",
    paths=("/v1/embeddings",),
    outline=outline,
    read_request=read_request,
    write_request=write_request,
    read_answer=read_answer,
    write_answer=write_answer,
    shape=shaped,
    read_error=read_error,
    write_error=write_error,
)
