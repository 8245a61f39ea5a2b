"""Which API a path speaks, and what the path itself says: in some APIs the name of the model, and that it streams."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote

from ext_proc.apis import APIS
from ext_proc.apis.api import Api

MODEL = "{model}"


@dataclass(frozen=True, slots=True)
class Found:
    """`said` are members that the path says and the body does not."""

    api: Api
    said: Mapping[str, Any] = field(default_factory=dict)


def find(path: str) -> Found | None:
    """`path` is without its query."""
    return _FIXED.get(path) or next(filter(None, (_matched(path, *row) for row in _TEMPLATES)), None)


def filled(template: str, model: str) -> str:
    return template.replace(MODEL, quote(model, safe=""))


def _matched(path: str, pattern: re.Pattern[str], api: Api, stream: bool) -> Found | None:  # noqa: FBT001  a row's column
    match = pattern.fullmatch(path)
    return None if match is None else Found(api, {"model": unquote(match["model"]), "stream": stream})


def _pattern(template: str) -> re.Pattern[str]:
    before, after = map(re.escape, template.split(MODEL))
    return re.compile(f"{before}(?P<model>[^/]+){after}")


def _rows() -> list[tuple[str, Api, bool]]:
    plain = [(path, api, False) for api in APIS.values() for path in api.paths]
    return plain + [(path, api, True) for api in APIS.values() for path in api.stream_paths]


_FIXED = {path: Found(api) for path, api, _ in _rows() if MODEL not in path}
_TEMPLATES = [(_pattern(path), api, stream) for path, api, stream in _rows() if MODEL in path]
