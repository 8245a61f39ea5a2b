"""What is read of limits and leases at Redis, in pieces, so that no call waits for a long list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from ext_proc.leases import Hold, LiveLease
from ext_proc.limits import LARGEST, Balance, of_account_key
from ext_proc.windows import first_live_bucket, resets_at, split_window

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from ext_proc.stores.redis_steps import RedisSteps

PIECE = 500


async def balances(steps: RedisSteps, shard: int, now: float) -> list[Balance]:
    prefix, here = steps.prefix(shard), steps.time(now)
    found = []
    async for keys in _account_keys(steps, prefix):
        async with steps.client() as client:
            pipe = client.pipeline(transaction=False)
            for key in keys:
                pipe.hgetall(f"{prefix}:a:{key}")
                pipe.hvals(f"{prefix}:g:{key}")
            rows = await pipe.execute()
        found += [
            _balance(key, terms, given, here) for key, terms, given in zip(keys, rows[::2], rows[1::2], strict=True)
        ]
    return [balance for balance in found if balance is not None]


async def _account_keys(steps: RedisSteps, prefix: str) -> AsyncIterator[list[str]]:
    async with steps.client() as client:
        keys: list[str] = [key.decode() async for key in client.sscan_iter(f"{prefix}:accounts", count=PIECE)]
    known = list(dict.fromkeys(keys))  # a scan may tell one twice
    for start in range(0, len(known), PIECE):
        yield known[start : start + PIECE]


def _balance(key: str, terms: dict[bytes, bytes], given: list[bytes], now: float) -> Balance | None:
    """None for an account of which nothing is left."""
    if b"window" not in terms:
        return None
    limit, unit, scope = of_account_key(key)
    window = terms[b"window"].decode()
    parts = split_window(window)
    live = first_live_bucket(*parts, now)
    spent = [int(amount) for bucket, amount in terms.items() if bucket.isdigit() and int(bucket) >= live]
    granted = sum(int(amount) for amount, ends in map(orjson.loads, given) if ends < 0 or ends > now)
    return Balance(
        limit=limit,
        scope=scope,
        unit=unit,
        window=window,
        maximum=min(int(terms[b"maximum"]) + granted, LARGEST),
        settled=sum(spent),
        leased=int(terms.get(b"leased", 0)),
        resets_at=resets_at(*parts, now),
        enforce=terms[b"enforce"] == b"1",
        granted=granted,
    )


async def leases(steps: RedisSteps, shard: int) -> list[LiveLease]:
    prefix = steps.prefix(shard)
    found = []
    async with steps.client() as client:
        ends: list[tuple[bytes, float]] = await client.zrange(f"{prefix}:expiry", 0, -1, withscores=True)
        for start in range(0, len(ends), PIECE):
            piece = ends[start : start + PIECE]
            pipe = client.pipeline(transaction=False)
            for name, _ in piece:
                pipe.hmget(f"{prefix}:l:{name.decode()}", "holds", "entry", "closing")
            rows = await pipe.execute()
            found += [_lease(name.decode(), end, *row) for (name, end), row in zip(piece, rows, strict=True) if row[0]]
    return found


def _lease(decision_id: str, expires_at: float, holds: bytes, entry: bytes, closing: bytes | None) -> LiveLease:
    """Its entry is kept as it stands once the lease has expired."""
    members: dict[str, Any] = orjson.loads(entry)
    if closing is None:
        members = {name: value for name, value in members.items() if name not in ("outcome", "estimated")}
    rows = [(of_account_key(key), int(amount)) for key, _, amount in orjson.loads(holds) or ()]
    return LiveLease(decision_id, expires_at, tuple(Hold(*account[:3], amount) for account, amount in rows), members)
