"""The last word on every call, served or not, sent to our service over gRPC with all dynamic metadata."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ext_proc.render.config import SERVICE, extension, grpc_service

if TYPE_CHECKING:
    from ext_proc.render.config import Config


def access_log() -> Config:
    return extension(
        "envoy.access_loggers.http_grpc",
        "envoy.extensions.access_loggers.grpc.v3.HttpGrpcAccessLogConfig",
        common_config={
            "log_name": SERVICE,
            "transport_api_version": "V3",
            "grpc_service": grpc_service(),
            "buffer_flush_interval": "0.1s",
            # Sent by the clock alone: when a worker dies, its streams end one after another, and what a full buffer
            # sends in between would go to the dead one.
            "buffer_size_bytes": 1024 * 1024,
        },
        # Compressed bytes say little of what was written.
        additional_response_headers_to_log=["content-encoding"],
    )
