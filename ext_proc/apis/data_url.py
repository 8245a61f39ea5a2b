"""Data URLs, by which OpenAI's formats send an image or a file along. Spec: RFC 2397."""

from __future__ import annotations

import re

_HEAD = re.compile(r"data:([^;,]*)(?:;[^;,]*)*;base64,", re.IGNORECASE)


def read_data_url(url: str) -> tuple[str, str] | None:
    """Its media type and its base64; None for any other URL."""
    head = _HEAD.match(url)
    return None if head is None else (head[1].lower(), url[head.end() :])


def write_data_url(media_type: str | None, data: str | None) -> str:
    return f"data:{media_type};base64,{data}"
