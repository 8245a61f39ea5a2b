"""Rerank, Jina's wire format that servers and several vendors took over."""

from __future__ import annotations

from ext_proc.apis.chat_completions.errors import read_error, write_error
from ext_proc.apis.ranking import shaped
from ext_proc.apis.rerank.answer import read_answer, write_answer
from ext_proc.apis.rerank.outline import outline
from ext_proc.apis.rerank.read import read_request
from ext_proc.apis.rerank.write import write_request
from ext_proc.apis.same_api import same_api

RERANK = same_api(
    "Rerank",
    name="rerank",
    operation="rerank",
    family="rerank",
    paths=("/v1/rerank",),
    outline=outline,
    read_request=read_request,
    write_request=write_request,
    read_answer=read_answer,
    write_answer=write_answer,
    shape=shaped,
    read_error=read_error,
    write_error=write_error,
)
