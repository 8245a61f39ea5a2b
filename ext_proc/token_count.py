"""The vocabulary of token counts.

A request is that of a chat, whose input is to be counted. An answer is a `Count`, and a `UsageReport` of nothing used.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Count:
    """The tokens that the request would be read as."""

    input_tokens: int
