"""Mistakes that no value shows alone: found across the file, before it is validated, so that all are told at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from pydantic_core import InitErrorDetails, PydanticCustomError

from ext_proc.policy.conditions import ConditionError, compiled
from ext_proc.providers import KINDS
from ext_proc.settings_values import ATTRIBUTES, is_attribute_name, wrong

if TYPE_CHECKING:
    from pydantic import ValidationError

Path = tuple[str | int, ...]
_CONDITION = 'CEL over request, principal, time and attributes, as in request.model.startsWith("gpt-5")'


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong at `path`, as a model validator tells it to pydantic."""

    path: Path
    problem: str
    allowed: str = ""
    value: Any = None

    def detail(self) -> InitErrorDetails:
        return InitErrorDetails(type=wrong(self.problem, self.allowed), loc=self.path, input=self.value)


def details(error: ValidationError) -> list[InitErrorDetails]:
    """The errors of a validation, in the form in which they can be raised again together with others."""
    return [
        InitErrorDetails(
            type=PydanticCustomError(found["type"], "{msg}", {**found.get("ctx", {}), "msg": found["msg"]}),
            loc=found["loc"],
            input=found["input"],
        )
        for found in error.errors(include_url=False)
    ]


def across(raw: Any) -> Iterator[Mistake]:
    """Whatever shape `raw` has: what it cannot read is left to the validation."""
    if isinstance(raw, Mapping):
        yield from _unknown_providers(_mapping(raw.get("providers")), _mapping(raw.get("models")))
        yield from _unspoken_apis(_mapping(raw.get("providers")), _mapping(raw.get("models")))
        yield from _keepers_of_nothing(_mapping(raw.get("providers")), _mapping(raw.get("files")))
        yield from _limits_of_one_name(raw.get("limits"))
        for part in ("clamps", "limits"):
            yield from _unknown_attributes(part, _mapping(raw.get("attributes")), raw.get(part))
            yield from _broken_conditions(part, _mapping(raw.get("attributes")), raw.get(part))
        yield from _routes_astray(_mapping(raw.get("models")), raw.get("limits"))
        yield from _shared_store(raw)
        yield from _addresses_in_use(_mapping(raw.get("listen")), _mapping(raw.get("proxy")))


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _unknown_providers(providers: Mapping[str, Any], models: Mapping[str, Any]) -> Iterator[Mistake]:
    for path, backend in _backends(models):
        provider = backend.get("provider")
        if isinstance(provider, str) and provider not in providers:
            yield Mistake((*path, "provider"), "not one of the providers", ", ".join(providers), provider)


def _unspoken_apis(providers: Mapping[str, Any], models: Mapping[str, Any]) -> Iterator[Mistake]:
    for path, backend in _backends(models):
        api, name = backend.get("api"), backend.get("provider")
        provider = _mapping(providers.get(name)) if isinstance(name, str) else {}
        row = KINDS.get(str(provider.get("kind")))
        spoken = [one for one in row.paths if one in (_list(provider.get("api")) or row.spoken)] if row else []
        if row and isinstance(api, str) and api not in spoken:
            yield Mistake((*path, "api"), f"not an API of {name}", ", ".join(spoken), api)


def _backends(models: Mapping[str, Any]) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    for name, model in models.items():
        for at, backend in enumerate(_list(_mapping(model).get("backends"))):
            yield ("models", name, "backends", at), _mapping(backend)


def _keepers_of_nothing(providers: Mapping[str, Any], files: Mapping[str, Any]) -> Iterator[Mistake]:
    """A provider for files that is none, or that keeps none."""
    given = files.get("provider")
    able = [kind for kind, row in KINDS.items() if row.keeping]
    for at, name in enumerate(given if isinstance(given, list) else [given]):
        path: Path = ("files", "provider", at) if isinstance(given, list) else ("files", "provider")
        if not isinstance(name, str):
            continue
        kind = _mapping(providers.get(name)).get("kind")
        if name not in providers:
            yield Mistake(path, "not one of the providers", ", ".join(providers), name)
        elif kind in KINDS and kind not in able:
            allowed = f"a provider of kind {', '.join(able)}"
            yield Mistake(path, f"kind {kind} keeps nothing for callers", allowed, name)


