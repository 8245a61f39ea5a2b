"""The steps that Redis runs, each an atomic Lua script: `lua/STEP.lua`, after the parts that most share."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).with_name("lua")
_PARTS = ("numbers", "step", "windows", "ledger", "accounts", "alerts", "leases", "claims")
_ALONE = frozenset({"add_key", "revoke_key", "keep"})
"""Those that have nothing to do with limits."""


@dataclass(frozen=True, slots=True)
class Script:
    source: str
    sha: str


@cache
def script(step: str) -> Script:
    parts = () if step in _ALONE else _PARTS
    source = "\n".join((_FOLDER / f"{name}.lua").read_text() for name in (*parts, step))
    return Script(source, hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest())
