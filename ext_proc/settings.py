"""The operator's file, as models: every key, its type, its default and what is allowed. Unknown keys are errors."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from ext_proc.apis import APIS
from ext_proc.limits import UNITS, Unit
from ext_proc.providers import KINDS
from ext_proc.windows import seconds_of_window

LOOPBACK = {"127.0.0.1", "::1", "localhost"}


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _duration(text: str) -> str:
    if not re.fullmatch(r"[0-9]+(\.[0-9]+)?(ms|s|m|h)", text):
        raise ValueError("a duration is a number with a unit: 500ms, 30s, 10m or 1h")
    return text


Duration = Annotated[str, AfterValidator(_duration)]


def seconds(duration: str) -> float:
    """`500ms`, `30s`, `10m` or `1h` in seconds."""
    number, unit = re.fullmatch(r"([0-9.]+)(ms|s|m|h)", duration).groups()  # type: ignore[union-attr]
    return float(number) * {"ms": 0.001, "s": 1, "m": 60, "h": 3600}[unit]


def _address(text: str) -> str:
    if text.startswith("unix:"):
        if len(text) == len("unix:"):
            raise ValueError("unix: needs a path, as in unix:/run/tollkeeper.sock")
        return text
    host, colon, port = text.rpartition(":")
    if not (colon and host and port.isdigit() and 0 < int(port) < 65536):
        raise ValueError("an address is HOST:PORT or unix:PATH")
    return text


Address = Annotated[str, AfterValidator(_address)]


class Listen(_Model):
    """Where the service listens; worker i adds i to the port (or `.i` to the path), stepping over `http`'s port."""

    grpc: Address = "127.0.0.1:9400"
    http: Address = "127.0.0.1:9401"
    workers: int = Field(default=1, ge=1, le=256)


class Proxy(_Model):
    """What `render` tells the proxy."""

    listen: Address = "127.0.0.1:10000"
    timeout: Duration = "10m"
    """The whole call; a lease lives that long and half a minute more."""
    first_byte_timeout: Duration = "60s"
    """How long one attempt may take to its response headers before the next backend is tried."""
    max_body_bytes: int = Field(default=16 * 1024 * 1024, ge=1024, le=256 * 1024 * 1024)


class Secret(_Model):
    """A reference to a secret, never a value: exactly one of `env` and `file`."""

    env: str | None = None
    file: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _is_a_reference(cls, value: Any) -> Any:
        if isinstance(value, str):
            raise ValueError("a secret is a reference, {env: NAME} or {file: PATH}, never a value")  # noqa: TRY004  pydantic wants ValueError
        return value

    @model_validator(mode="after")
    def _exactly_one(self) -> Secret:
        if (self.env is None) == (self.file is None):
            raise ValueError("give exactly one of env and file")
        return self


class ProviderSettings(_Model):
    """One provider. `api` lists the APIs that an OpenAI-compatible server speaks."""

    kind: str
    endpoint: str | None = None
    credential: Secret | Literal["none"] = "none"
    api: list[str] | None = None
    allow_plaintext: bool = False

    @model_validator(mode="after")
    def _makes_sense(self) -> ProviderSettings:
        if self.kind not in KINDS:
            raise ValueError(f"kind: {self.kind!r} is unknown; allowed: {', '.join(sorted(KINDS))}")
        if self.endpoint is None and KINDS[self.kind].endpoint is None:
            raise ValueError(f"endpoint: kind {self.kind} needs one, as in https://host/v1")
        unknown = [name for name in self.api or [] if name not in KINDS[self.kind].paths]
        if unknown:
            raise ValueError(f"api: {unknown[0]!r} is unknown to {self.kind}; allowed: {', '.join(KINDS[self.kind].paths)}")
        self._check_endpoint()
        return self

    def _check_endpoint(self) -> None:
        if self.endpoint is None:
            return
        url = urlsplit(self.endpoint)
        if url.scheme not in {"http", "https"} or not url.hostname or url.query or url.username:
            raise ValueError("endpoint: an endpoint is https://HOST[:PORT][/PATH], without user, query or fragment")
        if url.scheme == "http" and url.hostname not in LOOPBACK and not self.allow_plaintext:
            raise ValueError("endpoint: plain http is allowed on loopback only; use https, or set allow_plaintext: true")


