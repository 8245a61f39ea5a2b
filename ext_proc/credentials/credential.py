"""The shape of a place that secrets come from, and what makes a fetched secret fit to be sent.

An error names the reference and never holds the value.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

MOST_CHARACTERS = 16 * 1024
"""Longer than any key or token in use; Envoy refuses headers beyond 60 KiB."""


class NoCredential(Exception):
    """The reference leads to no usable secret now; the text says why and is fit for a log."""


@dataclass(frozen=True, slots=True)
class Source:
    """`signature(where)` is cheap and changes when the secret may have; `fetch(where)` raises NoCredential."""

    signature: Callable[[str], Hashable]
    fetch: Callable[[str], str]


def fit(value: str, reference: str) -> str:
    """The value, if a header can carry it."""
    if not value:
        raise NoCredential(f"{reference} is empty")
    if len(value) > MOST_CHARACTERS:
        raise NoCredential(f"{reference} is longer than {MOST_CHARACTERS} characters")
    if re.search(r"[^\x21-\x7e]", value):
        raise NoCredential(f"{reference} holds spaces, line breaks or characters outside of ASCII")
    return value
