"""Chat Completions, OpenAI's wire format that most providers speak."""

from __future__ import annotations

from ext_proc.apis.api import Api
from ext_proc.apis.chat_completions.answer import read_answer, write_answer
from ext_proc.apis.chat_completions.errors import read_error, write_error
from ext_proc.apis.chat_completions.outline import ask_usage, limit_output, outline
from ext_proc.apis.chat_completions.read import read_request
from ext_proc.apis.chat_completions.stream import stream_observer, stream_reader, stream_writer
from ext_proc.apis.chat_completions.write import write_request

CHAT_COMPLETIONS = Api(
    name="chat_completions",
    operation="chat",
    paths=("/v1/chat/completions",),
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
    host_meters=True,
    lacks=frozenset({"cache_control", "citations", "top_k"}),
)
