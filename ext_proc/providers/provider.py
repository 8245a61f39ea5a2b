"""The shape of a provider: who serves, at which host and paths, and how a credential is presented."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from ext_proc.edit import GONE
from ext_proc.providers.turns import Turns

PLACE = ("project", "region", "api_version")
"""What the operator says of a provider, where its address or its paths name it."""


@dataclass(frozen=True, slots=True)
class Provider:
    """One row. `name` is OpenTelemetry's `gen_ai.provider.name`; `paths` say where each API is, below `base`.

    `base` is the path that an endpoint without one stands for, as in `https://host` for `https://host/v1`. All but
    `base` may hold the names of `PLACE` in braces.
    """

    kind: str
    name: str
    endpoint: str | None
    paths: Mapping[str, str]
    listed: frozenset[str] = frozenset()
    """APIs that few of its kind have: spoken only where the settings list them under `api`."""
    auth_header: str = "authorization"
    auth_prefix: str = "Bearer "
    base: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    """Headers that every request needs where the client's own does not say."""
    stream_paths: Mapping[str, str] = field(default_factory=dict)
    """Where the path is another one when a stream is asked. These and `paths` may hold `{model}`."""
    members: Mapping[str, str | None] = field(default_factory=dict)
    """What it calls the members of Chat Completions that it knows by another name; None: it refuses or ignores them,
    and they are left out."""
    turns: Mapping[str, Turns] = field(default_factory=dict)
    """How it takes the turns of an API, where that is otherwise."""
    models: Mapping[str, str] = field(default_factory=dict)
    """The names of models that speak an API, as a regular expression; without one all do."""
    addresses: Mapping[str, str] = field(default_factory=dict)
    """The endpoint in regions where it is not made as in the others."""

    keeping: Mapping[str, str] = field(default_factory=dict)
    """Where the APIs are about what it keeps for callers, below `base`."""

    def address(self, place: Mapping[str, str]) -> str:
        """The vendor's own endpoint there; nothing where the operator must give one."""
        return self.addresses.get(place.get("region", "")) or placed(self.endpoint or "", place)

    def needs(self, endpoint: str | None = None) -> tuple[str, ...]:
        """What must be known of the place to call it, at the vendor's own endpoint or at this one."""
        return _named(endpoint or self.endpoint or "", *self.paths.values())

    def serves(self, api: str, model: str) -> bool:
        """Whether a model of this name is to be called in `api`."""
        return api in self.paths and (api not in self.models or bool(re.fullmatch(self.models[api], model)))

    @property
    def spoken(self) -> tuple[str, ...]:
        """The APIs that it speaks where the settings name none."""
        return tuple(api for api in self.paths if api not in self.listed)

    def path(self, api: str, endpoint: str, *, stream: bool = False) -> str:
        """The path of `api` at `endpoint`; an endpoint that already ends in the API's version is not doubled."""
        paths = {**self.keeping, **self.paths, **(self.stream_paths if stream else {})}
        below = paths[api]
        base = urlsplit(endpoint).path.rstrip("/") or self.base
        return base.removesuffix("/v1") + below if below.startswith("/v1/") else base + below

    @property
    def fits(self) -> bool:
        """Whether it takes anything otherwise than its APIs have it."""
        return bool(self.members or self.turns)

    def fitted(self, api: str, members: Mapping[str, Any]) -> dict[str, Any]:
        """The members of a request in `api`, as this provider knows them."""
        names = self.members if api == "chat_completions" else {}
        known = {names.get(member, member): value for member, value in members.items()}
        fit = {name: value for name, value in known.items() if name is not None}
        turns = self.turns.get(api)
        if turns is not None and turns.member in fit:
            fit[turns.member] = turns.fitted(fit[turns.member])
        return fit

    def changes(self, api: str, members: Mapping[str, Any]) -> dict[str, Any]:
        """What to set of these members so that they are fitted, with `GONE` for those that are to go."""
        fit = self.fitted(api, members)
        gone = {name: GONE for name in members if name not in fit}
        return gone | {name: value for name, value in fit.items() if name not in members or value != members[name]}


def placed(text: str, place: Mapping[str, str]) -> str:
    """An address or a path with the place filled in; what else it holds in braces stays."""
    for name, value in place.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def _named(*texts: str) -> tuple[str, ...]:
    return tuple(name for name in PLACE if any(f"{{{name}}}" in text for text in texts))
