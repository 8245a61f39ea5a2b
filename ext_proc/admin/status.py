"""How the service is: its version, its settings, its store, and whether each provider has its credential."""

from __future__ import annotations

from typing import Literal

from ext_proc.admin.route import Ask, Desk, Part
from ext_proc.errors import ControlError
from ext_proc.snapshot import Snapshot, Upstream
from ext_proc.version import installed_version


class StoreStatus(Part):
    kind: str
    reachable: bool
    reason: str | None = None


class ProviderStatus(Part):
    name: str
    kind: str
    credential: Literal["present", "missing", "none"]


class Status(Part):
    """`settings` is the version of the worker that answers, which grows with each change that it takes up."""

    version: str
    settings: int
    workers: int
    store: StoreStatus
    providers: list[ProviderStatus]
    models: int
    limits: int


async def show_status(desk: Desk, _ask: Ask) -> Status:
    snapshot = desk.snapshot()
    settings = snapshot.settings
    return Status(
        version=installed_version(),
        settings=snapshot.version,
        workers=settings.listen.workers,
        store=await _store(desk, snapshot),
        providers=[
            ProviderStatus(name=name, kind=settings.providers[name].kind, credential=_credential(upstream))
            for name, upstream in snapshot.upstreams.items()
        ],
        models=len(settings.models),
        limits=len(settings.limits),
    )


async def _store(desk: Desk, snapshot: Snapshot) -> StoreStatus:
    kind = snapshot.settings.store.place.kind
    shown = kind if kind == "sqlite" else "redis"
    try:
        await desk.store.ping()
    except ControlError as error:
        return StoreStatus(kind=shown, reachable=False, reason=error.message)
    return StoreStatus(kind=shown, reachable=True)


def _credential(upstream: Upstream) -> Literal["present", "missing", "none"]:
    if not upstream.needs_credential:
        return "none"
    return "missing" if upstream.credential is None else "present"
