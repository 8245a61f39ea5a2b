"""Identify: who is calling. A virtual key, in whichever header the client's SDK puts it."""

from __future__ import annotations

import hmac

from ext_proc.effects import FindKey
from ext_proc.errors import Malformed, Unauthenticated
from ext_proc.events import Call
from ext_proc.principal import KEY_PREFIX, Principal, VirtualKey, digest_of
from ext_proc.snapshot import Snapshot

CREDENTIAL_HEADERS = ("authorization", "x-api-key", "api-key", "x-goog-api-key")
MAX_CREDENTIAL = 4096


async def identify(call: Call, snapshot: Snapshot, now: float) -> Principal:
    """The principal of the call. Raises `Unauthenticated`, or `Malformed` when credentials contradict each other."""
    key = credential(call)
    if not snapshot.settings.identity.keys or not key.startswith(KEY_PREFIX):
        raise Unauthenticated("The API key is not valid here.")
    digest = digest_of(key, snapshot.hash_key)
    found = snapshot.keys.get(digest) or await FindKey(digest)
    if found is None or not _proves(found, digest, now):
        raise Unauthenticated("The API key is not valid here: it is unknown, expired or revoked.")
    return found.principal


def credential(call: Call) -> str:
    """The one credential that the call presents, or several that are the same."""
    presented = [_bare(name, value) for name in CREDENTIAL_HEADERS for value in _values(call, name)]
    if not presented:
        raise Unauthenticated(
            "No API key was given. Send one as 'Authorization: Bearer KEY', 'x-api-key: KEY' or 'api-key: KEY'.",
            code="missing_api_key",
        )
    if len(set(presented)) > 1:
        raise Malformed("The request carries two different API keys; send one.", code="conflicting_credentials")
    return presented[0]


def _values(call: Call, name: str) -> list[str]:
    values = call.values(name)
    if len(values) > 1 or any("," in value for value in values):  # hosts may join what came twice
        raise Malformed(f"The header {name} stands more than once; send it once.", code="duplicate_header")
    return values


def _bare(name: str, value: str) -> str:
    if len(value) > MAX_CREDENTIAL:
        raise Unauthenticated("The API key is not valid here.")
    if name != "authorization":
        return value.strip()
    scheme, _, key = value.partition(" ")
    if scheme.lower() != "bearer":
        raise Unauthenticated("The Authorization header must be 'Bearer KEY'.", code="invalid_scheme")
    return key.strip()


def _proves(key: VirtualKey, digest: str, now: float) -> bool:
    return hmac.compare_digest(key.digest, digest) and key.usable(now)
