"""The filters of each attempt: our ext_proc, which writes the provider's path, headers, key and bytes; the codec."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ext_proc.render.config import (
    ANSWERED_BY,
    EDGE_NAMESPACE,
    PROVIDER,
    SERVICE,
    TRY_TIMEOUT,
    duration,
    extension,
    grpc_service,
)

if TYPE_CHECKING:
    from ext_proc.render.config import Config

PROVIDER_ATTRIBUTE = f"xds.upstream_host_metadata.filter_metadata['{SERVICE}']['provider']"


def upstream_filters() -> list[Config]:
    return [
        _unless_ready(_ext_proc()),
        _without_internal_headers(),
        extension("envoy.filters.http.upstream_codec", "envoy.extensions.filters.http.upstream_codec.v3.UpstreamCodec"),
    ]


def _unless_ready(asked: Config) -> Config:
    """Skips `asked` for a call that the check has made ready, as its metadata says, which no client can write."""
    ready = extension(
        "ready",
        "envoy.extensions.matching.common_inputs.network.v3.DynamicMetadataInput",
        filter=EDGE_NAMESPACE,
        path=[{"key": "ready"}],
    )
    is_yes = extension(
        "yes",
        "envoy.extensions.matching.input_matchers.metadata.v3.Metadata",
        value={"string_match": {"exact": "yes"}},
    )
    skip = extension("skip", "envoy.extensions.filters.common.matcher.action.v3.SkipFilter")
    predicate = {"single_predicate": {"input": ready, "custom_match": is_yes}}
    return extension(
        asked["name"],
        "envoy.extensions.common.matching.v3.ExtensionWithMatcher",
        extension_config=asked,
        xds_matcher={"matcher_list": {"matchers": [{"predicate": predicate, "on_match": {"action": skip}}]}},
    )


def _ext_proc() -> Config:
    """The answer to the headers asks for the body, and for the provider's answer, only when their bytes must change.

    SKIP for the request's headers would drop every mutation in silence and send the client's own key to the provider.
    """
    return extension(
        "envoy.filters.http.ext_proc",
        "envoy.extensions.filters.http.ext_proc.v3.ExternalProcessor",
        grpc_service=grpc_service(x_tollkeeper_filter="upstream"),
        failure_mode_allow=False,
        status_on_error={"code": "ServiceUnavailable"},
        processing_mode={
            "request_header_mode": "SEND",
            "request_body_mode": "NONE",
            "request_trailer_mode": "SKIP",
            "response_header_mode": "SEND",
            "response_body_mode": "NONE",
            "response_trailer_mode": "SKIP",
        },
        allow_mode_override=True,
        message_timeout=duration(TRY_TIMEOUT),
        max_message_timeout=duration(TRY_TIMEOUT),
        # Never xds.node, which crashes Envoy here.
        request_attributes=[PROVIDER_ATTRIBUTE, "upstream.request_attempt_count"],
        metadata_options={"forwarding_namespaces": {"untyped": [EDGE_NAMESPACE]}},
        mutation_rules={"allow_envoy": True, "disallow_is_error": True},
    )


def _without_internal_headers() -> Config:
    """A second net below our own: no name of ours or of Envoy's reaches a provider, nor comes from one."""
    return extension(
        "envoy.filters.http.header_mutation",
        "envoy.extensions.filters.http.header_mutation.v3.HeaderMutation",
        mutations={
            "request_mutations": internal_headers_removed(),
            "response_mutations": [*internal_headers_removed(), _answered_by_provider()],
        },
    )


def _answered_by_provider() -> Config:
    return {
        "append": {"header": {"key": ANSWERED_BY, "value": PROVIDER}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}
    }


def internal_headers_removed() -> list[Config]:
    return [{"remove_on_match": {"key_matcher": {"prefix": prefix}}} for prefix in ("x-tollkeeper-", "x-envoy-")]
