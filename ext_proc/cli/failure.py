"""A mistake that the user of the command line can put right."""

from __future__ import annotations


class Failure(Exception):
    """Its text is one line: what is wrong, and what to do about it."""