def _limits_of_one_name(limits: Any) -> Iterator[Mistake]:
    names = [_mapping(limit).get("name") for limit in _list(limits)]
    for at, name in enumerate(names):
        if isinstance(name, str) and name in names[:at]:
            problem = f"the name is taken by limits.{names.index(name)}"
            yield Mistake(("limits", at, "name"), problem, "a name of its own", name)


def _unknown_attributes(part: str, told: Mapping[str, Any], rules: Any) -> Iterator[Mistake]:
    known = (*ATTRIBUTES, *map(str, told))
    for at, rule in enumerate(_list(rules)):
        for number, name in enumerate(_list(_mapping(rule).get("per"))):
            if isinstance(name, str) and name not in known:
                yield Mistake((part, at, "per", number), "unknown attribute", ", ".join(known), name)
        for name in _mapping(_mapping(rule).get("match")):
            if isinstance(name, str) and name not in known:
                yield Mistake((part, at, "match", name, "[key]"), "unknown attribute", ", ".join(known), name)


def _broken_conditions(part: str, told: Mapping[str, Any], rules: Any) -> Iterator[Mistake]:
    """A place in a condition counts from its own first line and column."""
    names = [name for name in told if isinstance(name, str) and is_attribute_name(name)]
    for at, rule in enumerate(_list(rules)):
        when = _mapping(rule).get("when")
        try:
            compiled(when, names) if isinstance(when, str) else None
        except ConditionError as error:
            yield Mistake((part, at, "when"), f"the condition does not hold: {error}", _CONDITION, when)


def _routes_astray(models: Mapping[str, Any], limits: Any) -> Iterator[Mistake]:
    """To no model, or back to where the same limit counts again. What a `when` decides is not known here."""
    routes = {at: _route(limit) for at, limit in enumerate(_list(limits)) if _route(limit)}
    for at, model in routes.items():
        path = ("limits", at, "on_exceed")
        if not any(fnmatchcase(model, str(name)) for name in models):
            yield Mistake((*path, "route"), "not one of the models", ", ".join(map(str, models)), model)
        elif at in _reached(model, routes, _list(limits), set()):
            problem = "leads back to a call that this limit counts"
            yield Mistake((*path, "route"), problem, "a model that match.model leaves out", model)


def _reached(model: str, routes: Mapping[int, str], limits: list[Any], seen: set[int]) -> set[int]:
    """The limits with a route that a call for `model` may meet, and those that it then meets."""
    for at, onward in routes.items():
        glob = _mapping(limits[at].get("match")).get("model", "*")
        if at not in seen and "when" not in limits[at] and isinstance(glob, str) and fnmatchcase(model, glob):
            seen.add(at)
            _reached(onward, routes, limits, seen)
    return seen


def _route(limit: Any) -> str:
    model = _mapping(_mapping(limit).get("on_exceed")).get("route")
    return model if isinstance(model, str) else ""


def _shared_store(raw: Mapping[str, Any]) -> Iterator[Mistake]:
    """Redis has no file beside it for the key of hashes; and with tenants in slots no limit may span them."""
    store = raw.get("store")
    url = store.get("url") if isinstance(store, Mapping) else store
    if isinstance(url, str) and url.startswith("redis") and not _mapping(raw.get("identity")).get("hash_key"):
        allowed = "identity: {hash_key: {env: NAME}} or {hash_key: {file: PATH}}"
        yield Mistake(("store",), "machines that share a store need the same identity.hash_key", allowed)
    if _mapping(store).get("slots") == "tenant":
        for at, limit in enumerate(_list(raw.get("limits"))):
            if "tenant" not in _list(_mapping(limit).get("per")):
                yield Mistake(
                    ("limits", at), "store.slots is tenant and this limit is not per tenant", "per: [tenant, …]"
                )


def _addresses_in_use(listen: Mapping[str, Any], proxy: Mapping[str, Any]) -> Iterator[Mistake]:
    grpc = listen.get("grpc", "127.0.0.1:9400")
    http = listen.get("http", "127.0.0.1:9401")
    if grpc == http:
        yield Mistake(("listen", "http"), "the address of listen.grpc", "another port", http)
    if proxy.get("listen", "127.0.0.1:10000") in (grpc, http):
        yield Mistake(("proxy", "listen"), "an address of the service itself", "another port", proxy.get("listen"))
