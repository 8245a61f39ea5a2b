"""The operator's file, as models: every key, its type, its default and what is allowed. Unknown keys are errors."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, ModelWrapValidatorHandler, StrictInt, ValidationError, model_validator

from ext_proc.listeners import worker_addresses
from ext_proc.settings_admin import Admin
from ext_proc.settings_admin import AdminTokenSettings as AdminTokenSettings  # noqa: PLC0414  the parts of the file
from ext_proc.settings_limits import Attribute as Attribute  # noqa: PLC0414
from ext_proc.settings_limits import Clamp as Clamp  # noqa: PLC0414
from ext_proc.settings_limits import Limit as Limit  # noqa: PLC0414
from ext_proc.settings_mistakes import Mistake, across, details
from ext_proc.settings_providers import ProviderSettings, Secret
from ext_proc.settings_section import Section
from ext_proc.settings_store import StoreSettings
from ext_proc.settings_values import (
    Address,
    AttributeName,
    Duration,
    FilePath,
    Keepers,
    Name,
    Strategy,
    Text,
    wrong,
)
from ext_proc.settings_values import seconds as seconds  # noqa: PLC0414  re-exported beside the durations

if TYPE_CHECKING:
    from pydantic_core import InitErrorDetails


class Listen(Section):
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


class Proxy(Section):
    """What `render` tells the proxy."""

    listen: Address = "127.0.0.1:10000"
    timeout: Duration = "10m"
    """The whole call; a lease lives that long and ten seconds more."""
    first_byte_timeout: Duration = "60s"
    """How long one attempt may take to its response headers before the next backend is tried."""
    max_body_bytes: StrictInt = Field(default=16 * 1024 * 1024, ge=1024, le=256 * 1024 * 1024)


class Backend(Section):
    """One place where a model can be served; `model` is its name there. Priority 0 is tried first."""

    provider: str
    model: Text | None = None
    context_window: StrictInt | None = Field(default=None, ge=1, le=1_000_000_000)
    """The most tokens that the model sees there at once, where it is another number than the published one."""
    weight: StrictInt = Field(default=1, ge=0, le=1_000_000)
    priority: StrictInt = Field(default=0, ge=0, le=16)
    api: str | None = None
    """The API in which the provider is called for this model, where it speaks several."""


class Model(Section):
    """What clients may ask for."""

    backends: list[Backend] = Field(min_length=1)
    strategy: Strategy = "weighted"
    max_output_tokens: StrictInt | None = Field(default=None, ge=1, le=10_000_000)
    max_input_tokens: StrictInt | None = Field(default=None, ge=1, le=1_000_000_000)
    metering: Literal["native", "inline"] = "native"
    """`native` lets Envoy read the usage of same-format answers where it can; `inline` sends them through us."""
    slices: Literal["never", "uncapped", "always"] = "uncapped"
    """Which streams extend what a hard limit holds for them while they run, and are cut where it has no more."""
    on_unsupported: Literal["refuse", "drop"] = "refuse"
    """What a provider's API cannot say and would be missed: `refuse` the call, or `drop` it and tell in a header."""

    @model_validator(mode="after")
    def _can_be_served(self) -> Model:
        if not any(backend.weight for backend in self.backends):
            self._refuse([Mistake(("backends",), "every backend has weight 0", "a weight above 0 on one of them")])
        return self


class Identity(Section):
    """Who may call. `hash_key` keys the hash of virtual keys; without it a secret file beside the store is made."""

    keys: bool = True
    hash_key: Secret | None = None


class Usage(Section):
    """Where usage entries go: `{log: stdout}` or `{jsonl: PATH}`."""

    log: Literal["stdout", "stderr"] | None = None
    jsonl: FilePath | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Usage:
        if (self.log is None) == (self.jsonl is None):
            raise wrong("not exactly one of log and jsonl", "{log: stdout}, {log: stderr} or {jsonl: PATH}")
        return self


class Files(Section):
    """Who keeps the files and works through the batches of clients: a provider, or several, each for what it serves."""

    provider: Keepers = Field(default=[])


class Prices(Section):
    override: FilePath | None = None


class Settings(Section):
    """The whole file."""

    listen: Listen = Listen()
    store: StoreSettings = StoreSettings()
    proxy: Proxy = Proxy()
    providers: dict[Name, ProviderSettings] = Field(min_length=1)
    models: dict[Text, Model] = Field(min_length=1)
    identity: Identity = Identity()
    attributes: dict[AttributeName, Attribute] = Field(default={})
    clamps: list[Clamp] = Field(default=[])
    limits: list[Limit] = Field(default=[])
    usage: list[Usage] = Field(default=[])
    files: Files = Files()
    prices: Prices = Prices()
    admin: Admin | None = None

    @property
    def store_path(self) -> Path:
        """The file of a SQLite store."""
        return Path(self.store.place.path)

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
