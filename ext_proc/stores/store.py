"""The shape of a store: leases, settled usage, virtual keys and the owners of stored things, shared by every replica.

Every method is atomic. `now` is an argument (Unix seconds), so that no test sleeps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ext_proc.leases import Extension, Grant, Lease, LiveLease, Reserved, Settlement
    from ext_proc.limits import Balance
    from ext_proc.principal import VirtualKey
    from ext_proc.stored import Kind, Stored


class Store(Protocol):
    """Raises `errors.ControlError` when it cannot be reached."""

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    async def ping(self) -> None: ...

    async def reserve(self, lease: Lease, now: float) -> Reserved:
        """All claims in one step, or none. The same decision id again returns what it got and reserves nothing."""
        ...

    async def preview(self, lease: Lease, now: float) -> Reserved:
        """What `reserve` would say of a new decision; it holds nothing."""
        ...

    async def extend(self, extension: Extension, now: float) -> Reserved:
        """Adds all claims to a live lease in one step, or none. Tried again, it may hold more than is needed."""
        ...

    async def renew(self, extensions: Sequence[Extension], now: float) -> list[str]:
        """Gives each lease more time, whatever it claims. The ids of those that have ended."""
        ...

    async def settle(self, settlements: Sequence[Settlement], now: float) -> int:
        """Replaces each lease by what was used and writes its entry, in one transaction. How many were new."""
        ...

    async def settle_later(self, settlements: Sequence[Settlement], due: float) -> None:
        """Has `expire` settle each so from `due` on, unless a settle comes before; it outlives this process."""
        ...

    async def expire(self, now: float) -> int:
        """Resolves leases past their time: charged at their worst case, marked estimated, until a late settle."""
        ...

    async def balances(self, now: float) -> list[Balance]: ...

    async def leases(self, limit: str | None = None) -> list[LiveLease]:
        """Calls under way, or those that hold something of `limit`; the first to expire comes first."""
        ...

    async def grant(self, grant: Grant, now: float) -> None:
        """Raises the maximum of one limit for one scope; once for each id."""
        ...

    async def revoke_grant(self, grant_id: str, now: float) -> bool: ...

    async def grants(self, now: float) -> list[Grant]: ...

    async def reset(self, limit: str, scope: str, now: float) -> int:
        """Forgets what is settled of a limit for one scope; leases stay. How many accounts there were, 0 or 1."""
        ...

    async def add_key(self, key: VirtualKey) -> None: ...

    async def revoke_key(self, key_id: str, now: float) -> bool: ...

    async def find_key(self, digest: str) -> VirtualKey | None: ...

    async def list_keys(self) -> list[VirtualKey]: ...

    async def keys_version(self) -> int:
        """Grows with every change of a key, so that a reader knows when its copy is old."""
        ...

    async def keep(self, objects: Sequence[Stored], now: float) -> None:
        """Adds what is new. Of what its owner has at this provider, `expires_at` and `seen` are replaced where given.

        What another owner or another provider has under the same id stays as it is.
        """
        ...

    async def find_object(self, object_id: str, now: float) -> Stored | None:
        """None for what is not known or has expired."""
        ...

    async def objects(self, owner: str, kind: Kind, now: float) -> list[Stored]:
        """What an owner has, newest first, and among things of one instant the greatest id first."""
        ...

    async def forget(self, object_id: str) -> None: ...

    async def take_outbox(self, owner: str, most: int, now: float) -> list[tuple[int, dict[str, Any]]]:
        """Entries and events not yet exported, oldest first, claimed by `owner` for thirty seconds: (sequence, row)."""
        ...

    async def mark_exported(self, sequences: Sequence[int]) -> None: ...

    async def entries(self, since: float, until: float) -> list[dict[str, Any]]: ...
