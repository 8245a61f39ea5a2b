"""What Envoy itself answers, in the shape of the client's API. Answers that our service made are left as they are.

The client's path and headers are read from metadata that `remember_client` kept: by the time of a provider's failure
the request has the provider's.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ext_proc.render.config import ANSWERED_BY, CLIENT_NAMESPACE, DECISION, EDGE_NAMESPACE, extension

if TYPE_CHECKING:
    from ext_proc.render.config import Config
    from ext_proc.settings import Settings

OURS = (
    "response.code_details == 'ext_authz_denied' || response.code_details.startsWith('tollkeeper')"
    f" || '{DECISION}' in response.headers"
)
"""How the answers of our service are told apart: refusals of the check, and of an attempt that says so either way."""

MESSAGES = (
    f"('{CLIENT_NAMESPACE}' in metadata.filter_metadata"
    f" ? 'messages' in metadata.filter_metadata['{CLIENT_NAMESPACE}']"
    " : request.path.startsWith('/v1/messages'))"
)


ONLY_MESSAGES = {"pattern": {"regex": r"^(?:/v1/(messages)(?:[/?]\C*)?|\C*)$"}, "substitution": r"\1"}
"""Makes every other path empty, and what is empty is not kept."""


@dataclass(frozen=True, slots=True)
class LocalReply:
    """When Envoy answers so (a CEL condition), what is said instead, and as which type in either API."""

    when: str
    message: str
    code: str
    openai: str = "server_error"
    anthropic: str = "api_error"


def _refused(when: str, message: str, code: str, anthropic: str = "invalid_request_error") -> LocalReply:
    return LocalReply(when, message, code, "invalid_request_error", anthropic)


REPLIES = (
    _refused(
        "response.code == 413",
        "the request body is larger than the {max_body_bytes} bytes that this gateway takes",
        "request_too_large",
        "request_too_large",
    ),
    _refused("response.code == 404", "there is nothing at this path", "not_found", "not_found_error"),
    _refused("response.code == 408", "the request took too long to arrive", "request_timeout"),
    _refused("response.code == 431", "the request headers are too large", "headers_too_large"),
    _refused("response.code < 500", "the request is not one that this gateway can read", "malformed_request"),
    LocalReply(
        "response.code_details == 'ext_authz_error'",
        "the gateway could not decide about this call; it was not sent to a provider",
        "control_unavailable",
        anthropic="overloaded_error",
    ),
    LocalReply(
        "response.code == 504", "the provider did not answer in time", "provider_timeout", anthropic="timeout_error"
    ),
    LocalReply(
        "response.code == 503", "no provider could be reached", "provider_unavailable", anthropic="overloaded_error"
    ),
    LocalReply(
        "response.code == 502 && response.code_details.startsWith('upstream')",
        "the provider broke off before its answer could be read",
        "provider_broke_off",
    ),
    LocalReply("response.code == 502", "the provider refused the gateway's credential", "provider_refused"),
    LocalReply("true", "the gateway failed to serve this call", "gateway_error"),
)


def remember_client() -> Config:
    """Only constants are kept: a byte of the client's that is not UTF-8 would break the access log that carries it."""
    return extension(
        "envoy.filters.http.header_to_metadata",
        "envoy.extensions.filters.http.header_to_metadata.v3.Config",
        request_rules=[
            _remembered(":path", key="seen", value="yes"),
            _remembered(":path", key="messages", regex_value_rewrite=ONLY_MESSAGES),
            _remembered("anthropic-version", key="messages", value="yes"),
        ],
        response_rules=[{**_remembered(ANSWERED_BY, key="answered"), "remove": True}],
    )


def _remembered(header: str, **kept: Any) -> Config:
    return {"header": header, "on_header_present": {"metadata_namespace": CLIENT_NAMESPACE, **kept}}


def local_reply_config(settings: Settings) -> Config:
    return {"mappers": [mapper for reply in REPLIES for mapper in _mappers(reply, settings)]}


def _mappers(reply: LocalReply, settings: Settings) -> list[Config]:
    message = reply.message.format(max_body_bytes=settings.proxy.max_body_bytes)
    anthropic = {"type": "error", "error": {"type": reply.anthropic, "message": message}}
    openai = {"error": {"message": message, "type": reply.openai, "param": None, "code": reply.code}}
    when = f"!({OURS}) && {reply.when}"
    return [_mapper(f"{when} && {MESSAGES}", anthropic), _mapper(when, openai)]


def _mapper(condition: str, body: Config) -> Config:
    return {
        "filter": {
            "extension_filter": extension(
                "envoy.access_loggers.extension_filters.cel",
                "envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter",
                expression=condition,
            )
        },
        # Here, since an answer in place of a provider's passes no filter of the check any more.
        "headers_to_add": [
            {
                "header": {"key": DECISION, "value": f"%DYNAMIC_METADATA({EDGE_NAMESPACE}:decision)%"},
                "append_action": "OVERWRITE_IF_EXISTS_OR_ADD",
            }
        ],
        "body_format_override": {
            "text_format_source": {"inline_string": json.dumps(body, separators=(",", ":"))},
            "content_type": "application/json",
        },
    }
