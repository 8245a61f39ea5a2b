"""A provider's 401 or 403 is about our key, not the client's, and may echo it: Envoy answers 502 in its place.

The refusals of our own service carry a decision; the attempt's filters take that header from what providers send.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ext_proc.render.config import DECISION, extension

if TYPE_CHECKING:
    from ext_proc.render.config import Config

REFUSALS = ("401", "403")


def provider_refusals() -> Config:
    predicate = {"and_matcher": {"predicate": [_any_refusal(), {"not_matcher": _has_decision()}]}}
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


def _has_decision() -> Config:
    header = extension("decision", "envoy.type.matcher.v3.HttpResponseHeaderMatchInput", header_name=DECISION)
    return {"single_predicate": {"input": header, "value_match": {"safe_regex": {"google_re2": {}, "regex": ".+"}}}}


def _bad_gateway() -> Config:
    """Its body is written by the local replies, which know the client's API."""
    return extension(
        "bad_gateway",
        "envoy.extensions.http.custom_response.local_response_policy.v3.LocalResponsePolicy",
        status_code=502,
    )
