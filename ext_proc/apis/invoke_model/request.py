"""InvokeModel requests for Claude: those of Messages, with a version and without the model and whether to stream.

A header would say which tier is to serve. Bodies for models of other families, at the same path, are not read.
Spec: https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages-request-response.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from ext_proc.apis.api import Outline
from ext_proc.apis.converse.errors import write_failure
from ext_proc.apis.dialect import Dialect
from ext_proc.apis.invoke_model.stream import Chunks, frame
from ext_proc.apis.json_value import dump, name
from ext_proc.apis.messages.outline import outline as outline_messages
from ext_proc.apis.messages.read import read_request as read_messages
from ext_proc.apis.messages.stream import event_reader
from ext_proc.apis.messages.thread import refuse_thread
from ext_proc.apis.messages.write import write_request as write_messages
from ext_proc.chat import Request
from ext_proc.errors import Malformed

VERSION = "anthropic_version"
BETAS = "anthropic_beta"

_BETAS = (
    "compact-",
    "computer-use-",
    "context-1m-",
    "context-management-",
    "dev-full-thinking-",
    "effort-",
    "fine-grained-tool-streaming-",
    "interleaved-thinking-",
    "output-128k-",
    "token-efficient-tools-",
    "tool-examples-",
    "tool-search-tool-",
)
"""How the names of the features begin that Bedrock lists; others it answers with 400."""

DIALECT = Dialect(
    of="messages",
    frames=Chunks,
    frame=frame,
    failure=write_failure,
    event_reader=event_reader,
    adds={VERSION: "bedrock-2023-05-31"},
    lacks=frozenset(("model", "service_tier", "stream")),
    betas_member=BETAS,
    refuse=refuse_thread,
    takes_beta=lambda beta: beta.startswith(_BETAS),
)


def outline(members: Mapping[str, Any]) -> Outline:
    if VERSION not in members:
        raise Malformed(f"`{VERSION}` is required: only requests for Claude are known here.", param=VERSION)
    name(members[VERSION], VERSION)
    return outline_messages(members)


def read_request(members: Mapping[str, Any]) -> Request:
    return read_messages({key: value for key, value in members.items() if key not in (VERSION, BETAS)})


def write_request(request: Request) -> bytes:
    return bare(write_messages(request), DIALECT)


def bare(body: bytes, dialect: Dialect) -> bytes:
    """A request of Messages, with what the dialect adds and without what it lacks."""
    kept = {name: value for name, value in orjson.loads(body).items() if name not in dialect.lacks}
    return dump({**dialect.adds, **kept})
