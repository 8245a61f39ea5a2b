"""Where each worker of the service listens. The server binds these addresses and `render` lists them to the proxy.

HTTP/2 keeps one connection per proxy thread, so a port that workers share would put every stream on one of them.
"""

from __future__ import annotations

from itertools import count, islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ext_proc.settings import Listen

WILDCARDS = {"0.0.0.0", "::", "*"}  # noqa: S104  compared with, not bound


def split_address(address: str) -> tuple[str, int]:
    """Host and port of `HOST:PORT`; an IPv6 host loses its brackets."""
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)


def worker_addresses(listen: Listen) -> list[str]:
    """The gRPC address of each worker, in order, as `HOST:PORT` or `unix:PATH`."""
    if listen.grpc.startswith("unix:"):
        return _paths(listen.grpc, listen.workers)
    host, _, _ = listen.grpc.rpartition(":")
    ports = list(islice(_ports(listen), listen.workers))
    if ports[-1] > 65535:
        raise ValueError(f"listen.workers: {listen.workers} workers from {listen.grpc} pass the last port, 65535")
    return [f"{host}:{port}" for port in ports]


def _paths(path: str, workers: int) -> list[str]:
    return [path] if workers == 1 else [f"{path}.{worker}" for worker in range(workers)]


def _ports(listen: Listen) -> Iterator[int]:
    host, first = split_address(listen.grpc)
    taken = _port_of_http(listen.http, host)
    return (port for port in count(first) if port != taken)


def _port_of_http(http: str, host: str) -> int | None:
    if http.startswith("unix:"):
        return None
    http_host, port = split_address(http)
    return port if http_host == host or WILDCARDS & {http_host, host} else None
