"""Completions, OpenAI's first wire format: one prompt as bare text, and the text that goes on from it."""

from __future__ import annotations

from ext_proc.apis.api import Api
from ext_proc.apis.chat_completions.errors import read_error, write_error
from ext_proc.apis.chat_completions.outline import ask_usage
from ext_proc.apis.completions.answer import read_answer, write_answer
from ext_proc.apis.completions.outline import limit_output, outline
from ext_proc.apis.completions.read import read_request
from ext_proc.apis.completions.stream import stream_observer, stream_reader, stream_writer
from ext_proc.apis.completions.write import write_request

COMPLETIONS = Api(
    name="completions",
    operation="text_completion",
    paths=("/v1/completions",),
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
    lacks=frozenset({"cache_control", "citations", "service_tier", "top_k"}),
)
