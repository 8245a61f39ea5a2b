"""Who calls: the principal, and the virtual key that proves it."""

from __future__ import annotations

import fnmatch
import hmac
import secrets
from dataclasses import dataclass

ATTRIBUTES = ("tenant", "team", "app", "user", "key")
KEY_PREFIX = "tk-"


@dataclass(frozen=True, slots=True)
class Principal:
    """The attributes that limits, policy and usage speak of. `key` is the key's id, never the key."""

    tenant: str | None = None
    team: str | None = None
    app: str | None = None
    user: str | None = None
    key: str | None = None
    models: tuple[str, ...] = ()
    """Globs of the request models it may ask for; empty allows all."""

    def may_use(self, model: str) -> bool:
        return not self.models or any(fnmatch.fnmatchcase(model, glob) for glob in self.models)


@dataclass(frozen=True, slots=True)
class VirtualKey:
    """A key as it is stored: its keyed hash and what it stands for. Times are Unix seconds."""

    id: str
    digest: str
    name: str
    principal: Principal
    created_at: float
    expires_at: float | None = None
    revoked_at: float | None = None

    def usable(self, now: float) -> bool:
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


def new_key() -> str:
    """A fresh secret of 256 random bits, as the client presents it."""
    return KEY_PREFIX + secrets.token_urlsafe(32)


def digest_of(key: str, hash_key: bytes) -> str:
    """The keyed hash under which a virtual key is stored: HMAC-SHA-256, hexadecimal."""
    return hmac.digest(hash_key, key.encode("utf-8", "surrogatepass"), "sha256").hex()
