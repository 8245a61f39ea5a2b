"""Converse, the wire format of Amazon Bedrock."""

from __future__ import annotations

from ext_proc.apis.api import Api
from ext_proc.apis.converse.answer import read_answer, write_answer
from ext_proc.apis.converse.errors import error_headers, read_error, write_error
from ext_proc.apis.converse.outline import ask_usage, limit_output, outline
from ext_proc.apis.converse.read import read_request
from ext_proc.apis.converse.stream import stream_observer, stream_reader, stream_writer
from ext_proc.apis.converse.write import write_request

CONVERSE = Api(
    name="converse",
    operation="chat",
    paths=("/model/{model}/converse",),
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
    stream_paths=("/model/{model}/converse-stream",),
    request_id_header="x-amzn-requestid",
    error_headers=error_headers,
    stream_content_type="application/vnd.amazon.eventstream",
    lacks=frozenset({"frequency_penalty", "presence_penalty", "response_format", "seed", "user"}),
)
