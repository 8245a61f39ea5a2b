"""Virtual keys at Redis, in a hash slot of their own. Every change makes the version grow."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING

import orjson

from ext_proc.principal import Principal, VirtualKey

if TYPE_CHECKING:
    from ext_proc.stores.redis_steps import RedisSteps

_PREFIX = "tollkeeper:{keys}"


async def add_key(steps: RedisSteps, key: VirtualKey) -> None:
    """Raises ValueError when its id or digest is taken."""
    revoked_at = "" if key.revoked_at is None else repr(key.revoked_at)
    if not await steps.alone("add_key", _PREFIX, key.id, key.digest, orjson.dumps(asdict(key)), revoked_at):
        raise ValueError(f"key {key.id!r} exists already")


async def revoke_key(steps: RedisSteps, key_id: str, now: float) -> bool:
    """Whether there was such a key that was not revoked."""
    return bool(await steps.alone("revoke_key", _PREFIX, key_id, repr(now)))


async def find_key(steps: RedisSteps, digest: str) -> VirtualKey | None:
    async with steps.client() as client:
        pipe = client.pipeline(transaction=False)
        pipe.hget(f"{_PREFIX}:rows", digest)
        pipe.hget(f"{_PREFIX}:revoked", digest)
        row, revoked_at = await pipe.execute()
    return _key(row, revoked_at) if row else None


async def list_keys(steps: RedisSteps) -> list[VirtualKey]:
    async with steps.client() as client:
        pipe = client.pipeline(transaction=False)
        pipe.hgetall(f"{_PREFIX}:rows")
        pipe.hgetall(f"{_PREFIX}:revoked")
        rows, revoked = await pipe.execute()
    keys = [_key(row, revoked.get(digest)) for digest, row in rows.items()]
    return sorted(keys, key=lambda key: (key.created_at, key.id))


async def keys_version(steps: RedisSteps) -> int:
    async with steps.client() as client:
        return int(await client.get(f"{_PREFIX}:version") or 0)


def _key(row: bytes, revoked_at: bytes | None) -> VirtualKey:
    members = orjson.loads(row)
    principal = members.pop("principal")
    key = VirtualKey(**members, principal=Principal(**principal | {"models": tuple(principal["models"])}))
    return replace(key, revoked_at=float(revoked_at)) if revoked_at else key
