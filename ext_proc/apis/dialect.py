"""Dialects: APIs of the same words, whose requests differ in a few members and whose streams in their frames.

Between them nothing is translated: a request keeps the bytes of all its other members, an answer those of its events.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from ext_proc.apis import json_body
from ext_proc.errors import TollkeeperError
from ext_proc.parts import Part, StreamFailure


class Frames(Protocol):
    """Bytes of a stream, cut anywhere, to the JSON of its events."""

    def feed(self, data: bytes) -> list[bytes | StreamFailure]: ...

    def finish(self) -> list[bytes | StreamFailure]: ...


@dataclass(frozen=True, slots=True)
class Dialect:
    """`of` names the API whose words these are. `frame` writes one event, given as JSON, and the type that it says."""

    of: str
    frames: Callable[[], Frames]
    frame: Callable[[bytes, str], bytes]
    failure: Callable[[TollkeeperError], bytes]
    event_reader: Callable[[], Callable[[Mapping[str, Any]], list[Part]]]
    adds: Mapping[str, Any] = field(default_factory=dict)
    """Members that the body must have, as they are."""
    lacks: frozenset[str] = frozenset()
    """Members that are said elsewhere."""
    betas_member: str | None = None
    """Where the body names the features in beta; None: the header `anthropic-beta` does."""
    refuse: Callable[[Mapping[str, Any]], None] = lambda _members: None
    """Raises `Unsupported` for what other dialects can say, and this one cannot."""
    takes_beta: Callable[[str], bool] = lambda _beta: True
    """Whether it knows a feature by that name. Others it would refuse, and what needs them it refuses anyway."""


def respoken(body: bytes, members: Mapping[str, Any], pair: tuple[Dialect, Dialect], said: Mapping[str, Any]) -> bytes:
    """The same request in the second dialect. `said` is what its path and headers say: model, stream, betas."""
    source, target = pair
    dropped = {*source.adds, *source.lacks, *target.lacks, source.betas_member or ""}
    puts = {**target.adds} | {name: said[name] for name in sorted(source.lacks - target.lacks) if said.get(name)}
    betas = [beta for beta in said["betas"] if target.takes_beta(beta)]
    if target.betas_member is not None and betas:
        puts[target.betas_member] = betas
    kept = {name: value for name, value in members.items() if name not in dropped}
    bare = json_body.without(body, dropped)
    return json_body.edited(bare, json_body.edits(bare, puts, kept))
