"""Rerank, the second version of Cohere's wire format for it."""

from __future__ import annotations

from ext_proc.apis.cohere_chat.errors import read_error, write_error
from ext_proc.apis.cohere_rerank.answer import read_answer, write_answer
from ext_proc.apis.cohere_rerank.read import read_request
from ext_proc.apis.cohere_rerank.write import write_request
from ext_proc.apis.ranking import shaped
from ext_proc.apis.rerank.outline import outline
from ext_proc.apis.same_api import same_api

COHERE_RERANK = same_api(
    "Cohere's Rerank",
    name="cohere_rerank",
    operation="rerank",
    family="rerank",
    paths=("/v2/rerank",),
    outline=outline,
    read_request=read_request,
    write_request=write_request,
    read_answer=read_answer,
    write_answer=write_answer,
    shape=shaped,
    read_error=read_error,
    write_error=write_error,
)
