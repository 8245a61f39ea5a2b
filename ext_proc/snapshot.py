"""One immutable, versioned view of what operators decide; a call keeps the one it began with."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping
from dataclasses import dataclass, field

from ext_proc.admin_tokens import AdminToken
from ext_proc.apis import APIS
from ext_proc.apis.api import kin
from ext_proc.errors import NotFound
from ext_proc.limit_rules import ClampRule, LimitRule
from ext_proc.price_book import PriceBook, published_window
from ext_proc.principal import VirtualKey
from ext_proc.providers import KINDS
from ext_proc.providers.provider import Provider, placed
from ext_proc.settings import Model, Settings, seconds

LEASE_MARGIN = 10.0
"""Seconds that a lease outlives the host's own timeout, for the access log to arrive."""


@dataclass(frozen=True, slots=True)
class Upstream:
    """A provider as it is set up: where each API is, and the value of its credential header (None: missing)."""

    name: str
    row: Provider
    paths: Mapping[str, str]
    stream_paths: Mapping[str, str]
    """Where the path is another one when a stream is asked. These and `paths` may hold `{model}`."""
    credential: str | None
    needs_credential: bool

    def api_for(self, client_api: str, model: str, named: str | None = None) -> str | None:
        """The API to call this model in: the `named` one where it is of the client's family, else the client's own.

        Where the model does not speak that here, a dialect of it, else the first of the family that it speaks.
        """
        client = APIS[client_api]
        if named is not None and APIS[named].family == client.family:
            return named
        spoken = [api for api in self.paths if APIS[api].family == client.family and self.row.serves(api, model)]
        akin = [api for api in spoken if api == client_api] or [api for api in spoken if kin(client, APIS[api])]
        return next(iter(akin or spoken), None)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything that a decision reads. Built whole, swapped by one reference."""

    version: int
    settings: Settings
    upstreams: Mapping[str, Upstream]
    limits: tuple[LimitRule, ...]
    book: PriceBook
    hash_key: bytes
    keys: Mapping[str, VirtualKey] = field(default_factory=dict)
    clamps: tuple[ClampRule, ...] = ()
    signing_keys: Mapping[str, bytes | None] = field(default_factory=dict)
    """Of the attributes that are to be signed; None where the secret is missing."""
    admin_tokens: tuple[AdminToken, ...] = ()

    @property
    def lease_seconds(self) -> float:
        return seconds(self.settings.proxy.timeout) + LEASE_MARGIN

    def model(self, name: str) -> Model:
        """The settings of a request model: its own name first, then the first glob that matches."""
        models = self.settings.models
        if name in models:
            return models[name]
        for glob, model in models.items():
            if fnmatch.fnmatchcase(name, glob):
                return model
        raise NotFound(f"The model {name[:128]!r} does not exist here.", code="model_not_found", param="model")

    def window(self, name: str, provider: str, model: str) -> int | None:
        """The most tokens that a backend of the request model `name` sees at once; None where nobody says."""
        said = [
            backend.context_window
            for backend in self.model(name).backends
            if backend.provider == provider and (backend.model or name) == model
        ]
        known = [window for window in said if window is not None]
        return max(known) if known else published_window(self.upstreams[provider].row.kind, model)

    def model_names(self) -> list[str]:
        """The models that have a name of their own; globs have none."""
        return [name for name in self.settings.models if not _is_glob(name)]


def upstreams(settings: Settings, credentials: Mapping[str, str | None]) -> dict[str, Upstream]:
    return {name: _upstream(name, settings, credentials.get(name)) for name in settings.providers}


def _upstream(name: str, settings: Settings, credential: str | None) -> Upstream:
    provider = settings.providers[name]
    row = KINDS[provider.kind]
    endpoint, place = provider.address, provider.place
    spoken = [*(provider.api or [api for api in APIS if api in row.spoken]), *row.keeping]
    return Upstream(
        name=name,
        row=row,
        paths={api: placed(row.path(api, endpoint), place) for api in spoken},
        stream_paths={api: placed(row.path(api, endpoint, stream=True), place) for api in spoken},
        credential=None if credential is None else row.auth_prefix + credential,
        needs_credential=provider.credential != "none",
    )


def _is_glob(name: str) -> bool:
    return any(mark in name for mark in "*?[")
