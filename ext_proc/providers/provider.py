"""The shape of a provider: who serves, at which host and paths, and how a credential is presented."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Provider:
    """One row. `name` is OpenTelemetry's `gen_ai.provider.name`; `paths` say where each API is, below `base`.

    `base` is the path that an endpoint without one stands for, as in `https://host` for `https://host/v1`.
    """

    kind: str
    name: str
    endpoint: str | None
    paths: Mapping[str, str]
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

    def path(self, api: str, endpoint: str, *, stream: bool = False) -> str:
        """The path of `api` at `endpoint`; an endpoint that already ends in the API's version is not doubled."""
        below = self.stream_paths.get(api, self.paths[api]) if stream else self.paths[api]
        base = urlsplit(endpoint).path.rstrip("/") or self.base
        return base.removesuffix("/v1") + below if below.startswith("/v1/") else base + below

    def renames(self, api: str, members: Mapping[str, Any]) -> bool:
        """Whether it knows one of these members by another name."""
        names = self.members if api == "chat_completions" else {}
        return any(name in members and new is not None for name, new in names.items())

    def fitted(self, api: str, members: Mapping[str, Any]) -> dict[str, Any]:
        """The members of a request in `api`, as this provider knows them."""
        names = self.members if api == "chat_completions" else {}
        known = {names.get(member, member): value for member, value in members.items()}
        return {name: value for name, value in known.items() if name is not None}
