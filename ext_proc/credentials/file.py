"""Secrets in files, such as Kubernetes mounts: read again when the file changes.

Kubernetes swaps a symbolic link to a new folder, so it is the file behind every link whose identity counts.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ext_proc.credentials.credential import MOST_CHARACTERS, NoCredential, fit

if TYPE_CHECKING:
    from collections.abc import Hashable


def signature(path: str) -> Hashable:
    try:
        stat = Path(path).stat()
    except OSError as error:
        return error.errno
    return stat.st_mtime_ns, stat.st_dev, stat.st_ino, stat.st_size


def fetch(path: str) -> str:
    try:
        with Path(path).open("rb") as file:
            data = file.read(MOST_CHARACTERS + 3)
    except OSError as error:
        raise NoCredential(f"the file {path} cannot be read: {error.strerror}") from None
    return fit(data.decode("latin-1").rstrip("\r\n"), f"the file {path}")
