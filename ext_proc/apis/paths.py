"""Which API a path speaks, and what that says itself: the name of a model or a stored thing, and that it streams."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote

from ext_proc.apis import APIS
from ext_proc.apis.api import Api

_VARIABLE = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Found:
    """`said` are members that the path says and the body does not."""

    api: Api
    said: Mapping[str, Any] = field(default_factory=dict)


def find(path: str, method: str = "POST") -> Found | None:
    """`path` is without its query."""
    fixed = _FIXED.get((method, path))
    return fixed or next(filter(None, (_matched(path, *row) for row in _TEMPLATES.get(method, ()))), None)


def methods(path: str) -> tuple[str, ...]:
    """The methods with which something is found there."""
    return tuple(sorted(method for method in {api.method for api in APIS.values()} if find(path, method)))


def filled(template: str, said: Mapping[str, Any]) -> str:
    """The path of a template, each `{name}` of which is among what is `said`."""
    return _VARIABLE.sub(lambda variable: quote(str(said[variable[1]]), safe=""), template)


def _matched(path: str, pattern: re.Pattern[str], api: Api, stream: bool) -> Found | None:  # noqa: FBT001  a row's column
    match = pattern.fullmatch(path)
    if match is None:
        return None
    return Found(api, {**{name: unquote(value) for name, value in match.groupdict().items()}, "stream": stream})


def _pattern(template: str) -> re.Pattern[str]:
    before, name, after = _VARIABLE.split(template)
    return re.compile(f"{re.escape(before)}(?P<{name}>[^/]+){re.escape(after)}")


def _rows() -> list[tuple[str, Api, bool]]:
    plain = [(path, api, False) for api in APIS.values() for path in api.paths]
    return plain + [(path, api, True) for api in APIS.values() for path in api.stream_paths]


_FIXED = {(api.method, path): Found(api) for path, api, _ in _rows() if not _VARIABLE.search(path)}
_TEMPLATES: dict[str, list[tuple[re.Pattern[str], Api, bool]]] = {}
for _path, _api, _stream in _rows():
    if _VARIABLE.search(_path):
        _TEMPLATES.setdefault(_api.method, []).append((_pattern(_path), _api, _stream))
