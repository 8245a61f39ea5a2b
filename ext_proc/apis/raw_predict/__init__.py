"""rawPredict, by which Vertex AI serves Claude: Messages, with the model in the path. Only providers speak it.

Spec: https://docs.cloud.google.com/vertex-ai/generative-ai/docs/partner-models/claude/use-claude
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ext_proc.apis.error_body import error_object
from ext_proc.apis.generate_content.errors import read_error as read_google_error
from ext_proc.apis.invoke_model.request import bare
from ext_proc.apis.messages import DIALECT as MESSAGES_DIALECT
from ext_proc.apis.messages import MESSAGES
from ext_proc.apis.messages.errors import read_error as read_anthropic_error
from ext_proc.apis.messages.thread import refuse_thread
from ext_proc.chat import Request
from ext_proc.errors import ProviderError

_REFUSED = (
    "adaptive-thinking-",
    "advanced-tool-use-",
    "context-1m-",
    "effort-",
    "prompt-caching-scope-",
    "structured-outputs-",
)
"""How the names of the features begin that Vertex AI answers with 400, though it may well have them."""

DIALECT = replace(
    MESSAGES_DIALECT,
    adds={"anthropic_version": "vertex-2023-10-16"},
    lacks=frozenset(("model", "service_tier")),
    refuse=refuse_thread,
    takes_beta=lambda beta: not beta.startswith(_REFUSED),
)


def write_request(request: Request) -> bytes:
    return bare(MESSAGES.write_request(request), DIALECT)


def read_error(status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
    """The model's own errors are Anthropic's, those of the platform Google's."""
    read = read_google_error if "status" in error_object(body) else read_anthropic_error
    return read(status, headers, body)


RAW_PREDICT = replace(
    MESSAGES,
    name="raw_predict",
    title="rawPredict",
    paths=(),
    write_request=write_request,
    read_error=read_error,
    host_meters=False,
    dialect=DIALECT,
    lacks=MESSAGES.lacks | {"service_tier"},
)
