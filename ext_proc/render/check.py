"""The edge: one ext_authz call with the whole body decides, and fails closed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ext_proc.render.config import TRY_TIMEOUT, extension, grpc_service, typed

if TYPE_CHECKING:
    from ext_proc.render.config import Config
    from ext_proc.render.versions import EnvoyVersion
    from ext_proc.settings import Settings

FILTER = "envoy.filters.http.ext_authz"


def check_filter(settings: Settings) -> Config:
    return extension(
        FILTER,
        "envoy.extensions.filters.http.ext_authz.v3.ExtAuthz",
        transport_api_version="V3",
        grpc_service=grpc_service(TRY_TIMEOUT),
        failure_mode_allow=False,
        status_on_error={"code": "ServiceUnavailable"},
        # A partial body would be a way past every rule about prompts.
        with_request_body={
            "max_request_bytes": settings.proxy.max_body_bytes,
            "allow_partial_message": False,
            "pack_as_bytes": True,
        },
        # One header map entry for each line that was sent, so that a header given twice is seen twice.
        encode_raw_headers=True,
        clear_route_cache=True,
    )


def check_route(version: EnvoyVersion) -> Config:
    """What the check is told about this Envoy: what it meters itself, and how it learns the order of backends."""
    told = {"tollkeeper.native": ",".join(version.meters), "tollkeeper.order": version.order}
    return {
        FILTER: typed(
            "envoy.extensions.filters.http.ext_authz.v3.ExtAuthzPerRoute",
            check_settings={"context_extensions": told},
        )
    }
