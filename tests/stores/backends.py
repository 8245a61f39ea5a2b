"""The stores that the suite runs over, and the leases that it runs through them."""

from dataclasses import replace

from ext_proc.leases import Extension, Lease, Settlement
from ext_proc.limits import Claim
from ext_proc.stores.redis import RedisStore
from ext_proc.stores.redis_address import RedisAddress
from ext_proc.stores.sqlite import SqliteStore
from tests.stores.servers import RedisCluster, RedisServer

YEARS = 365 * 86_400


class Sqlite:
    """A file for each store; nothing runs between them."""

    def __init__(self, folder):
        self.folder = folder

    def store(self, name):
        return SqliteStore(self.folder / f"{name}.db")

    def end(self):
        """There is nothing to end."""


class OneRedis:
    """A server that is emptied for each store."""

    def __init__(self, folder):
        self.server = RedisServer(folder / "redis").start()

    def store(self, name):
        self.server.client().flushall()
        return redis_store(self.server)

    def end(self):
        self.server.end()


def redis_store(server, **options):
    """A store on one server, or the one at a port, on which the test's own time counts."""
    port = server if isinstance(server, int) else server.port
    address = RedisAddress("one", (("127.0.0.1", port),), timeout=5.0)
    return RedisStore(replace(address, **options), keep=9 * YEARS, own_time=False)


class Cluster:
    """Three servers that share the slots, over which tenants are spread."""

    def __init__(self, folder):
        self.cluster = RedisCluster(folder / "cluster").start()

    def store(self, name):
        self.cluster.flush()
        nodes = tuple(("127.0.0.1", server.port) for server in self.cluster.servers)
        return RedisStore(RedisAddress("cluster", nodes, timeout=5.0, shards=16), keep=9 * YEARS, own_time=False)

    def end(self):
        self.cluster.end()


BACKENDS = {"sqlite": Sqlite, "redis": OneRedis, "cluster": Cluster}

NOW = 1_790_000_000.0


def claim(
    limit="usd",
    amount=10,
    maximum=100,
    window="month",
    unit="usd",
    *,
    scope="team=a",
    enforce=True,
    thresholds=(),
    outage="deny",
):
    return Claim(limit, scope, unit, window, maximum, amount, enforce, thresholds, outage)


def slot(maximum=2):
    return claim("slots", 1, maximum, "", "concurrent")


def lease(decision_id, *claims, expires_at=NOW + 600, **members):
    return Lease(decision_id, claims, expires_at, {"decision_id": decision_id, "at": NOW, **members})


def extension(decision_id, *claims, expires_at=NOW + 600):
    return Extension(decision_id, claims, expires_at)


def settlement(decision_id, at=NOW, draws_on=(), **amounts):
    entry = {"decision_id": decision_id, "at": at, "cost_nano": amounts.get("usd", 0), "outcome": "served"}
    return Settlement(decision_id, amounts, entry, tuple(draws_on))


async def standing(store, now=NOW):
    """(settled, leased) by limit and scope."""
    return {(b.limit, b.scope): (b.settled, b.leased) for b in await store.balances(now)}
