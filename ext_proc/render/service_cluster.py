"""The cluster of our own service: every worker, its health, and no bound that a thousand streams would meet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ext_proc.listeners import split_address, worker_addresses
from ext_proc.render.config import BUFFER, SERVICE, SERVICE_WINDOW, address, circuit_breakers, is_ip, typed

if TYPE_CHECKING:
    from ext_proc.render.config import Config
    from ext_proc.settings import Listen


def service_cluster(listen: Listen) -> Config:
    workers = worker_addresses(listen)
    return {
        "name": SERVICE,
        "type": "STATIC" if _needs_no_dns(workers[0]) else "STRICT_DNS",
        "connect_timeout": "1s",
        "per_connection_buffer_limit_bytes": BUFFER,
        # Not ROUND_ROBIN: edge calls and upstream streams alternate, so that one worker would get every stream.
        "lb_policy": "LEAST_REQUEST",
        "load_assignment": {"cluster_name": SERVICE, "endpoints": [{"lb_endpoints": [*map(_endpoint, workers)]}]},
        "health_checks": [_health_check()],
        "outlier_detection": _outlier_detection(),
        # With no healthy worker left Envoy still asks one: a refused connection fails closed as fast. A change of
        # health counts at once; by default Envoy gathers changes for a second.
        "common_lb_config": {"healthy_panic_threshold": {"value": 1}, "update_merge_window": "0s"},
        "circuit_breakers": circuit_breakers(),
        "typed_extension_protocol_options": {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": typed(
                "envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
                explicit_http_config={
                    "http2_protocol_options": {
                        "initial_stream_window_size": SERVICE_WINDOW,
                        "initial_connection_window_size": SERVICE_WINDOW,
                    }
                },
            )
        },
    }


def _endpoint(worker: str) -> Config:
    return {"endpoint": {"address": address(worker, connect=True)}}


def _needs_no_dns(worker: str) -> bool:
    return worker.startswith("unix:") or is_ip(split_address(worker)[0])


def _outlier_detection() -> Config:
    """A worker that resets streams is left at once, before the health check sees why.

    The access log needs it: its first message to a worker is longer than what Envoy keeps for a retry.
    """
    return {
        "split_external_local_origin_errors": True,
        "consecutive_local_origin_failure": 1,
        "enforcing_success_rate": 0,
        "enforcing_local_origin_success_rate": 0,
        "enforcing_consecutive_gateway_failure": 0,
        "enforcing_consecutive_5xx": 0,
        "interval": "0.5s",
        "base_ejection_time": "1s",
        "max_ejection_time": "1s",
        "max_ejection_percent": 100,
    }


def _health_check() -> Config:
    """Without traffic Envoy asks every minute only, and sends the first calls to a worker that has left."""
    return {
        "timeout": "1s",
        "interval": "0.5s",
        "no_traffic_interval": "0.5s",
        "unhealthy_threshold": 1,
        "healthy_threshold": 1,
        "grpc_health_check": {},
    }
