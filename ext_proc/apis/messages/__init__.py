"""Messages, the wire format of Anthropic."""

from __future__ import annotations

from ext_proc.apis.api import Api
from ext_proc.apis.dialect import Dialect
from ext_proc.apis.messages.answer import read_answer, write_answer
from ext_proc.apis.messages.errors import read_error, write_error
from ext_proc.apis.messages.outline import ask_usage, limit_output, outline
from ext_proc.apis.messages.read import read_request
from ext_proc.apis.messages.stream import (
    event_reader,
    failure,
    frame,
    stream_observer,
    stream_reader,
    stream_writer,
)
from ext_proc.apis.messages.write import write_request
from ext_proc.apis.reframed import ServerSentFrames

DIALECT = Dialect(of="messages", frames=ServerSentFrames, frame=frame, failure=failure, event_reader=event_reader)

MESSAGES = Api(
    name="messages",
    operation="chat",
    paths=("/v1/messages",),
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
    request_id_header="request-id",
    host_meters=True,
    dialect=DIALECT,
    lacks=frozenset({"frequency_penalty", "presence_penalty", "response_format", "seed"}),
)
