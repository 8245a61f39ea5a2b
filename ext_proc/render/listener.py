"""The listener that clients call: strict about paths and headers, then the check, the meters and the router."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ext_proc.render.access_log import access_log
from ext_proc.render.body_edits import body_edits
from ext_proc.render.check import check_filter
from ext_proc.render.client_headers import client_headers_removed
from ext_proc.render.config import BUFFER, SERVICE, address, duration, extension
from ext_proc.render.cuts import cut_filter
from ext_proc.render.local_replies import local_reply_config, remember_client
from ext_proc.render.metering import metering_filters
from ext_proc.render.provider_refusals import provider_refusals
from ext_proc.render.routes import retries, route_config
from ext_proc.settings import seconds

if TYPE_CHECKING:
    from ext_proc.render.config import Config
    from ext_proc.render.versions import EnvoyVersion
    from ext_proc.settings import Settings


def listener(settings: Settings, version: EnvoyVersion) -> Config:
    return {
        "name": SERVICE,
        "address": address(settings.proxy.listen),
        "per_connection_buffer_limit_bytes": BUFFER,
        "filter_chains": [{"filters": [_connection_manager(settings, version)]}],
    }


def _connection_manager(settings: Settings, version: EnvoyVersion) -> Config:
    return extension(
        "envoy.filters.network.http_connection_manager",
        "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        stat_prefix=SERVICE,
        codec_type="AUTO",
        server_name=SERVICE,
        **_strictness(),
        **_timeouts(settings),
        # Before anything reads them: a client may neither choose a provider nor steer Envoy's retries.
        early_header_mutation_extensions=[
            extension(
                "envoy.http.early_header_mutation.header_mutation",
                "envoy.extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation",
                mutations=client_headers_removed(),
            )
        ],
        http_filters=_filters(settings, version),
        route_config=route_config(settings, version),
        local_reply_config=local_reply_config(settings),
        access_log=[access_log()],
    )


def _filters(settings: Settings, version: EnvoyVersion) -> list[Config]:
    return [
        remember_client(),
        check_filter(settings),
        body_edits(),
        cut_filter(),
        provider_refusals(),
        *metering_filters(version),
        extension(
            "envoy.filters.http.router",
            "envoy.extensions.filters.http.router.v3.Router",
            suppress_envoy_headers=True,
        ),
    ]


def _strictness() -> Config:
    return {
        "use_remote_address": True,
        "normalize_path": True,
        "merge_slashes": True,
        "path_with_escaped_slashes_action": "REJECT_REQUEST",
        "common_http_protocol_options": {"idle_timeout": "3600s", "headers_with_underscores_action": "REJECT_REQUEST"},
        "http2_protocol_options": {
            "max_concurrent_streams": 1000,
            # What a stream may hold, too.
            "initial_stream_window_size": BUFFER,
            "initial_connection_window_size": BUFFER,
        },
    }


def _timeouts(settings: Settings) -> Config:
    return {
        "request_headers_timeout": "10s",
        "request_timeout": "300s",
        "stream_idle_timeout": duration(stream_idle_timeout(settings)),
    }


def stream_idle_timeout(settings: Settings) -> float:
    """Seconds without a byte either way. Every attempt may wait for its first byte, and our own answers take time.

    It is what ends a call whose streamed messages our service no longer answers: those have no timeout of their own.
    """
    attempts = retries(settings) + 1
    longest = attempts * seconds(settings.proxy.first_byte_timeout) + 30
    return min(longest, seconds(settings.proxy.timeout))
