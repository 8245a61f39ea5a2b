"""Virtual keys as operators make and see them: what a name and an attribute may hold, and the state of each key."""

from __future__ import annotations

import re
import secrets
from dataclasses import asdict, replace
from typing import Any

from ext_proc.instants import iso
from ext_proc.principal import Principal, VirtualKey, digest_of, new_key

LONGEST = 128
FITTING = rf"^[^\x00-\x1f\x7f,=|]{{1,{LONGEST}}}$"
"""Names, attributes and models. Their marks part the scopes of limits, so no value may have one."""
FITTING_WORDS = f"1 to {LONGEST} characters, none of , = |"


def fits(text: str) -> bool:
    return re.fullmatch(FITTING[1:-1], text) is not None


def make(name: str, principal: Principal, now: float, ends: float | None, hash_key: bytes) -> tuple[str, VirtualKey]:
    """The secret, which is nowhere else, and what is stored of it."""
    secret = new_key()
    key_id = f"key_{secrets.token_hex(8)}"
    return secret, VirtualKey(key_id, digest_of(secret, hash_key), name, replace(principal, key=key_id), now, ends)


def row(key: VirtualKey, now: float) -> dict[str, Any]:
    attributes = asdict(key.principal)
    return {
        "id": key.id,
        "name": key.name,
        **{name: attributes[name] for name in ("tenant", "team", "app", "user")},
        "models": list(key.principal.models),
        "created": iso(key.created_at),
        "expires": iso(key.expires_at),
        "revoked": iso(key.revoked_at),
        "state": _state(key, now),
    }


def _state(key: VirtualKey, now: float) -> str:
    if key.revoked_at is not None:
        return "revoked"
    return "active" if key.usable(now) else "expired"
