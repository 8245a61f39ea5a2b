"""What an API says of things that a provider keeps for callers: which, what it does with them, how it tells."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ext_proc.stored import Kind, Stored
from ext_proc.usage import Usage

Does = Literal["make", "begin", "list", "read", "change", "delete", "download", "results"]
"""`make` takes what it needs from a form or from a file, `begin` from its own body."""


@dataclass(frozen=True, slots=True)
class Used:
    """What a batch used, over so many requests. `usage` None: its provider does not tell."""

    usage: Usage | None
    requests: int
    failed: bool = False
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Telling:
    """How a provider describes a thing. `used` gives None while a batch goes on, and where another answer tells."""

    used: Callable[[Mapping[str, Any]], Used | None]
    output_files: Callable[[Mapping[str, Any]], tuple[str, ...]]
    shown: Callable[[Mapping[str, Any]], Mapping[str, Any]]
    """The same as the client may see it."""
    page: Callable[[Sequence[Stored], Mapping[str, Any], Mapping[str, str]], dict[str, Any]]
    """A page of an owner's things, newest first, of their fresh descriptions by id, and of the query."""


@dataclass(frozen=True, slots=True)
class Keeps:
    """Whoever has the thing is called, not a model's provider."""

    kind: Kind
    does: Does
    telling: Telling
