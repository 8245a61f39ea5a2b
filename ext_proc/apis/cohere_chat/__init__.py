"""Cohere's Chat, the second version of its wire format."""

from __future__ import annotations

from ext_proc.apis.api import Api
from ext_proc.apis.cohere_chat.answer import read_answer, write_answer
from ext_proc.apis.cohere_chat.errors import read_error, write_error
from ext_proc.apis.cohere_chat.outline import ask_usage, limit_output, outline
from ext_proc.apis.cohere_chat.read import read_request
from ext_proc.apis.cohere_chat.stream import stream_observer, stream_reader, stream_writer
from ext_proc.apis.cohere_chat.write import write_request

COHERE_CHAT = Api(
    name="cohere_chat",
    operation="chat",
    title="Cohere's Chat",
    paths=("/v2/chat",),
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
    lacks=frozenset({"cache_control", "parallel_tool_calls", "service_tier", "user"}),
)
