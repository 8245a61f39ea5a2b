"""What providers keep for callers, at Redis, in a hash slot of its own: a hash each, and a list for each owner."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from ext_proc.stored import Kind, Stored

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ext_proc.stores.redis_steps import RedisSteps

_PREFIX = "tollkeeper:{objects}"
PIECE = 200


async def keep(steps: RedisSteps, objects: Sequence[Stored], now: float) -> None:
    here = steps.time(now)
    for start in range(0, len(objects), PIECE):
        rows = [part for one in objects[start : start + PIECE] for part in _row(one, here - now)]
        await steps.alone("keep", _PREFIX, repr(here), *rows)


async def find_object(steps: RedisSteps, object_id: str, now: float) -> Stored | None:
    async with steps.client() as client:
        row = await client.hgetall(f"{_PREFIX}:o:{object_id}")
    return _stored(row, steps.time(now))


async def objects(steps: RedisSteps, owner: str, kind: Kind, now: float) -> list[Stored]:
    name, found = f"{_PREFIX}:by:{kind}:{owner}", []
    async with steps.client() as client:
        ids = await client.zrange(name, 0, -1)
        for start in range(0, len(ids), PIECE):
            pipe = client.pipeline(transaction=False)
            for one in ids[start : start + PIECE]:
                pipe.hgetall(f"{_PREFIX}:o:{one.decode()}")
            found += [_stored(row, steps.time(now)) for row in await pipe.execute()]
        gone = [one for one, stored in zip(ids, found, strict=True) if stored is None]
        if gone:
            await client.zrem(name, *gone)
    live = [one for one in found if one is not None and (one.owner, one.kind) == (owner, kind)]
    return sorted(live, key=lambda one: (one.created_at, one.id), reverse=True)


async def forget(steps: RedisSteps, object_id: str) -> None:
    async with steps.client() as client:
        await client.delete(f"{_PREFIX}:o:{object_id}")


def _row(one: Stored, ahead: float) -> tuple[str | bytes, ...]:
    """`ends` is when it expires by the clock that counts."""
    expires = "" if one.expires_at is None else repr(one.expires_at)
    ends = "" if one.expires_at is None else repr(one.expires_at + ahead)
    seen = b"" if one.seen is None else orjson.dumps(one.seen)
    created = repr(one.created_at)
    return one.id, one.kind, one.provider, one.owner, created, expires, ends, orjson.dumps(one.facts), seen


def _stored(row: dict[bytes, bytes], now: float) -> Stored | None:
    """None for what is gone or has expired."""
    if not row or (row[b"ends"] and float(row[b"ends"]) <= now):
        return None
    kind: Kind = "file" if row[b"kind"] == b"file" else "batch"
    return Stored(
        id=row[b"id"].decode(),
        kind=kind,
        provider=row[b"provider"].decode(),
        owner=row[b"owner"].decode(),
        created_at=float(row[b"created_at"]),
        expires_at=float(row[b"expires_at"]) if row[b"expires_at"] else None,
        facts=orjson.loads(row[b"facts"]),
        seen=orjson.loads(row[b"seen"]) if row[b"seen"] else None,
    )
