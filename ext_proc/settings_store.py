"""The store in the operator's file: a SQLite file, or a Redis with how to get in. A secret is never part of its URL."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, StrictInt, model_validator

from ext_proc import settings_planned as planned
from ext_proc.settings_mistakes import Mistake
from ext_proc.settings_providers import Secret
from ext_proc.settings_section import Section
from ext_proc.settings_values import Duration, FilePath, Text, seconds, wrong

LEAST_KEPT = 3600
Kind = Literal["sqlite", "one", "sentinel", "cluster"]
REDIS: dict[str, Kind] = {"redis": "one", "redis+sentinel": "sentinel", "redis+cluster": "cluster"}
"""Each also as `rediss…`, over TLS."""
PORTS: dict[Kind, int] = {"one": 6379, "sentinel": 26379, "cluster": 6379}
ALLOWED: dict[Kind, str] = {
    "sqlite": "sqlite:PATH, a file that all workers share",
    "one": "redis://HOST[:PORT][/DATABASE]",
    "sentinel": "redis+sentinel://HOST[:PORT],…/MASTER[/DATABASE]",
    "cluster": "redis+cluster://HOST[:PORT],…",
}
_ANY = ", ".join((ALLOWED["sqlite"], ALLOWED["one"], "rediss://…, redis+sentinel://…, redis+cluster://…"))


@dataclass(frozen=True, slots=True)
class Place:
    """What a URL says. `path` is a SQLite file's; the rest is of Redis."""

    kind: Kind
    path: str = ""
    nodes: tuple[tuple[str, int], ...] = ()
    master: str = ""
    database: int = 0
    tls: bool = False


def place_of(url: str) -> Place:
    """Raises the error of a wrong value."""
    scheme, _, rest = url.partition(":")
    if scheme == "sqlite" and rest and not rest.startswith((":", "//")) and "\0" not in rest:
        return Place("sqlite", rest)
    tls = scheme.startswith("rediss")
    kind = REDIS.get(scheme.replace("rediss", "redis", 1))
    if scheme in planned.STORES:
        raise wrong(planned.refusal(f"the store {scheme}"), _ANY)
    if kind is None or not rest.startswith("//"):
        raise wrong("not a store", _ANY)
    return _redis(kind, rest[2:], tls=tls)


def _redis(kind: Kind, text: str, *, tls: bool) -> Place:
    if "@" in text:
        raise wrong("a user or a password in the URL", "store: {url: …, username: NAME, password: {env: NAME}}")
    hosts, *path = text.rstrip("/").split("/")
    master = path.pop(0) if kind == "sentinel" and path else ""
    database = path.pop(0) if kind != "cluster" and path else "0"
    nodes = [_node(host, PORTS[kind]) for host in hosts.split(",")]
    whole = not path and re.fullmatch(r"[0-9]{1,4}", database) and (kind != "one" or len(nodes) == 1)
    if not whole or (kind == "sentinel") != bool(re.fullmatch(r"[\w.-]+", master)):
        raise wrong("not the address of a Redis", ALLOWED[kind])
    return Place(kind, nodes=tuple(nodes), master=master, database=int(database), tls=tls)


def _node(text: str, port: int) -> tuple[str, int]:
    found = re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]+)(?::([0-9]{1,5}))?", text)
    if not found or not 0 < int(found[2] or port) < 65536:
        raise wrong("not HOST or HOST:PORT", "HOST[:PORT], as in redis.internal:6379")
    return found[1].strip("[]"), int(found[2] or port)


def _url(text: str) -> str:
    place_of(text)
    return text


StoreUrl = Annotated[str, AfterValidator(_url)]


class StoreTls(Section):
    """PEM files: the authorities to trust in place of the system's, and a certificate of our own."""

    ca: FilePath | None = None
    certificate: FilePath | None = None
    key: FilePath | None = None

    @model_validator(mode="after")
    def _in_pairs(self) -> Self:
        if (self.certificate is None) != (self.key is None):
            self._refuse([Mistake((), "a certificate and its key belong together", "both, or none of them")])
        return self


class StoreSettings(Section):
    """Where keys, limits and entries are kept; `store: URL` is short for `store: {url: URL}`."""

    url: StoreUrl = "sqlite:tollkeeper.db"
    username: Text | None = None
    password: Secret | None = None
    tls: StoreTls | None = None
    durability: Literal["confirmed", "fast"] | None = None
    """`confirmed` counts a reservation as made once `replicas` have it; the default where Sentinels are named."""
    replicas: StrictInt = Field(default=1, ge=1, le=16)
    timeout: Duration = "1s"
    """How long a connection, and each answer, may take."""
    keep_usage: Duration = "168h"
    """How long entries stay in Redis; sinks get them at once."""
    slots: Literal["one", "tenant"] = "one"
    """In a cluster, `tenant` spreads tenants over hash slots; then every limit is per tenant."""

    @property
    def place(self) -> Place:
        return place_of(self.url)

    @property
    def confirmations(self) -> int:
        """How many replicas must have a reservation."""
        durability = self.durability or ("confirmed" if self.place.kind == "sentinel" else "fast")
        return self.replicas if durability == "confirmed" else 0

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        return {"url": _url(value)} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        self._refuse([*self._mistakes_of_a_file(), *self._mistakes_of_redis()])
        return self

    def _mistakes_of_a_file(self) -> Iterator[Mistake]:
        for name in sorted(self.model_fields_set - {"url"}) if self.place.kind == "sqlite" else ():
            yield Mistake((name,), "only a store in Redis has it", "url")

    def _mistakes_of_redis(self) -> Iterator[Mistake]:
        place = self.place
        if place.kind == "sqlite":
            return
        if self.tls is not None and not place.tls:
            yield Mistake(("tls",), "the URL is one without TLS", "a URL that begins with rediss")
        if self.slots == "tenant" and place.kind != "cluster":
            yield Mistake(("slots",), "only a cluster has several", "one", self.slots)
        if self.username is not None and self.password is None:
            yield Mistake(("username",), "a user without a password", "password: {env: NAME} or {file: PATH}")
        if seconds(self.keep_usage) < LEAST_KEPT:
            yield Mistake(("keep_usage",), "too short for calls that settle late", "1h or more", self.keep_usage)
