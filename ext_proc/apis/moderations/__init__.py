"""Moderations, OpenAI's wire format: passed on between clients and providers that both speak it."""

from __future__ import annotations

from ext_proc.apis.chat_completions.errors import read_error, write_error
from ext_proc.apis.moderations.answer import read_answer
from ext_proc.apis.moderations.outline import outline
from ext_proc.apis.same_api import same_api

MODERATIONS = same_api(
    "Moderations",
    name="moderations",
    operation="moderation",
    paths=("/v1/moderations",),
    outline=outline,
    read_answer=read_answer,
    read_error=read_error,
    write_error=write_error,
)
