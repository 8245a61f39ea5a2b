"""The connections to Redis: pools of redis-py that never wait longer than the address allows.

One that the server had closed is opened anew once, as every step may be done twice. Not so where replicas confirm what
was written: they would be asked on another connection than the one that wrote it.

https://redis.readthedocs.io/en/stable/connections.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from redis.asyncio import Redis, RedisCluster, Sentinel
from redis.asyncio.cluster import ClusterNode, PipelineCommand
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import SentinelConnectionPool
from redis.backoff import NoBackoff
from redis.credentials import CredentialProvider
from redis.exceptions import ConnectionError  # noqa: A004  redis-py's own

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ext_proc.stores.redis_address import RedisAddress, Tls

MOST_CONNECTIONS = 64
"""Of one worker to one server; further calls wait for a free one."""

Client = Redis | RedisCluster


class _Credentials(CredentialProvider):
    def __init__(self, address: RedisAddress) -> None:
        self._address = address

    def get_credentials(self) -> tuple[str] | tuple[str, str]:
        password = self._address.password() if self._address.password else ""
        return (self._address.username, password) if self._address.username else (password,)

    async def get_credentials_async(self) -> tuple[str] | tuple[str, str]:
        return self.get_credentials()


def connect(address: RedisAddress) -> Client:
    """Connects at the first command."""
    options = _options(address)
    if address.kind == "cluster":
        return RedisCluster(startup_nodes=[ClusterNode(host, port) for host, port in address.nodes], **options)
    if address.kind == "sentinel":
        own = options | {"credential_provider": None}  # Sentinels have no password of the primary's
        sentinel: Any = Sentinel(list(address.nodes), sentinel_kwargs=own, **options)  # type: ignore[no-untyped-call]
        master: Redis = sentinel.master_for(address.master, db=address.database)
        return master
    host, port = address.nodes[0]
    return Redis(host=host, port=port, db=address.database, **options)


async def disconnect(client: Client) -> None:
    await client.aclose()
    pool = client.connection_pool if isinstance(client, Redis) else None
    if isinstance(pool, SentinelConnectionPool):
        for one in pool.sentinel_manager.sentinels:
            await one.aclose()


async def together(client: Client, key: str, commands: Sequence[tuple[Any, ...]]) -> list[Any]:
    """The answers to commands that one connection to the server of `key` must send one after the other."""
    if isinstance(client, Redis):
        pipe: Any = client.pipeline(transaction=False)
        for command in commands:
            pipe.execute_command(*command)
        answers: list[Any] = await pipe.execute()
        return answers
    await client.initialize()
    node = client.get_node_from_key(key)
    if node is None:
        raise ConnectionError("no server has this hash slot")
    sent = [PipelineCommand(place, *command) for place, command in enumerate(commands)]
    await node.execute_pipeline(sent)
    if failed := next((one.result for one in sent if isinstance(one.result, Exception)), None):
        raise failed
    return [one.result for one in sent]


def _options(address: RedisAddress) -> dict[str, Any]:
    entered = address.username or address.password
    return {
        "credential_provider": _Credentials(address) if entered else None,
        "protocol": 2,
        "max_connections": MOST_CONNECTIONS,
        "socket_timeout": address.timeout,
        "socket_connect_timeout": address.timeout,
        "retry": Retry(NoBackoff(), 0 if address.replicas else 1, (ConnectionError,)),
        **_tls(address.tls),
    }


def _tls(tls: Tls | None) -> dict[str, Any]:
    if tls is None:
        return {}
    return {
        "ssl": True,
        "ssl_ca_certs": tls.ca,
        "ssl_certfile": tls.certificate,
        "ssl_keyfile": tls.key,
        "ssl_cert_reqs": "required",
        "ssl_check_hostname": True,
    }
