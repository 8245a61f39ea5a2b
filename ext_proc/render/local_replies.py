"""What Envoy itself answers, in the shape of the client's API. Answers that our service made are left as they are.

The client's path and headers are read from metadata that `remember_client` kept: by the time of a provider's failure
the request has the provider's.
"""

from __future__ import annotations

import re
from copy import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ext_proc.apis import APIS
from ext_proc.errors import ControlError, Malformed, NotFound, ProviderError, TollkeeperError, TooLarge
from ext_proc.render.config import ANSWERED_BY, CLIENT_NAMESPACE, DECISION, EDGE_NAMESPACE, extension

if TYPE_CHECKING:
    from ext_proc.apis.api import Api
    from ext_proc.render.config import Config
    from ext_proc.settings import Settings

OURS = (
    "response.code_details == 'ext_authz_denied' || response.code_details.startsWith('tollkeeper')"
    f" || '{DECISION}' in response.headers"
)
"""How the answers of our service are told apart: refusals of the check, and of an attempt that says so either way."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The APIs whose errors look alike: one that writes them, what their paths begin with, a header that they have."""

    api: str
    paths: tuple[str, ...]
    header: str | None = None

    @property
    def remembered(self) -> str:
        """CEL: what the client sent was in this shape."""
        begins = " || ".join(f"request.path.startsWith('{path}')" for path in self.paths)
        metadata = "metadata.filter_metadata"
        return f"('{CLIENT_NAMESPACE}' in {metadata} ? '{self.api}' in {metadata}['{CLIENT_NAMESPACE}'] : ({begins}))"

    def rules(self) -> list[Config]:
        by_path = [_remembered(":path", key=self.api, regex_value_rewrite=_only(path)) for path in self.paths]
        return [*by_path, *([_remembered(self.header, key=self.api, value="yes")] if self.header else [])]


SHAPES = (
    Shape("messages", ("/v1/messages",), "anthropic-version"),
    Shape("converse", ("/model/",)),
    Shape("cohere_chat", ("/v2/",)),
    Shape("generate_content", ("/v1beta/",), "x-goog-api-key"),
)
"""Others look like those of Chat Completions."""


def _only(path: str) -> Config:
    """Makes every path that begins otherwise empty, and what is empty is not kept."""
    end = r"\C*" if path.endswith("/") else r"(?:[/?]\C*)?"
    return {"pattern": {"regex": rf"^(?:({re.escape(path)}){end}|\C*)$"}, "substitution": r"\1"}


@dataclass(frozen=True, slots=True)
class LocalReply:
    """When Envoy answers so (a CEL condition), what is said instead."""

    when: str
    error: TollkeeperError


REPLIES = (
    LocalReply(
        "response.code == 413",
        TooLarge("the request body is larger than the {max_body_bytes} bytes that this gateway takes"),
    ),
    LocalReply("response.code == 404", NotFound("there is nothing at this path")),
    LocalReply("response.code == 408", Malformed("the request took too long to arrive", code="request_timeout")),
    LocalReply("response.code == 431", Malformed("the request headers are too large", code="headers_too_large")),
    LocalReply("response.code < 500", Malformed("the request is not one that this gateway can read")),
    LocalReply(
        "response.code_details == 'ext_authz_error'",
        ControlError("the gateway could not decide about this call; it was not sent to a provider"),
    ),
    LocalReply(
        "response.code == 504",
        ProviderError("the provider did not answer in time", status=504, kind="timeout", code="provider_timeout"),
    ),
    LocalReply(
        "response.code == 503",
        ProviderError("no provider could be reached", status=503, kind="overloaded", code="provider_unavailable"),
    ),
    LocalReply(
        "response.code == 502 && response.code_details.startsWith('upstream')",
        ProviderError("the provider broke off before its answer could be read", code="provider_broke_off"),
    ),
    LocalReply(
        "response.code == 502",
        ProviderError("the provider refused the gateway's credential", code="provider_refused"),
    ),
    LocalReply("true", ProviderError("the gateway failed to serve this call", status=500, code="gateway_error")),
)


def remember_client() -> Config:
    """Only constants are kept: a byte of the client's that is not UTF-8 would break the access log that carries it."""
    return extension(
        "envoy.filters.http.header_to_metadata",
        "envoy.extensions.filters.http.header_to_metadata.v3.Config",
        request_rules=[
            _remembered(":path", key="seen", value="yes"),
            *(rule for shape in SHAPES for rule in shape.rules()),
        ],
        response_rules=[{**_remembered(ANSWERED_BY, key="answered"), "remove": True}],
    )


def _remembered(header: str, **kept: Any) -> Config:
    return {"header": header, "on_header_present": {"metadata_namespace": CLIENT_NAMESPACE, **kept}}


def local_reply_config(settings: Settings) -> Config:
    return {"mappers": [mapper for reply in REPLIES for mapper in _mappers(reply, settings)]}


def _mappers(reply: LocalReply, settings: Settings) -> list[Config]:
    error = copy(reply.error)
    error.message = error.message.format(max_body_bytes=settings.proxy.max_body_bytes)
    when = f"!({OURS}) && {reply.when}"
    shaped = [_mapper(f"{when} && {shape.remembered}", APIS[shape.api], error) for shape in SHAPES]
    return [*shaped, _mapper(when, APIS["chat_completions"], error)]


def _mapper(condition: str, api: Api, error: TollkeeperError) -> Config:
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
            _header(DECISION, f"%DYNAMIC_METADATA({EDGE_NAMESPACE}:decision)%"),
            *(_header(name, value) for name, value in api.error_headers(error)),
        ],
        "body_format_override": {
            "text_format_source": {"inline_string": api.write_error(error, None).decode()},
            "content_type": "application/json",
        },
    }


def _header(name: str, value: str) -> Config:
    return {"header": {"key": name, "value": value}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}
