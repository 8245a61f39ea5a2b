"""The shape of a provider: who serves, at which host and paths, and how a credential is presented."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
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
    auth_header: str
    auth_prefix: str = ""
    base: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    """Headers that every request needs where the client's own does not say."""

    def path(self, api: str, endpoint: str) -> str:
        """The path of `api` at `endpoint`; an endpoint that already ends in the API's version is not doubled."""
        below = self.paths[api]
        base = urlsplit(endpoint).path.rstrip("/") or self.base
        return base.removesuffix("/v1") + below if below.startswith("/v1/") else base + below
