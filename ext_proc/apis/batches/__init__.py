"""Batches, OpenAI's wire format: passed on to the provider that has their input.

Spec: https://platform.openai.com/docs/api-reference/batch
"""

from __future__ import annotations

from functools import partial

from ext_proc.apis.api import Outline
from ext_proc.apis.batches.outline import outline
from ext_proc.apis.batches.telling import OF_BATCHES
from ext_proc.apis.body import JSON, NO_BODY
from ext_proc.apis.chat_completions.errors import read_error, write_error
from ext_proc.apis.keeps import Keeps
from ext_proc.apis.same_api import same_api

_batches = partial(
    same_api,
    "Batches",
    operation="batches",
    read_answer=lambda _body: [],
    read_error=read_error,
    write_error=write_error,
)
_of_path = partial(_batches, body=NO_BODY, outline=lambda _members: Outline("", writes=False))

BATCHES = (
    _batches(
        name="batches_create",
        body=JSON,
        paths=("/v1/batches",),
        outline=outline,
        keeps=Keeps("batch", "make", OF_BATCHES),
    ),
    _of_path(name="batches_list", method="GET", paths=("/v1/batches",), keeps=Keeps("batch", "list", OF_BATCHES)),
    _of_path(
        name="batches_retrieve", method="GET", paths=("/v1/batches/{id}",), keeps=Keeps("batch", "read", OF_BATCHES)
    ),
    _of_path(name="batches_cancel", paths=("/v1/batches/{id}/cancel",), keeps=Keeps("batch", "change", OF_BATCHES)),
)