class Backend(_Model):
    """One place where a model can be served; `model` is its name there. Priority 0 is tried first."""

    provider: str
    model: str | None = None
    weight: int = Field(default=1, ge=0, le=1_000_000)
    priority: int = Field(default=0, ge=0, le=16)


class Model(_Model):
    """What clients may ask for."""

    backends: list[Backend] = Field(min_length=1)
    strategy: Literal["weighted"] = "weighted"
    max_output_tokens: int | None = Field(default=None, ge=1, le=10_000_000)
    metering: Literal["native", "inline"] = "native"
    """`native` lets Envoy read the usage of same-format answers where it can; `inline` sends them through the service."""


class Identity(_Model):
    """Who may call. `hash_key` keys the hash of virtual keys; without it a secret file beside the store is made."""

    keys: bool = True
    hash_key: Secret | None = None


class Limit(_Model):
    """One limit: exactly one unit, a window, whom it is counted per and which calls it matches (globs)."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", max_length=64)
    match: dict[str, str] = {}
    per: list[str] = []
    requests: int | None = Field(default=None, ge=0)
    tokens: int | None = Field(default=None, ge=0)
    input_tokens: int | None = Field(default=None, ge=0)
    output_tokens: int | None = Field(default=None, ge=0)
    usd: float | None = Field(default=None, ge=0, le=1_000_000_000)
    concurrent: int | None = Field(default=None, ge=0)
    window: str | None = None
    tz: str | None = None
    mode: Literal["enforce", "shadow"] = "enforce"
    unpriced: Literal["deny", "allow"] = "deny"

    @property
    def unit(self) -> Unit:
        return next(unit for unit in UNITS if getattr(self, unit) is not None)

    @model_validator(mode="after")
    def _makes_sense(self) -> Limit:
        units = [unit for unit in UNITS if getattr(self, unit) is not None]
        if len(units) != 1:
            raise ValueError(f"give exactly one of {', '.join(UNITS)}")
        if units == ["concurrent"] and self.window is not None:
            raise ValueError("window: a concurrent limit has none")
        if units != ["concurrent"]:
            if self.window is None:
                raise ValueError("window: give one, as in 1m, 24h, day, month or forever")
            seconds_of_window(self.window, self.tz)
        allowed = ("tenant", "team", "app", "user", "key", "model", "provider", "api", "operation")
        for name in (*self.match, *self.per):
            if name not in allowed:
                raise ValueError(f"{name!r} is unknown; allowed in match and per: {', '.join(allowed)}")
        return self


class Usage(_Model):
    """Where usage entries go: `{log: stdout}` or `{jsonl: PATH}`."""

    log: Literal["stdout", "stderr"] | None = None
    jsonl: str | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Usage:
        if (self.log is None) == (self.jsonl is None):
            raise ValueError("give exactly one of log and jsonl")
        return self


class Prices(_Model):
    override: str | None = None


class Settings(_Model):
    """The whole file."""

    listen: Listen = Listen()
    store: str = Field(default="sqlite:tollkeeper.db", pattern=r"^sqlite:.+")
    proxy: Proxy = Proxy()
    providers: dict[str, ProviderSettings] = Field(min_length=1)
    models: dict[str, Model] = Field(min_length=1)
    identity: Identity = Identity()
    limits: list[Limit] = []
    usage: list[Usage] = []
    prices: Prices = Prices()

    @model_validator(mode="after")
    def _references_exist(self) -> Settings:
        for name, model in self.models.items():
            for at, backend in enumerate(model.backends):
                if backend.provider not in self.providers:
                    raise ValueError(
                        f"models.{name}.backends.{at}.provider: {backend.provider!r} is not one of the providers; "
                        f"allowed: {', '.join(self.providers)}"
                    )
        names = [limit.name for limit in self.limits]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice:
            raise ValueError(f"limits: the name {twice!r} is used twice")
        return self


def api_names(provider: ProviderSettings) -> tuple[str, ...]:
    """The APIs that this provider serves, in order of preference."""
    return tuple(name for name in APIS if name in (provider.api or KINDS[provider.kind].paths))
