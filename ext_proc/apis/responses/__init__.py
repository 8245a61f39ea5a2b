"""Responses, OpenAI's wire format of items, without the state that OpenAI keeps for it."""

from __future__ import annotations

from ext_proc.apis.api import Api
from ext_proc.apis.responses.answer import read_answer, write_answer
from ext_proc.apis.responses.errors import read_error, write_error
from ext_proc.apis.responses.outline import ask_usage, limit_output, outline
from ext_proc.apis.responses.read import read_request
from ext_proc.apis.responses.stream import stream_observer, stream_reader, stream_writer
from ext_proc.apis.responses.write import write_request

RESPONSES = Api(
    name="responses",
    operation="chat",
    paths=("/v1/responses",),
    outline=outline,
    read_request=read_request,
    write_request=write_request,
    read_answer=read_answer,
    write_answer=write_answer,
    stream_reader=stream_reader,
    stream_writer=stream_writer,
    stream_observer=stream_observer,
    limit_output=limit_output,
    ask_usage=ask_usage,
    read_error=read_error,
    write_error=write_error,
    lacks=frozenset({"cache_control", "citations", "frequency_penalty", "presence_penalty", "seed", "top_k"}),
)
