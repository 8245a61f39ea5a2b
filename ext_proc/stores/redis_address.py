"""Where a Redis is and how to get in, without I/O: one server, those that Sentinels name, or a cluster."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Node = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Tls:
    """Paths of PEM files; without `ca` the system's authorities count."""

    ca: str | None = None
    certificate: str | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True)
class RedisAddress:
    """`master` is the name that Sentinels know; `password` is asked at each connection, so that it may be rotated."""

    kind: Literal["one", "sentinel", "cluster"]
    nodes: tuple[Node, ...]
    database: int = 0
    master: str = ""
    username: str | None = None
    password: Callable[[], str] | None = None
    tls: Tls | None = None
    timeout: float = 1.0
    """Seconds that a connection, and each answer, may take."""
    replicas: int = 0
    """How many must have a reservation before it counts as made."""
    shards: int = 1
    """Hash slots that tenants are spread over; 1 where limits may span tenants."""
