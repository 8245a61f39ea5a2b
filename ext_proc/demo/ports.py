"""Ports on which nobody listens, below those that outgoing connections are given meanwhile."""

from __future__ import annotations

import random
import socket
from collections.abc import Iterator
from contextlib import suppress

LOWEST, HIGHEST = 15_000, 32_000


def is_free(*ports: int) -> bool:
    return all(_binds(port) for port in ports)


def free_ports(count: int) -> int:
    """The first of `count` ports in a row."""
    return next(first for first in _draws() if is_free(*range(first, first + count)))


def _draws() -> Iterator[int]:
    while True:
        yield random.randint(LOWEST, HIGHEST)  # noqa: S311  no secret


def _binds(port: int) -> bool:
    """Tried on the wildcard too: a listener on all addresses does not keep others from one of them everywhere."""
    with suppress(OSError), socket.socket() as one, socket.socket() as every:
        for listening in (one, every):
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.bind(("127.0.0.1", port))
        one.close()
        every.bind(("", port))
        return True
    return False
