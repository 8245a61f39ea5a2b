"""The distributed store: Redis 6.2 or newer, where each step is a script, atomic and one round trip.

At every instant and for every enforced limit, what is settled in the live window and what live leases hold is at most
the maximum, by the clock of Redis. All that one call claims is in one hash slot. Entries are kept for a while only.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any
from zlib import crc32

import orjson

from ext_proc.errors import ControlError
from ext_proc.stores import redis_grants, redis_keys, redis_ledger, redis_objects, redis_reads
from ext_proc.stores.checks import check_claims, check_grant, check_settlements
from ext_proc.stores.redis_claims import at, claims_row, reserved, settlement_row
from ext_proc.stores.redis_doubts import Doubts
from ext_proc.stores.redis_steps import RedisSteps

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ext_proc.leases import Extension, Grant, Lease, LiveLease, Reserved, Settlement
    from ext_proc.limits import Balance
    from ext_proc.principal import VirtualKey
    from ext_proc.stored import Kind, Stored
    from ext_proc.stores.redis_address import RedisAddress

DAYS = 86_400
MOST_EXPIRED = 100
"""In one step, so that no call waits long for the leases of others."""


class RedisStore:
    """A `Store` at `address`. Entries stay for `keep` seconds; with `own_time` the clock of Redis counts."""

    def __init__(self, address: RedisAddress, keep: int = 7 * DAYS, *, own_time: bool = True) -> None:
        self._steps = RedisSteps(address, keep, own_time=own_time)
        self._shards = range(address.shards)
        self._doubts = Doubts(self._steps)

    async def open(self) -> None:
        await self._steps.open()
        try:
            await self.ping()
        except ControlError:
            await self.close()
            raise

    async def close(self) -> None:
        await self._steps.close()

    async def ping(self) -> None:
        if self._steps.own_time:
            await self._steps.synchronise(time.time())
        await redis_keys.keys_version(self._steps)

    async def reserve(self, lease: Lease, now: float) -> Reserved:
        check_claims(lease.claims)
        self._steps.know(claim.window for claim in lease.claims)
        shard, entry = self._shard(lease.entry.get("tenant")), _expired(lease.entry)
        asked = {
            "id": lease.decision_id,
            "at": at(lease.entry, now),
            "expires": self._steps.until(lease.expires_at, now),
            "claims": claims_row(lease.claims),
        }
        async with self._doubts.unless_answered(shard, lease.decision_id, now):
            done = await self._steps.run("reserve", shard, asked, now, [entry], confirm=True)
            if done.status == "cancelled":
                raise ControlError("the reservation was given up before")
        return reserved(lease.claims, done)

    async def preview(self, lease: Lease, now: float) -> Reserved:
        check_claims(lease.claims)
        self._steps.know(claim.window for claim in lease.claims)
        asked = {"claims": claims_row(lease.claims)}
        done = await self._steps.run("preview", self._shard(lease.entry.get("tenant")), asked, now)
        return reserved(lease.claims, done)

    async def extend(self, extension: Extension, now: float) -> Reserved:
        check_claims(extension.claims)
        self._steps.know(claim.window for claim in extension.claims)
        expires = self._steps.until(extension.expires_at, now)
        asked = {"id": extension.decision_id, "expires": expires, "claims": claims_row(extension.claims)}
        done = await self._steps.run("extend", self._shard(extension.tenant), asked, now, confirm=True)
        return reserved(extension.claims, done)

    async def renew(self, extensions: Sequence[Extension], now: float) -> list[str]:
        ended: list[str] = []
        for shard, some in self._by_shard((one.tenant, one) for one in extensions):
            rows = [(one.decision_id, self._steps.until(one.expires_at, now)) for one in some]
            done = await self._steps.run("renew", shard, {"leases": rows}, now)
            ended += [name.decode() for name in done.rows]
        return ended

    async def settle(self, settlements: Sequence[Settlement], now: float) -> int:
        check_settlements(settlements)
        new = 0
        for shard, some in self._by_shard((one.entry.get("tenant"), one) for one in settlements):
            asked = {"settlements": [settlement_row(one, now) for one in some]}
            entries = [orjson.dumps(one.entry) for one in some]
            done = await self._steps.run("settle", shard, asked, now, entries, confirm=True)
            new += int(done.rows[0])
        return new

    async def settle_later(self, settlements: Sequence[Settlement], due: float) -> None:
        check_settlements(settlements, draw=False)
        now = time.time() if self._steps.own_time else due
        for shard, some in self._by_shard((one.entry.get("tenant"), one) for one in settlements):
            rows = [settlement_row(one, now) for one in some]
            asked = {"settlements": rows, "due": self._steps.until(due, now)}
            await self._steps.run("settle_later", shard, asked, now, [orjson.dumps(one.entry) for one in some])

    async def expire(self, now: float) -> int:
        await self._doubts.resolve(now)
        return sum(await asyncio.gather(*(self._expire(shard, now) for shard in self._shards)))

    async def _expire(self, shard: int, now: float) -> int:
        ended, more = 0, MOST_EXPIRED
        while more == MOST_EXPIRED:
            more = int((await self._steps.run("expire", shard, {"most": MOST_EXPIRED}, now)).rows[0])
            ended += more
        return ended

    async def balances(self, now: float) -> list[Balance]:
        found = [one for shard in self._shards for one in await redis_reads.balances(self._steps, shard, now)]
        return sorted(found, key=lambda one: (one.window, one.limit, one.scope))

    async def leases(self, limit: str | None = None) -> list[LiveLease]:
        live = [one for shard in self._shards for one in await redis_reads.leases(self._steps, shard)]
        chosen = [one for one in live if limit is None or limit in {hold.limit for hold in one.holds}]
        return sorted(chosen, key=lambda one: (one.expires_at, one.decision_id))

    async def grant(self, grant: Grant, now: float) -> None:
        check_grant(grant)
        await redis_grants.grant(self._steps, self._shards, grant, now)

    async def revoke_grant(self, grant_id: str, now: float) -> bool:
        return await redis_grants.revoke_grant(self._steps, self._shards, grant_id, now)

    async def grants(self, now: float) -> list[Grant]:
        return await redis_grants.grants(self._steps, self._shards, now)

    async def reset(self, limit: str, scope: str, now: float) -> int:
        return await redis_grants.reset(self._steps, self._shards, limit, scope, now)

    async def add_key(self, key: VirtualKey) -> None:
        await redis_keys.add_key(self._steps, key)

    async def revoke_key(self, key_id: str, now: float) -> bool:
        return await redis_keys.revoke_key(self._steps, key_id, now)

    async def find_key(self, digest: str) -> VirtualKey | None:
        return await redis_keys.find_key(self._steps, digest)

    async def list_keys(self) -> list[VirtualKey]:
        return await redis_keys.list_keys(self._steps)

    async def keys_version(self) -> int:
        return await redis_keys.keys_version(self._steps)

    async def keep(self, objects: Sequence[Stored], now: float) -> None:
        await redis_objects.keep(self._steps, objects, now)

    async def find_object(self, object_id: str, now: float) -> Stored | None:
        return await redis_objects.find_object(self._steps, object_id, now)

    async def objects(self, owner: str, kind: Kind, now: float) -> list[Stored]:
        return await redis_objects.objects(self._steps, owner, kind, now)

    async def forget(self, object_id: str) -> None:
        await redis_objects.forget(self._steps, object_id)

    async def take_outbox(self, owner: str, most: int, now: float) -> list[tuple[int, dict[str, Any]]]:  # noqa: ARG002  a claim ends by its time
        return await redis_ledger.take_outbox(self._steps, self._shards, most, now)

    async def mark_exported(self, sequences: Sequence[int]) -> None:
        await redis_ledger.mark_exported(self._steps, self._shards, sequences)

    async def entries(self, since: float, until: float) -> list[dict[str, Any]]:
        return await redis_ledger.entries(self._steps, self._shards, since, until)

    def _shard(self, tenant: str | None) -> int:
        return crc32(tenant.encode()) % len(self._shards) if tenant else 0

    def _by_shard(self, rows: Iterable[tuple[str | None, Any]]) -> list[tuple[int, list[Any]]]:
        shards: dict[int, list[Any]] = {}
        for tenant, row in rows:
            shards.setdefault(self._shard(tenant), []).append(row)
        return list(shards.items())


def _expired(entry: dict[str, Any]) -> bytes:
    """What the ledger gets if nobody settles: written now, as Lua would lose digits of large numbers."""
    return orjson.dumps(entry | {"outcome": "expired", "estimated": True})
