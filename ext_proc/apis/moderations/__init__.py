"""Moderations, OpenAI's wire format: passed on between clients and providers that both speak it."""

from __future__ import annotations

from ext_proc.apis.api import Api
from ext_proc.apis.chat_completions.errors import read_error, write_error
from ext_proc.apis.embeddings.answer import read_answer
from ext_proc.apis.moderations.outline import outline
from ext_proc.apis.same_api import SameApi

_ONLY = SameApi("Moderations")

MODERATIONS = Api(
    name="moderations",
    operation="moderation",
    paths=("/v1/moderations",),
    outline=outline,
    read_request=_ONLY.read_request,
    write_request=_ONLY.write_request,
    read_answer=read_answer,
    write_answer=_ONLY.write_answer,
    stream_reader=_ONLY.stream_reader,
    stream_writer=_ONLY.stream_writer,
    stream_observer=_ONLY.stream_observer,
    limit_output=_ONLY.limit_output,
    ask_usage=_ONLY.ask_usage,
    read_error=read_error,
    write_error=write_error,
)
