"""The key under which virtual keys are hashed: the operator's, else 32 random bytes in a file beside the store.

Whoever has it and the store can test guesses of keys; whoever loses it must issue every key again.
"""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from ext_proc.credentials.credential import NoCredential
from ext_proc.credentials.fetch import fetch

if TYPE_CHECKING:
    from ext_proc.settings import Settings

SHORTEST = 16
_SIZE = 32


def load_hash_key(settings: Settings, folder: Path = Path()) -> bytes:
    """Makes the file when there is none. Raises NoCredential."""
    if settings.identity.hash_key is None:
        return _kept(hash_key_path(settings, folder))
    value = fetch(settings.identity.hash_key).encode("ascii")
    if len(value) < SHORTEST:
        raise NoCredential(f"identity.hash_key has fewer than {SHORTEST} characters")
    return value


def hash_key_path(settings: Settings, folder: Path = Path()) -> Path:
    store = folder / settings.store_path
    return store.with_name(store.name + ".hashkey")


def is_exposed(path: Path) -> bool:
    """Others than its owner may read the file or change it."""
    try:
        return bool(path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))
    except OSError:
        return False


def _kept(path: Path) -> bytes:
    try:
        key = path.read_bytes() if path.exists() else _made(path)
    except OSError as error:
        raise NoCredential(f"the hash key file {path} cannot be read or made: {error.strerror}") from None
    if len(key) != _SIZE:
        raise NoCredential(f"the hash key file {path} has {len(key)} bytes in place of {_SIZE}")
    return key


def _made(path: Path) -> bytes:
    """Whole or not at all: of several workers that start at once one links its file, and all read that one."""
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        _write(fresh, secrets.token_bytes(_SIZE))
        os.link(fresh, path)
    except FileExistsError:
        pass
    finally:
        fresh.unlink(missing_ok=True)
    return path.read_bytes()


def _write(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
