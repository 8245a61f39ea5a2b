"""The few shapes that recur in every part of an Envoy configuration."""

from __future__ import annotations

import ipaddress
from typing import Any

from ext_proc.listeners import WILDCARDS, split_address

Config = dict[str, Any]

SERVICE = "tollkeeper"
"""The cluster of our service, and the namespace of what the configuration itself writes into metadata."""

EDGE_NAMESPACE = "envoy.filters.http.ext_authz"
"""Where Envoy keeps the dynamic metadata of the check's answer: the plan."""

USAGE_NAMESPACE = "tollkeeper.usage"
"""Where the native filters put what a provider's answer says about its usage."""

CLIENT_NAMESPACE = "tollkeeper.client"
"""What the client sent, kept before a provider's path and headers replace it."""


def extension(name: str, message: str, **fields: Any) -> Config:
    """A named extension with its typed configuration."""
    return {"name": name, "typed_config": typed(message, **fields)}


DECISION = "x-tollkeeper-decision"
"""The response header by which an answer of our service is known."""

ANSWERED_BY, PROVIDER = "x-tollkeeper-answered-by", "provider"
"""The header, within Envoy only, by which a provider's answer is known."""

BUFFER = 64 * 1024 * 1024
"""Bytes that a connection, or a stream of one, may hold. Where a full buffer pauses an answer that our filter observes
and whose provider has ended it, Envoy crashes (1.37 to 1.40); by default one mebibyte fills it."""

SERVICE_WINDOW = 256 * 1024 * 1024
"""The same for each stream to our service, as the provider may be faster than it."""

TRY_TIMEOUT = 5.0
"""Seconds that one call to our service may take to its first answer."""


def typed(message: str, **fields: Any) -> Config:
    return {"@type": f"type.googleapis.com/{message}", **fields}


def duration(seconds: float) -> str:
    """As protobuf's JSON has it: `0.5s`, `600s`."""
    return f"{seconds:.3f}".rstrip("0").rstrip(".") + "s"


def address(text: str, *, connect: bool = False) -> Config:
    """Where to listen, or to `connect`, where a wildcard stands for the loopback."""
    if text.startswith("unix:"):
        return {"pipe": {"path": text.removeprefix("unix:")}}
    host, port = split_address(text)
    if connect and host in WILDCARDS:
        host = "::1" if host == "::" else "127.0.0.1"
    return socket_address(host, port)


def socket_address(host: str, port: int) -> Config:
    return {"socket_address": {"address": host, "port_value": port}}


def is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def circuit_breakers() -> Config:
    """Envoy's own bounds are 1,024 streams and 3 retries at a time, which a gateway of long streams passes."""
    most = 1_000_000
    names = ("max_connections", "max_pending_requests", "max_requests", "max_retries")
    return {"thresholds": [dict.fromkeys(names, most)]}


def grpc_service(timeout: float | None = None, **initial_metadata: str) -> Config:
    """A call to our service that hides a dead worker by trying another."""
    service: Config = {
        "envoy_grpc": {"cluster_name": SERVICE},
        "retry_policy": {
            "retry_on": "connect-failure,reset,unavailable",
            "num_retries": 2,
            # Envoy takes `max_interval` for the timeout of each try, too.
            "retry_back_off": {"base_interval": "0.025s", "max_interval": duration(TRY_TIMEOUT)},
            "retry_host_predicate": [
                extension(
                    "envoy.retry_host_predicates.previous_hosts",
                    "envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate",
                )
            ],
            # A dead worker has the fewest requests, and is drawn again and again.
            "host_selection_retry_max_attempts": 64,
        },
    }
    if timeout is not None:
        service["timeout"] = duration(timeout)
    if initial_metadata:
        service["initial_metadata"] = [
            {"key": key.replace("_", "-"), "value": value} for key, value in initial_metadata.items()
        ]
    return service
