"""Envoy's access log service: the last word on every call, served or not, in batches.

Source: envoy/service/accesslog/v3/als.proto.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any

import grpc

from ext_proc.events import Finished
from ext_proc.pb import access_log_pb2
from ext_proc.pb import access_log_service_pb2 as pb
from ext_proc.plan_names import provider_cluster_name

SERVICE = "envoy.service.accesslog.v3.AccessLogService"
PLAN_NAMESPACE = "envoy.filters.http.ext_authz"
USAGE_NAMESPACE = "tollkeeper.usage"
CLUSTER_PREFIX = provider_cluster_name("")


def handler(conclude: Callable[[Iterable[Finished]], None]) -> grpc.GenericRpcHandler:
    async def stream_access_logs(
        messages: AsyncIterator[pb.StreamAccessLogsMessage], _context: Any
    ) -> pb.StreamAccessLogsResponse:
        async for message in messages:
            conclude(read(message))
        return pb.StreamAccessLogsResponse()

    method = grpc.stream_unary_rpc_method_handler(
        stream_access_logs,
        request_deserializer=pb.StreamAccessLogsMessage.FromString,
        response_serializer=pb.StreamAccessLogsResponse.SerializeToString,
    )
    return grpc.method_handlers_generic_handler(SERVICE, {"StreamAccessLogs": method})


def read(message: pb.StreamAccessLogsMessage) -> list[Finished]:
    """The calls of one message that carry a plan; the host logs others too."""
    entries = (_read_entry(entry) for entry in message.http_logs.log_entry)
    return [finished for finished in entries if finished is not None]


def _read_entry(entry: access_log_pb2.HTTPAccessLogEntry) -> Finished | None:
    common, response = entry.common_properties, entry.response
    metadata = common.metadata.filter_metadata
    plan = metadata[PLAN_NAMESPACE].fields["plan"].string_value if PLAN_NAMESPACE in metadata else ""
    if not plan:
        return None
    flags = common.response_flags
    aborted = flags.downstream_connection_termination or flags.downstream_remote_reset or flags.upstream_remote_reset
    return Finished(
        plan=plan,
        status=response.response_code.value,
        provider=_provider(common.upstream_cluster),
        attempts=common.upstream_request_attempt_count,
        body_bytes=response.response_body_bytes,
        received_bytes=max(0, common.upstream_wire_bytes_received - response.upstream_header_bytes_received),
        usage=_usage(metadata[USAGE_NAMESPACE]) if USAGE_NAMESPACE in metadata else {},
        duration=_seconds(common, "duration"),
        time_to_first_byte=_seconds(common, "time_to_first_upstream_rx_byte"),
        aborted=aborted or flags.upstream_connection_termination or flags.stream_idle_timeout,
        details=response.response_code_details,
        encoding=response.response_headers.get("content-encoding", ""),
    )


def _provider(cluster: str) -> str | None:
    """A cluster of one order holds several providers; then the number of the attempt says which one it was."""
    return cluster.removeprefix(CLUSTER_PREFIX) if cluster.startswith(CLUSTER_PREFIX) else None


def _usage(struct: Any) -> dict[str, float | str]:
    counts: dict[str, float | str] = {}
    for name, value in struct.fields.items():
        kind = value.WhichOneof("kind")
        if kind in {"number_value", "string_value"}:
            counts[name] = getattr(value, kind)
    return counts


def _seconds(common: access_log_pb2.AccessLogCommon, name: str) -> float | None:
    if not common.HasField(name):
        return None
    duration = getattr(common, name)
    return float(duration.seconds + duration.nanos / 1e9)
