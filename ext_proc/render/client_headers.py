"""Names of ours and of Envoy's that no client may send: they choose providers and steer retries. One it may."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ext_proc.render.config import Config

OURS = "x-tollkeeper-"
ALLOWED = "dry-run"
"""A client may ask what would be decided."""


def client_headers_removed() -> list[Config]:
    ours = {"safe_regex": {"regex": OURS + _other_than(ALLOWED)}}
    return [{"remove_on_match": {"key_matcher": matcher}} for matcher in (ours, {"prefix": "x-envoy-"})]


def _other_than(word: str) -> str:
    """A regular expression for every name but `word`, as RE2 cannot look ahead.

    Names are of printable ASCII; classes of that alone keep the program as small as Envoy wants it.
    """
    if not word:
        return "[!-~]+"
    first = ord(word[0])
    others = f"[!-{chr(first - 1)}{chr(first + 1)}-~]"
    return f"(?:|{others}[!-~]*|{word[0]}{_other_than(word[1:])})"
