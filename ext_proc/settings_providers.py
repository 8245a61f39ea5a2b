"""Providers in the operator's file: who serves, where, with whose key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, PlainValidator, model_validator

from ext_proc import settings_planned as planned
from ext_proc.providers import KINDS
from ext_proc.providers.provider import PLACE
from ext_proc.settings_mistakes import Mistake
from ext_proc.settings_section import Section
from ext_proc.settings_values import ApiVersion, Endpoint, FilePath, Kind, Project, Region, Variable, wrong

LOOPBACK = {"127.0.0.1", "::1", "localhost"}


class Secret(Section):
    """A reference to a secret, never a value: exactly one of `env` and `file`."""

    env: Variable | None = None
    file: FilePath | None = None

    @model_validator(mode="before")
    @classmethod
    def _is_a_reference(cls, value: Any) -> Any:
        if isinstance(value, list):
            raise wrong(planned.refusal("a list of credentials"), "{env: NAME} or {file: PATH}")
        if not isinstance(value, dict | Secret):
            raise wrong("a secret is a reference, never a value", "{env: NAME} or {file: PATH}")
        return value

    @model_validator(mode="after")
    def _exactly_one(self) -> Secret:
        if (self.env is None) == (self.file is None):
            raise wrong("not exactly one of env and file", "{env: NAME} or {file: PATH}")
        return self


def _credential(value: Any) -> Secret | Literal["none"]:
    return "none" if value == "none" else Secret.model_validate(value)


class ProviderSettings(Section):
    """One provider. `api` lists the APIs that an OpenAI-compatible server speaks."""

    kind: Kind
    endpoint: Endpoint | None = None
    region: Region | None = None
    project: Project | None = None
    api_version: ApiVersion | None = None
    credential: Annotated[Secret | Literal["none"], PlainValidator(_credential)] = "none"
    api: list[str] | None = Field(default=None, min_length=1)
    allow_plaintext: bool = False

    @property
    def place(self) -> dict[str, str]:
        """What its address and its paths are made of."""
        return {name: value for name in PLACE if (value := getattr(self, name)) is not None}

    @property
    def address(self) -> str:
        """Its own endpoint, else the vendor's in its region."""
        return self.endpoint or KINDS[self.kind].address(self.place)

    @model_validator(mode="after")
    def _makes_sense(self) -> ProviderSettings:
        self._refuse([*self._endpoint_mistakes(), *self._place_mistakes(), *self._api_mistakes()])
        return self

    def _endpoint_mistakes(self) -> Iterator[Mistake]:
        row = KINDS[self.kind]
        if self.endpoint is None:
            if row.endpoint is None:
                yield Mistake((), f"kind {self.kind} needs an endpoint", f"endpoint: https://HOST{row.base}")
            return
        url = urlsplit(self.endpoint)
        if url.scheme == "http" and url.hostname not in LOOPBACK and not self.allow_plaintext:
            allowed = "https://…, http:// on loopback, or allow_plaintext: true"
            yield Mistake(("endpoint",), "plain http to another machine", allowed, self.endpoint)

    def _place_mistakes(self) -> Iterator[Mistake]:
        row, place = KINDS[self.kind], self.place
        for name in row.needs(self.endpoint):
            if name not in place:
                yield Mistake((), f"kind {self.kind} needs {name}", f"{name}: {_PLACE_EXAMPLES[name]}")
        for name in [name for name in place if name not in row.needs()]:
            kinds = ", ".join(kind for kind, other in KINDS.items() if name in other.needs())
            yield Mistake((name,), f"kind {self.kind} has no {name}", f"a kind that has: {kinds}", place[name])

    def _api_mistakes(self) -> Iterator[Mistake]:
        known = KINDS[self.kind].paths
        for at, name in enumerate(self.api or ()):
            if name not in known:
                yield Mistake(("api", at), f"unknown to kind {self.kind}", ", ".join(known), name)


_PLACE_EXAMPLES = {"project": "my-project-1234", "region": "eu-central-1", "api_version": "2024-10-21"}


def api_names(provider: ProviderSettings) -> tuple[str, ...]:
    """The APIs that this provider serves, in its row's order."""
    row = KINDS[provider.kind]
    return row.spoken if provider.api is None else tuple(name for name in row.paths if name in provider.api)
