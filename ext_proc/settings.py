"""The operator's file, as models: every key, its type, its default and what is allowed. Unknown keys are errors."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    PlainValidator,
    StrictInt,
    ValidationError,
    model_validator,
)

from ext_proc import settings_planned as planned
from ext_proc.limits import NANO, UNITS, Unit
from ext_proc.listeners import worker_addresses
from ext_proc.providers import KINDS
from ext_proc.settings_mistakes import Mistake, across, details
from ext_proc.settings_values import (
    Address,
    Attribute,
    Counted,
    Duration,
    Endpoint,
    FilePath,
    Kind,
    Name,
    StoreAddress,
    Strategy,
    Text,
    TimeZone,
    Usd,
    Variable,
    Window,
    wrong,
)
from ext_proc.settings_values import seconds as seconds  # noqa: PLC0414  re-exported beside the durations
from ext_proc.windows import CALENDAR

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic_core import InitErrorDetails

LOOPBACK = {"127.0.0.1", "::1", "localhost"}


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    @classmethod
    def _refuse(cls, mistakes: Sequence[Mistake]) -> None:
        if mistakes:
            raise ValidationError.from_exception_data(cls.__name__, [mistake.detail() for mistake in mistakes])


class Listen(_Model):
    """Where the service listens; worker i adds i to the port (or `.i` to the path), stepping over `http`'s port."""

    grpc: Address = "127.0.0.1:9400"
    http: Address = "127.0.0.1:9401"
    workers: StrictInt = Field(default=1, ge=1, le=256)

    @model_validator(mode="after")
    def _ports_suffice(self) -> Listen:
        try:
            worker_addresses(self)
        except ValueError:
            self._refuse([Mistake(("workers",), "the last worker's port is above 65535", "a lower port", self.workers)])
        return self


class Proxy(_Model):
    """What `render` tells the proxy."""

    listen: Address = "127.0.0.1:10000"
    timeout: Duration = "10m"
    """The whole call; a lease lives that long and ten seconds more."""
    first_byte_timeout: Duration = "60s"
    """How long one attempt may take to its response headers before the next backend is tried."""
    max_body_bytes: StrictInt = Field(default=16 * 1024 * 1024, ge=1024, le=256 * 1024 * 1024)


class Secret(_Model):
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


class ProviderSettings(_Model):
    """One provider. `api` lists the APIs that an OpenAI-compatible server speaks."""

    kind: Kind
    endpoint: Endpoint | None = None
    credential: Annotated[Secret | Literal["none"], PlainValidator(_credential)] = "none"
    api: list[str] | None = Field(default=None, min_length=1)
    allow_plaintext: bool = False

    @model_validator(mode="after")
    def _makes_sense(self) -> ProviderSettings:
        self._refuse([*self._endpoint_mistakes(), *self._api_mistakes()])
        return self

    def _endpoint_mistakes(self) -> list[Mistake]:
        if self.endpoint is None:
            row = KINDS[self.kind]
            example = f"endpoint: https://HOST{row.base}"
            return [Mistake((), f"kind {self.kind} needs an endpoint", example)] if row.endpoint is None else []
        url = urlsplit(self.endpoint)
        if url.scheme == "http" and url.hostname not in LOOPBACK and not self.allow_plaintext:
            allowed = "https://…, http:// on loopback, or allow_plaintext: true"
            return [Mistake(("endpoint",), "plain http to another machine", allowed, self.endpoint)]
        return []

    def _api_mistakes(self) -> list[Mistake]:
        known = KINDS[self.kind].paths
        return [
            Mistake(("api", at), f"unknown to kind {self.kind}", ", ".join(known), name)
            for at, name in enumerate(self.api or ())
            if name not in known
        ]


class Backend(_Model):
    """One place where a model can be served; `model` is its name there. Priority 0 is tried first."""

    provider: str
    model: Text | None = None
    weight: StrictInt = Field(default=1, ge=0, le=1_000_000)
    priority: StrictInt = Field(default=0, ge=0, le=16)


