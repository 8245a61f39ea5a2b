"""What operators do to limits, at Redis: grant more of one, take that back, and reset it. Every shard knows of all."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import orjson

from ext_proc.leases import Grant
from ext_proc.limits import LARGEST, UNITS, account_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ext_proc.stores.redis_steps import RedisSteps


async def grant(steps: RedisSteps, shards: Sequence[int], given: Grant, now: float) -> None:
    """Raises ValueError for a sum too large to count."""
    ends = -1 if given.until is None else given.until - now + steps.time(now)
    asked = {"id": given.id, "key": given.key, "amount": str(given.amount), "ends": ends}
    for shard in shards:
        done = await steps.run("grant", shard, asked, now, [orjson.dumps(asdict(given))])
        if done.status == "large":
            raise ValueError(f"limit {given.limit}: all grants together would be greater than {LARGEST}")


async def revoke_grant(steps: RedisSteps, shards: Sequence[int], grant_id: str, now: float) -> bool:
    """Whether it was there and had not ended."""
    revoked = False
    for shard in shards:
        async with steps.client() as client:
            row = await client.hget(f"{steps.prefix(shard)}:grants", grant_id)
        if row is not None:
            asked = {"id": grant_id, "key": _grant(row).key}
            revoked |= bool(int((await steps.run("revoke_grant", shard, asked, now)).rows[0]))
    return revoked


async def grants(steps: RedisSteps, shards: Sequence[int], now: float) -> list[Grant]:
    async with steps.client() as client:
        rows = await client.hvals(f"{steps.prefix(shards[0])}:grants")
    known = [_grant(row) for row in rows]
    live = [one for one in known if one.until is None or one.until > now]
    return sorted(live, key=lambda one: (one.at, one.id))


async def reset(steps: RedisSteps, shards: Sequence[int], limit: str, scope: str, now: float) -> int:
    asked = {"keys": [account_key(limit, unit, scope) for unit in UNITS]}
    return sum([int((await steps.run("reset", shard, asked, now)).rows[0]) for shard in shards])


def _grant(row: bytes) -> Grant:
    return Grant(**orjson.loads(row))
