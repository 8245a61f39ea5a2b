"""Usage entries at Redis, by time and in the outbox. A sequence is made from that of its shard and the shard."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ext_proc.stores.redis_steps import RedisSteps

_CLAIM_SECONDS = 30
PIECE = 500


async def take_outbox(
    steps: RedisSteps, shards: Sequence[int], most: int, now: float
) -> list[tuple[int, dict[str, Any]]]:
    taken: list[tuple[int, dict[str, Any]]] = []
    for shard in shards:
        if len(taken) < most:
            asked = {"most": most - len(taken), "seconds": _CLAIM_SECONDS}
            rows = (await steps.run("take_outbox", shard, asked, now)).rows
            pairs = zip(rows[::2], rows[1::2], strict=True)
            taken += [(int(sequence) * len(shards) + shard, orjson.loads(row)) for sequence, row in pairs]
    return taken


async def mark_exported(steps: RedisSteps, shards: Sequence[int], sequences: Sequence[int]) -> None:
    for shard in shards:
        own = [sequence // len(shards) for sequence in sequences if sequence % len(shards) == shard]
        if own:
            async with steps.client() as client:
                pipe = client.pipeline(transaction=False)
                pipe.zrem(f"{steps.prefix(shard)}:claimed", *own)
                pipe.zrem(f"{steps.prefix(shard)}:outbox", *own)
                await pipe.execute()


async def entries(steps: RedisSteps, shards: Sequence[int], since: float, until: float) -> list[dict[str, Any]]:
    rows = [row for shard in shards for row in await _entries(steps, shard, since, until)]
    return [entry for *_, entry in sorted(rows, key=lambda row: row[:2])]


async def _entries(
    steps: RedisSteps, shard: int, since: float, until: float
) -> list[tuple[float, int, dict[str, Any]]]:
    prefix = steps.prefix(shard)
    found = []
    async with steps.client() as client:
        times = await client.zrangebyscore(f"{prefix}:times", since, f"({until}", withscores=True)
        for start in range(0, len(times), PIECE):
            piece = times[start : start + PIECE]
            rows = await client.mget([f"{prefix}:e:{int(sequence)}" for sequence, _ in piece])
            found += [(at, int(seq), orjson.loads(row)) for (seq, at), row in zip(piece, rows, strict=True) if row]
    return found
