"""A provider's 401 or 403 is about our key, not the client's, and may echo it: Envoy answers 502 in its place.

Envoy's own refusals and our service's are told apart by a header that the attempt's filters put on what providers send,
and that is taken off again before the client.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ext_proc.render.config import ANSWERED_BY, PROVIDER, extension

if TYPE_CHECKING:
    from ext_proc.render.config import Config

REFUSALS = ("401", "403")


def provider_refusals() -> Config:
    predicate = {"and_matcher": {"predicate": [_any_refusal(), _from_provider()]}}
    return extension(
        "envoy.filters.http.custom_response",
        "envoy.extensions.filters.http.custom_response.v3.CustomResponse",
        custom_response_matcher={
            "matcher_list": {"matchers": [{"predicate": predicate, "on_match": {"action": _bad_gateway()}}]}
        },
    )


def _any_refusal() -> Config:
    status = extension("status", "envoy.type.matcher.v3.HttpResponseStatusCodeMatchInput")
    return {
        "or_matcher": {
            "predicate": [{"single_predicate": {"input": status, "value_match": {"exact": one}}} for one in REFUSALS]
        }
    }


def _from_provider() -> Config:
    header = extension("answered_by", "envoy.type.matcher.v3.HttpResponseHeaderMatchInput", header_name=ANSWERED_BY)
    return {"single_predicate": {"input": header, "value_match": {"exact": PROVIDER}}}


def _bad_gateway() -> Config:
    """Its body is written by the local replies, which know the client's API."""
    return extension(
        "bad_gateway",
        "envoy.extensions.http.custom_response.local_response_policy.v3.LocalResponsePolicy",
        status_code=502,
    )
