"""The filter at the edge that ends a stream which its budget cuts, so that Envoy aborts the provider.

An answer that a filter of an attempt ends early leaves its provider's stream open behind it (Envoy 1.37 to 1.40), and
the provider writes and bills on. Only a stream whose lease may run out passes through.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ext_proc.render.config import EDGE_NAMESPACE, TRY_TIMEOUT, duration, extension, grpc_service

if TYPE_CHECKING:
    from ext_proc.render.config import Config


def cut_filter() -> Config:
    may_be_cut = extension(
        "cuts",
        "envoy.extensions.matching.common_inputs.network.v3.DynamicMetadataInput",
        filter=EDGE_NAMESPACE,
        path=[{"key": "cuts"}],
    )
    is_yes = extension(
        "yes",
        "envoy.extensions.matching.input_matchers.metadata.v3.Metadata",
        value={"string_match": {"exact": "yes"}},
    )
    skip = extension("skip", "envoy.extensions.filters.common.matcher.action.v3.SkipFilter")
    predicate = {"not_matcher": {"single_predicate": {"input": may_be_cut, "custom_match": is_yes}}}
    return extension(
        "tollkeeper.cuts",
        "envoy.extensions.common.matching.v3.ExtensionWithMatcher",
        extension_config=_ext_proc(),
        xds_matcher={"matcher_list": {"matchers": [{"predicate": predicate, "on_match": {"action": skip}}]}},
    )


def _ext_proc() -> Config:
    return extension(
        "envoy.filters.http.ext_proc",
        "envoy.extensions.filters.http.ext_proc.v3.ExternalProcessor",
        grpc_service=grpc_service(x_tollkeeper_filter="cuts"),
        failure_mode_allow=False,
        status_on_error={"code": "ServiceUnavailable"},
        processing_mode={
            "request_header_mode": "SKIP",
            "request_body_mode": "NONE",
            "request_trailer_mode": "SKIP",
            "response_header_mode": "SKIP",
            "response_body_mode": "FULL_DUPLEX_STREAMED",
            "response_trailer_mode": "SEND",
        },
        message_timeout=duration(TRY_TIMEOUT),
        max_message_timeout=duration(TRY_TIMEOUT),
    )
