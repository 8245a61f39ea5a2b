"""How the body of a request is written: read to its members, and edited without touching a byte that did not change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ext_proc.apis import json_body
from ext_proc.edit import Edit


@dataclass(frozen=True, slots=True)
class Body:
    """`read(body, content_type)` raises `Malformed`; `edits(body, changes, members)` sets members, the last edit first.

    `content_type` is the header as it came, or nothing.
    """

    read: Callable[[bytes, str], dict[str, Any]]
    edits: Callable[[bytes, Mapping[str, Any], Mapping[str, Any]], tuple[Edit, ...]]


JSON = Body(lambda body, _content_type: json_body.read_object(body), json_body.edits)
NO_BODY = Body(lambda _body, _content_type: {}, lambda _body, _changes, _members: ())
"""For what a path says whole."""