class Model(_Model):
    """What clients may ask for."""

    backends: list[Backend] = Field(min_length=1)
    strategy: Strategy = "weighted"
    max_output_tokens: StrictInt | None = Field(default=None, ge=1, le=10_000_000)
    metering: Literal["native", "inline"] = "native"
    """`native` lets Envoy read the usage of same-format answers where it can; `inline` sends them through us."""

    @model_validator(mode="after")
    def _can_be_served(self) -> Model:
        if not any(backend.weight for backend in self.backends):
            self._refuse([Mistake(("backends",), "every backend has weight 0", "a weight above 0 on one of them")])
        return self


class Identity(_Model):
    """Who may call. `hash_key` keys the hash of virtual keys; without it a secret file beside the store is made."""

    keys: bool = True
    hash_key: Secret | None = None


class Limit(_Model):
    """One limit: exactly one unit, a window, whom it is counted per and which calls it matches (globs)."""

    name: Name
    match: dict[Attribute, Text] = {}
    per: list[Attribute] = []
    requests: Counted | None = None
    tokens: Counted | None = None
    input_tokens: Counted | None = None
    output_tokens: Counted | None = None
    usd: Usd | None = None
    concurrent: Counted | None = None
    window: Window | None = None
    tz: TimeZone | None = None
    mode: Literal["enforce", "shadow"] = "enforce"
    unpriced: Literal["deny", "allow"] = "deny"

    @property
    def unit(self) -> Unit:
        return next(unit for unit in UNITS if getattr(self, unit) is not None)

    @property
    def maximum(self) -> int:
        """What the limit allows, in its unit's integers: dollars are nano-dollars here."""
        return int(self.usd * NANO) if self.usd is not None else int(getattr(self, self.unit))

    @model_validator(mode="after")
    def _makes_sense(self) -> Limit:
        units = [unit for unit in UNITS if getattr(self, unit) is not None]
        if len(units) != 1:
            got = f"{' and '.join(units)} together" if units else "no unit"
            self._refuse([Mistake((), f"a limit counts in one unit; this has {got}", ", ".join(UNITS))])
        self._refuse([*self._window_mistakes(units[0]), *self._per_mistakes()])
        return self

    def _window_mistakes(self, unit: Unit) -> list[Mistake]:
        if unit == "concurrent" and self.window is not None:
            return [Mistake(("window",), "a concurrent limit has no window", "no window", self.window)]
        if unit != "concurrent" and self.window is None:
            return [Mistake((), "the limit has no window", "window: 1m, 24h, day, month or forever")]
        if self.tz is not None and self.window not in CALENDAR:
            return [Mistake(("tz",), "only a calendar window has a time zone", ", ".join(CALENDAR), self.tz)]
        return []

    def _per_mistakes(self) -> list[Mistake]:
        return [
            Mistake(("per", at), "the attribute is there twice", "each once", name)
            for at, name in enumerate(self.per)
            if name in self.per[:at]
        ]


class Usage(_Model):
    """Where usage entries go: `{log: stdout}` or `{jsonl: PATH}`."""

    log: Literal["stdout", "stderr"] | None = None
    jsonl: FilePath | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Usage:
        if (self.log is None) == (self.jsonl is None):
            raise wrong("not exactly one of log and jsonl", "{log: stdout}, {log: stderr} or {jsonl: PATH}")
        return self


class Prices(_Model):
    override: FilePath | None = None


class Settings(_Model):
    """The whole file."""

    listen: Listen = Listen()
    store: StoreAddress = "sqlite:tollkeeper.db"
    proxy: Proxy = Proxy()
    providers: dict[Name, ProviderSettings] = Field(min_length=1)
    models: dict[Text, Model] = Field(min_length=1)
    identity: Identity = Identity()
    limits: list[Limit] = []
    usage: list[Usage] = []
    prices: Prices = Prices()

    @property
    def store_path(self) -> Path:
        return Path(self.store.removeprefix("sqlite:"))

    @model_validator(mode="wrap")
    @classmethod
    def _references_exist(cls, raw: Any, validate: ModelWrapValidatorHandler[Settings]) -> Settings:
        found: list[InitErrorDetails] = [mistake.detail() for mistake in across(raw)]
        try:
            settings = validate(raw)
        except ValidationError as error:
            found = [*details(error), *found]
        if found:
            raise ValidationError.from_exception_data(cls.__name__, found)
        return settings


def api_names(provider: ProviderSettings) -> tuple[str, ...]:
    """The APIs that this provider serves, in its row's order."""
    return tuple(name for name in KINDS[provider.kind].paths if provider.api is None or name in provider.api)
