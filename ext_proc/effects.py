"""What the core needs from outside: a stage awaits an effect, a driver performs it and sends back the result."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from ext_proc.leases import Extension, Lease, Reserved, Settlement
from ext_proc.principal import VirtualKey
from ext_proc.stored import Kind, Stored

T = TypeVar("T")


class Effect(Generic[T]):
    """Awaiting an effect hands it to the driver; the driver's answer is the value of the `await`."""

    __slots__ = ()

    def __await__(self) -> Generator[Any, T, T]:
        return (yield self)


@dataclass(frozen=True, slots=True)
class FindKey(Effect[VirtualKey | None]):
    """Look up a virtual key that the snapshot does not hold (yet), by its keyed hash."""

    digest: str


@dataclass(frozen=True, slots=True)
class Reserve(Effect[Reserved]):
    """Reserve a lease in every limit that matches, all or nothing."""

    lease: Lease


@dataclass(frozen=True, slots=True)
class Extend(Effect[Reserved]):
    """Give a live lease more: the next slice of an uncapped stream, a further attempt's worst case, or only time."""

    extension: Extension


@dataclass(frozen=True, slots=True)
class Settle(Effect[bool]):
    """Replace a lease by what was used. False when it could not be done now: the access log settles it then."""

    settlement: Settlement


@dataclass(frozen=True, slots=True)
class FindObject(Effect[Stored | None]):
    """Look up whose a thing is that a provider keeps."""

    id: str


@dataclass(frozen=True, slots=True)
class Objects(Effect[list[Stored]]):
    """All that an owner has of a kind, newest first."""

    owner: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Keep(Effect[None]):
    """Remember whose these are, and what was seen of them."""

    objects: tuple[Stored, ...]


@dataclass(frozen=True, slots=True)
class Forget(Effect[None]):
    """A thing is no more."""

    id: str


@dataclass(frozen=True, slots=True)
class Apart(Effect[T]):
    """Work that takes so long that other calls should go on beside it."""

    work: Callable[[], T]
