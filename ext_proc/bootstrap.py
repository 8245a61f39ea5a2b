"""The only place where concrete parts meet: the operator's file becomes a store, a snapshot, sinks and a driver."""

from __future__ import annotations

import asyncio
import logging
import random
import secrets
import time
from collections.abc import Hashable
from functools import partial
from pathlib import Path

from ext_proc.admin_tokens import LONGEST, SHORTEST, AdminToken
from ext_proc.credentials.credential import NoCredential
from ext_proc.credentials.fetch import fetch, secrets_of, signature
from ext_proc.credentials.hash_key import load_hash_key
from ext_proc.drive import Driver
from ext_proc.effects import Apart, Extend, FindKey, FindObject, Forget, Keep, Objects, Reserve, Settle
from ext_proc.limit_rules import clamp_rules, limit_rules
from ext_proc.price_book import PriceBook
from ext_proc.price_file import NO_OVERRIDES, Overrides, PriceFileError, read_price_file
from ext_proc.principal import digest_of
from ext_proc.settings import Settings
from ext_proc.settings_file import load
from ext_proc.settings_providers import Secret
from ext_proc.sinks import SINKS
from ext_proc.sinks.sink import Sink
from ext_proc.snapshot import Snapshot, upstreams
from ext_proc.stores.opened import open_store as open_store  # noqa: PLC0414  beside the rest that is opened
from ext_proc.worker import Worker

log = logging.getLogger(__name__)


def new_decision_id() -> str:
    return secrets.token_hex(16)


def build_snapshot(settings: Settings, version: int) -> Snapshot:
    """Raises NoCredential when there is no key to hash virtual keys with, PriceFileError for a broken price file."""
    hash_key = load_hash_key(settings)
    return Snapshot(
        version=version,
        settings=settings,
        upstreams=upstreams(settings, _credentials(settings)),
        limits=limit_rules(settings.limits, settings.attributes),
        book=PriceBook(_overrides(settings.prices.override)),
        hash_key=hash_key,
        clamps=clamp_rules(settings.clamps, settings.attributes),
        signing_keys=_signing_keys(settings),
        admin_tokens=_admin_tokens(settings, hash_key),
    )


async def open_worker(path: Path) -> Worker:
    """Raises ConfigError, NoCredential or ControlError when the service cannot start."""
    settings = load(path)
    seen = _signature(path, settings)
    snapshot = build_snapshot(settings, 1)
    store = open_store(settings)
    await store.open()
    worker = Worker(
        snapshot=snapshot,
        store=store,
        sinks=open_sinks(settings),
        load=partial(load, path),
        build=build_snapshot,
        changed=lambda settings: _signature(path, settings),
        seen=seen,
    )
    worker.driver = Driver(
        snapshot=lambda: worker.snapshot,
        perform={
            FindKey: lambda effect: store.find_key(effect.digest),
            Reserve: lambda effect: worker.leases.reserve(effect.lease, time.time()),
            Extend: lambda effect: worker.leases.extend(effect.extension, time.time()),
            Settle: lambda effect: worker.leases.settle([effect.settlement], time.time()),
            FindObject: lambda effect: store.find_object(effect.id, time.time()),
            Objects: lambda effect: store.objects(effect.owner, effect.kind, time.time()),
            Keep: lambda effect: store.keep(effect.objects, time.time()),
            Forget: lambda effect: store.forget(effect.id),
            Apart: lambda effect: asyncio.to_thread(effect.work),
        },
        clock=time.time,
        new_id=new_decision_id,
        draw=random.random,
    )
    await worker.refresh()
    return worker


def open_sinks(settings: Settings) -> dict[str, Sink]:
    """The sinks of `usage:`, by a name for the log."""
    rows = [next(iter(usage.model_dump(exclude_none=True).items())) for usage in settings.usage]
    return {f"{kind}:{where}": SINKS[kind](where) for kind, where in rows}


def _overrides(path: str | None) -> Overrides:
    try:
        return read_price_file(Path(path)) if path else NO_OVERRIDES
    except OSError as error:
        raise PriceFileError(f"prices.override: {path} cannot be read: {error.strerror}") from None


def _signing_keys(settings: Settings) -> dict[str, bytes | None]:
    fetched = {
        name: _fetched(f"attribute {name}", told.secret)
        for name, told in settings.attributes.items()
        if told.secret is not None
    }
    return {name: None if secret is None else secret.encode() for name, secret in fetched.items()}


def _admin_tokens(settings: Settings, hash_key: bytes) -> tuple[AdminToken, ...]:
    """Those that hold: one that is missing, too short or another's as well opens nothing."""
    found: dict[str, AdminToken] = {}
    for row in settings.admin.tokens if settings.admin else ():
        token = _fetched(f"admin token {row.name}", row.token)
        digest = digest_of(token or "", hash_key)
        if token is None:
            continue
        if not SHORTEST <= len(token) <= LONGEST:
            log.warning(
                "the admin token %s is not of %d to %d characters: it opens nothing", row.name, SHORTEST, LONGEST
            )
        elif digest in found:
            log.warning("the admin token %s is that of %s: it counts as that one", row.name, found[digest].name)
        else:
            found[digest] = AdminToken(row.name, row.role, digest)
    return tuple(found.values())


def _credentials(settings: Settings) -> dict[str, str | None]:
    return {name: _fetched(f"provider {name}", provider.credential) for name, provider in settings.providers.items()}


def _fetched(name: str, secret: Secret | str) -> str | None:
    if not isinstance(secret, Secret):
        return None
    try:
        return fetch(secret)
    except NoCredential as error:
        log.warning("the %s has no secret, what needs it is refused: %s", name, error)
        return None


def _signature(path: Path, settings: Settings) -> Hashable:
    """Changes when the file, a secret that it refers to or its price file may have changed."""
    override = settings.prices.override
    files = [path, *([Path(override)] if override else [])]
    return (*map(_stat, files), signature(secrets_of(settings)))


def _stat(path: Path) -> Hashable:
    try:
        found = path.stat()
    except OSError:
        return None
    return (found.st_mtime_ns, found.st_ino, found.st_size)
