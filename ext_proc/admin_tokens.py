"""The tokens of the admin API as they are held in memory: a keyed hash, and what whoever has the token may do."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from ext_proc.principal import digest_of

Role = Literal["viewer", "operator", "security"]
SHORTEST = 32
LONGEST = 512
"""Characters of a token."""


@dataclass(frozen=True, slots=True)
class AdminToken:
    """`name` is the operator's word for whoever has it."""

    name: str
    role: Role
    digest: str


def holder(presented: str, tokens: Iterable[AdminToken], hash_key: bytes) -> AdminToken | None:
    """Whose token it is. Takes as long for a wrong one as for a right one, whichever of them it is."""
    digest = digest_of(presented[:LONGEST], hash_key)
    found = None
    for token in tokens:
        if hmac.compare_digest(token.digest, digest) and len(presented) <= LONGEST:
            found = token
    return found
