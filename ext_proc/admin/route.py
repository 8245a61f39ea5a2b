"""The shape of a row in the table of the admin API: method, path, who may use it, and what answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict

from ext_proc.admin_tokens import AdminToken, Role
from ext_proc.drive import Driver
from ext_proc.snapshot import Snapshot
from ext_proc.stores.store import Store

PREFIX = "/admin/v1"
READS: frozenset[Role] = frozenset({"viewer", "operator", "security"})
CHANGES: frozenset[Role] = frozenset({"operator"})
REVOKES: frozenset[Role] = frozenset({"operator", "security"})


class Part(BaseModel):
    """What every body, query and result is: an unknown member is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class NoQuery(Part):
    pass


@dataclass(frozen=True, slots=True)
class Desk:
    """What answers are made of. `snapshot` is the present one, `clock` is in Unix seconds."""

    snapshot: Callable[[], Snapshot]
    store: Store
    driver: Driver
    clock: Callable[[], float]


@dataclass(frozen=True, slots=True)
class Ask:
    """One request, checked: `query` and `body` are of the route's models."""

    token: AdminToken
    path: Mapping[str, str]
    query: Any
    body: Any
    now: float


@dataclass(frozen=True, slots=True)
class Route:
    """`path` is below `/admin/v1`, with `{names}`. A route that does not only read has a record of who changed what."""

    method: str
    path: str
    roles: frozenset[Role]
    summary: str
    answer: Callable[[Desk, Ask], Awaitable[Part]]
    result: type[Part]
    query: type[Part] = NoQuery
    body: type[Part] | None = None
    status: int = 200
    changes: bool = False
    problems: tuple[str, ...] = ()
    """Kinds of problem beside those that any route has."""

    @property
    def segments(self) -> list[str]:
        return self.path.split("/")

    def match(self, segments: list[str]) -> dict[str, str] | None:
        """What the names of the path stand for, when it is this one."""
        pairs = list(zip(self.segments, segments, strict=False))
        if len(self.segments) != len(segments) or not all(_fits(own, given) for own, given in pairs):
            return None
        return {own[1:-1]: given for own, given in pairs if own.startswith("{")}


def _fits(own: str, given: str) -> bool:
    return bool(given) if own.startswith("{") else own == given
