"""generateContent, the wire format of Google's Gemini."""

from __future__ import annotations

from ext_proc.apis.api import Api
from ext_proc.apis.generate_content.answer import read_answer, write_answer
from ext_proc.apis.generate_content.errors import read_error, write_error
from ext_proc.apis.generate_content.outline import ask_usage, limit_output, outline
from ext_proc.apis.generate_content.read import read_request
from ext_proc.apis.generate_content.stream import stream_observer, stream_reader, stream_writer
from ext_proc.apis.generate_content.write import write_request

GENERATE_CONTENT = Api(
    name="generate_content",
    operation="chat",
    paths=("/v1beta/models/{model}:generateContent", "/v1/models/{model}:generateContent"),
    stream_paths=("/v1beta/models/{model}:streamGenerateContent", "/v1/models/{model}:streamGenerateContent"),
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
    lacks=frozenset({"cache_control", "citations", "parallel_tool_calls", "user"}),
)
