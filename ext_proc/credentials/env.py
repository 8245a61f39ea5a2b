"""Secrets in environment variables."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ext_proc.credentials.credential import NoCredential, fit

if TYPE_CHECKING:
    from collections.abc import Hashable


def signature(name: str) -> Hashable:
    return hash(os.environ.get(name))


def fetch(name: str) -> str:
    value = os.environ.get(name)
    if value is None:
        raise NoCredential(f"the environment variable {name} is not set")
    return fit(value.rstrip("\r\n"), f"the environment variable {name}")
