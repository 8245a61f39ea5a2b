"""The connections to Redis: pools of redis-py that never wait longer than the address allows.

One that the server had closed is opened anew once, as every step may be done twice. Not so where replicas confirm what
was written: they would be asked on another connection than the one that wrote it.

https://redis.readthedocs.io/en/stable/connections.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from redis.asyncio import BlockingConnectionPool, Redis, RedisCluster, Sentinel, SSLConnection
from redis.asyncio.cluster import ClusterNode
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import SentinelConnectionPool
from redis.backoff import NoBackoff
from redis.credentials import CredentialProvider
from redis.exceptions import ConnectionError  # noqa: A004  redis-py's own

if TYPE_CHECKING:
    from ext_proc.stores.redis_address import RedisAddress

MOST_CONNECTIONS = 64
"""Of one worker; further calls wait for a free one."""

Client = Redis | RedisCluster


class _Credentials(CredentialProvider):
    def __init__(self, address: RedisAddress) -> None:
        self._address = address

    def get_credentials(self) -> tuple[str] | tuple[str, str]:
        password = self._address.password() if self._address.password else ""
        return (self._address.username, password) if self._address.username else (password,)


def connect(address: RedisAddress) -> Client:
    """Connects at the first command."""
    if address.kind == "cluster":
        nodes = [ClusterNode(host, port) for host, port in address.nodes]
        return RedisCluster(startup_nodes=nodes, max_connections=MOST_CONNECTIONS, **_options(address), **_tls(address))
    if address.kind == "sentinel":
        options = _options(address) | {"ssl": address.tls is not None} | _files(address)
        sentinel: Any = Sentinel(list(address.nodes), sentinel_kwargs=_sentinel_options(address), **options)  # type: ignore[no-untyped-call]
        master: Redis = sentinel.master_for(address.master, db=address.database, max_connections=MOST_CONNECTIONS)
        return master
    return Redis.from_pool(_pool(address))


async def disconnect(client: Client) -> None:
    await client.aclose()
    pool = client.connection_pool if isinstance(client, Redis) else None
    if isinstance(pool, SentinelConnectionPool):
        for one in pool.sentinel_manager.sentinels:
            await one.aclose()


def _pool(address: RedisAddress) -> BlockingConnectionPool:
    host, port = address.nodes[0]
    secure = {"connection_class": SSLConnection, **_files(address)} if address.tls else {}
    return BlockingConnectionPool(
        host=host,
        port=port,
        db=address.database,
        max_connections=MOST_CONNECTIONS,
        timeout=address.timeout,
        **_options(address),
        **secure,
    )


def _options(address: RedisAddress) -> dict[str, Any]:
    entered = address.username or address.password
    return {
        "credential_provider": _Credentials(address) if entered else None,
        "protocol": 2,
        "socket_timeout": address.timeout,
        "socket_connect_timeout": address.timeout,
        "retry": Retry(NoBackoff(), 0 if address.replicas else 1, (ConnectionError,)),
    }


def _sentinel_options(address: RedisAddress) -> dict[str, Any]:
    """Sentinels are spoken to as they are by default: without a password of their own."""
    options = _options(address) | {"credential_provider": None}
    return options | {"ssl": address.tls is not None} | _files(address)


def _tls(address: RedisAddress) -> dict[str, Any]:
    return {"ssl": True, **_files(address)} if address.tls else {}


def _files(address: RedisAddress) -> dict[str, Any]:
    if address.tls is None:
        return {}
    return {
        "ssl_ca_certs": address.tls.ca,
        "ssl_certfile": address.tls.certificate,
        "ssl_keyfile": address.tls.key,
        "ssl_cert_reqs": "required",
        "ssl_check_hostname": True,
    }
