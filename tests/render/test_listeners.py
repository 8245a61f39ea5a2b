"""Each worker has an address of its own, the same for the server that binds it and the proxy that is told it."""

from __future__ import annotations

import pytest

from ext_proc.listeners import worker_addresses
from ext_proc.settings import Listen

HTTP = "127.0.0.1:9401"
TABLE = [
    ("127.0.0.1:9400", HTTP, 1, ["127.0.0.1:9400"]),
    ("127.0.0.1:9400", HTTP, 3, ["127.0.0.1:9400", "127.0.0.1:9402", "127.0.0.1:9403"]),
    ("127.0.0.1:9400", "127.0.0.2:9401", 2, ["127.0.0.1:9400", "127.0.0.1:9401"]),
    ("0.0.0.0:9400", HTTP, 2, ["0.0.0.0:9400", "0.0.0.0:9402"]),
    ("127.0.0.1:9400", "[::]:9401", 2, ["127.0.0.1:9400", "127.0.0.1:9402"]),
    ("127.0.0.1:9400", "unix:/run/http", 2, ["127.0.0.1:9400", "127.0.0.1:9401"]),
    ("[::1]:9400", "[::1]:9402", 3, ["[::1]:9400", "[::1]:9401", "[::1]:9403"]),
    ("unix:/run/grpc", HTTP, 1, ["unix:/run/grpc"]),
    ("unix:/run/grpc", HTTP, 2, ["unix:/run/grpc.0", "unix:/run/grpc.1"]),
]


@pytest.mark.parametrize(("grpc", "http", "workers", "addresses"), TABLE)
def test_workers_follow_each_other_past_the_http_port(grpc, http, workers, addresses):
    assert worker_addresses(Listen(grpc=grpc, http=http, workers=workers)) == addresses


def test_workers_beyond_the_last_port_are_refused():
    with pytest.raises(ValueError, match="65535"):
        worker_addresses(Listen(grpc="127.0.0.1:65534", workers=3))
