"""The embedded store: one SQLite file in WAL mode, shared by the processes of one machine, kept over a kill.

At every instant and for every enforced limit, what is settled in the live window and what live leases hold is at most
the maximum. The steps that change it, each a transaction, are in the files beside this one.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

import orjson

from ext_proc.errors import ControlError
from ext_proc.limits import Balance
from ext_proc.stores import sqlite_expiry, sqlite_grants, sqlite_keys, sqlite_leases, sqlite_objects, sqlite_reads
from ext_proc.stores.checks import check_claims, check_grant, check_settlements
from ext_proc.stores.sqlite_connection import SqliteConnection

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from ext_proc.leases import Extension, Grant, Lease, LiveLease, Reserved, Settlement
    from ext_proc.principal import VirtualKey
    from ext_proc.stored import Kind, Stored

T = TypeVar("T")


class SqliteStore:
    """A `Store` in the file at `path`; `patience` is how many seconds it waits for the locks of other processes."""

    def __init__(self, path: Path, patience: float = 2.0) -> None:
        self._path = path
        self._patience = patience
        self._connection: SqliteConnection | None = None

    async def open(self) -> None:
        if self._connection is not None:
            return
        self._connection = SqliteConnection(self._path, self._patience)
        try:
            await self.ping()
        except ControlError:
            await self.close()
            raise

    async def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    async def ping(self) -> None:
        await self._write(sqlite_keys.keys_version)

    async def reserve(self, lease: Lease, now: float) -> Reserved:
        check_claims(lease.claims)
        entry = orjson.dumps(lease.entry)
        return await self._write(lambda db: sqlite_leases.reserve(db, lease, entry, now))

    async def preview(self, lease: Lease, now: float) -> Reserved:
        check_claims(lease.claims)
        return await self._read_apart(lambda db: sqlite_leases.preview(db, lease, now))

    async def extend(self, extension: Extension, now: float) -> Reserved:
        check_claims(extension.claims)
        return await self._write(lambda db: sqlite_leases.extend(db, extension, now))

    async def renew(self, extensions: Sequence[Extension], now: float) -> list[str]:
        return await self._write(lambda db: sqlite_leases.renew(db, extensions, now))

    async def settle(self, settlements: Sequence[Settlement], now: float) -> int:
        check_settlements(settlements)
        rows = [(settlement, orjson.dumps(settlement.entry)) for settlement in settlements]
        return await self._write(lambda db: sqlite_leases.settle(db, rows, now))

    async def settle_later(self, settlements: Sequence[Settlement], due: float) -> None:
        check_settlements(settlements, draw=False)
        rows = [(settlement, orjson.dumps(settlement.entry), due) for settlement in settlements]
        await self._write(lambda db: sqlite_leases.settle_later(db, rows))

    async def expire(self, now: float) -> int:
        ended = more = await self._write(lambda db: sqlite_expiry.expire(db, now))
        while more == sqlite_expiry.MOST_EXPIRED:
            await asyncio.sleep(0)  # lets calls in between
            more = await self._write(lambda db: sqlite_expiry.expire(db, now))
            ended += more
        return ended

    async def balances(self, now: float) -> list[Balance]:
        return await self._read_apart(lambda db: sqlite_reads.balances(db, now))

    async def leases(self, limit: str | None = None) -> list[LiveLease]:
        return await self._read_apart(lambda db: sqlite_reads.leases(db, limit))

    async def grant(self, grant: Grant, now: float) -> None:
        check_grant(grant)
        await self._write(lambda db: sqlite_grants.grant(db, grant, now))

    async def revoke_grant(self, grant_id: str, now: float) -> bool:
        return await self._write(lambda db: sqlite_grants.revoke_grant(db, grant_id, now))

    async def grants(self, now: float) -> list[Grant]:
        return await self._read_apart(lambda db: sqlite_grants.grants(db, now))

    async def reset(self, limit: str, scope: str, now: float) -> int:  # noqa: ARG002  other stores need the time
        return await self._write(lambda db: sqlite_grants.reset(db, limit, scope))

    async def add_key(self, key: VirtualKey) -> None:
        await self._write(lambda db: sqlite_keys.add_key(db, key))

    async def revoke_key(self, key_id: str, now: float) -> bool:
        return await self._write(lambda db: sqlite_keys.revoke_key(db, key_id, now))

    async def find_key(self, digest: str) -> VirtualKey | None:
        return await self._read(lambda db: sqlite_keys.find_key(db, digest))

    async def list_keys(self) -> list[VirtualKey]:
        return await self._read_apart(sqlite_keys.list_keys)

    async def keys_version(self) -> int:
        return await self._read(sqlite_keys.keys_version)

    async def keep(self, objects: Sequence[Stored], now: float) -> None:
        await self._write(lambda db: sqlite_objects.keep(db, objects, now))

    async def find_object(self, object_id: str, now: float) -> Stored | None:
        return await self._read(lambda db: sqlite_objects.find_object(db, object_id, now))

    async def objects(self, owner: str, kind: Kind, now: float) -> list[Stored]:
        return await self._read_apart(lambda db: sqlite_objects.objects(db, owner, kind, now))

    async def forget(self, object_id: str) -> None:
        await self._write(lambda db: sqlite_objects.forget(db, object_id))

    async def take_outbox(self, owner: str, most: int, now: float) -> list[tuple[int, dict[str, Any]]]:
        return await self._write(lambda db: sqlite_reads.take_outbox(db, owner, most, now))

    async def mark_exported(self, sequences: Sequence[int]) -> None:
        await self._write(lambda db: sqlite_reads.mark_exported(db, sequences))

    async def entries(self, since: float, until: float) -> list[dict[str, Any]]:
        return await self._read_apart(lambda db: sqlite_reads.entries(db, since, until))

    async def _write(self, step: Callable[..., T]) -> T:
        return await self._open.write(step)

    async def _read(self, step: Callable[..., T]) -> T:
        return await self._open.read(step)

    async def _read_apart(self, step: Callable[..., T]) -> T:
        return await self._open.read_apart(step)

    @property
    def _open(self) -> SqliteConnection:
        if self._connection is None:
            raise ControlError("the store is not open")
        return self._connection
