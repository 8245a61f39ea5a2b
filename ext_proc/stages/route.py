"""Route: which backends may serve the call, and in which order they are tried."""

from __future__ import annotations

import difflib
import random
from collections.abc import Callable, Sequence

from ext_proc.errors import ControlError, Forbidden, NotFound, Unsupported
from ext_proc.plan import Step
from ext_proc.principal import Principal
from ext_proc.settings import Backend, Model
from ext_proc.snapshot import Snapshot, Upstream
from ext_proc.stages.read import Reading

Draw = Callable[[], float]
"""A random number in [0, 1)."""


def route(
    reading: Reading, principal: Principal, snapshot: Snapshot, native: frozenset[str], draw: Draw = random.random
) -> tuple[Step, ...]:
    """The steps to try, first to last. Raises `NotFound`, `Forbidden`, or `ControlError` when no backend is usable."""
    name = reading.outline.model
    model = _model(name, principal, snapshot)
    able = [backend for backend in model.backends if _api(backend, reading, snapshot)]
    if not able:
        title = reading.api.title or reading.api.name
        raise Unsupported(f"No provider of {name[:128]!r} speaks {title}.", code="unsupported_api", param="model")
    usable = [backend for backend in able if _has_credential(snapshot.upstreams[backend.provider])]
    if not usable:
        raise ControlError(f"No provider of {name!r} can be called: its credential is missing.", code="no_credential")
    return tuple(_step(backend, reading, model, snapshot, native) for backend in _order(usable, draw))


def has_backend(reading: Reading, principal: Principal, snapshot: Snapshot) -> bool:
    """Whether any provider of the model has an API for the call. Raises `NotFound` and `Forbidden` as `route` does."""
    model = _model(reading.outline.model, principal, snapshot)
    return any(_api(backend, reading, snapshot) for backend in model.backends)


def visible_models(principal: Principal, snapshot: Snapshot) -> list[str]:
    """The models that this principal may ask for, by name."""
    return [name for name in snapshot.model_names() if principal.may_use(name)]


def _model(name: str, principal: Principal, snapshot: Snapshot) -> Model:
    try:
        model = snapshot.model(name)
    except NotFound as error:
        near = difflib.get_close_matches(name, visible_models(principal, snapshot), n=3, cutoff=0.5)
        hint = f" Did you mean {', '.join(near)}?" if near else ""
        raise NotFound(error.message + hint, code=error.code, param="model") from None
    if not principal.may_use(name):
        raise Forbidden(f"This key may not use the model {name[:128]!r}.", code="model_not_allowed", param="model")
    return model


def _order(backends: Sequence[Backend], draw: Draw) -> list[Backend]:
    """By priority; within one, the first is drawn by weight and the others follow in the file's order."""
    ordered: list[Backend] = []
    for priority in sorted({backend.priority for backend in backends}):
        group = [backend for backend in backends if backend.priority == priority]
        first = _draw_weighted(group, draw)
        ordered += [first, *(backend for backend in group if backend is not first)]
    return ordered


def _draw_weighted(group: Sequence[Backend], draw: Draw) -> Backend:
    if len(group) == 1:
        return group[0]
    point = draw() * sum(backend.weight for backend in group)
    for backend in group:
        point -= backend.weight
        if point < 0:
            return backend
    return group[0]


def _has_credential(upstream: Upstream) -> bool:
    return upstream.credential is not None or not upstream.needs_credential


def _step(backend: Backend, reading: Reading, model: Model, snapshot: Snapshot, native: frozenset[str]) -> Step:
    api = _api(backend, reading, snapshot) or reading.api.name
    same = api == reading.api.name
    return Step(
        provider=backend.provider,
        model=backend.model or reading.outline.model,
        api=api,
        native=same and model.metering == "native" and _host_meters(reading, native),
        fit=same and bool(snapshot.upstreams[backend.provider].row.changes(api, reading.members)),
    )


def _api(backend: Backend, reading: Reading, snapshot: Snapshot) -> str | None:
    model = backend.model or reading.outline.model
    return snapshot.upstreams[backend.provider].api_for(reading.api.name, model, backend.api)


def _host_meters(reading: Reading, native: frozenset[str]) -> bool:
    """The host reads usage where the client gets it anyway; a usage event that it did not ask for must be taken out."""
    outline = reading.outline
    if not reading.api.host_meters:
        return False
    if not outline.stream:
        return "json" in native
    if reading.api.family != "chat":
        return False
    return "sse" in native and (outline.include_usage or not reading.api.ask_usage(reading.told))
