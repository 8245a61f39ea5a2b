"""InvokeModel, by which Amazon Bedrock serves Claude: Messages, with the model in the path and other frames.

Spec: https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages.html
"""

from __future__ import annotations

from ext_proc.apis.api import Api
from ext_proc.apis.converse.errors import error_headers, read_error, write_error
from ext_proc.apis.invoke_model.request import DIALECT, outline, read_request, write_request
from ext_proc.apis.invoke_model.stream import stream_observer, stream_reader, stream_writer
from ext_proc.apis.messages.answer import read_answer, write_answer
from ext_proc.apis.messages.outline import ask_usage, limit_output

INVOKE_MODEL = Api(
    name="invoke_model",
    title="InvokeModel",
    operation="chat",
    paths=("/model/{model}/invoke",),
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
    stream_paths=("/model/{model}/invoke-with-response-stream",),
    error_headers=error_headers,
    stream_content_type="application/vnd.amazon.eventstream",
    dialect=DIALECT,
    lacks=frozenset({"frequency_penalty", "presence_penalty", "response_format", "seed", "service_tier"}),
)
