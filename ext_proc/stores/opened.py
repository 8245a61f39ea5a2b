"""The store that the operator's file names, not opened yet. Redis is needed only where it is named."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ext_proc.credentials.credential import NoCredential
from ext_proc.credentials.fetch import fetch
from ext_proc.errors import ControlError
from ext_proc.settings import Settings, seconds
from ext_proc.stores.redis_address import RedisAddress, Tls
from ext_proc.stores.sqlite import SqliteStore

if TYPE_CHECKING:
    from ext_proc.settings_providers import Secret
    from ext_proc.settings_store import StoreSettings
    from ext_proc.stores.store import Store

TENANT_SHARDS = 64
"""Hash slots that tenants are spread over. A change of it would lose sight of what is counted."""


def open_store(settings: Settings) -> Store:
    """Raises ControlError where it needs what is not installed."""
    store = settings.store
    if store.place.kind == "sqlite":
        return SqliteStore(settings.store_path)
    try:
        from ext_proc.stores.redis import RedisStore  # noqa: PLC0415  an optional extra
    except ModuleNotFoundError as missing:
        raise ControlError(f"the store needs {missing.name}: pip install 'tollkeeper[redis]'") from None
    return RedisStore(redis_address(store), int(seconds(store.keep_usage)))


def redis_address(store: StoreSettings) -> RedisAddress:
    place, password = store.place, store.password
    return RedisAddress(
        kind=place.kind if place.kind != "sqlite" else "one",
        nodes=place.nodes,
        database=place.database,
        master=place.master,
        username=store.username,
        password=partial(_password, password) if password else None,
        tls=_tls(store) if place.tls else None,
        timeout=seconds(store.timeout),
        replicas=store.confirmations,
        shards=TENANT_SHARDS if store.slots == "tenant" else 1,
    )


def _password(secret: Secret) -> str:
    try:
        return fetch(secret)
    except NoCredential as error:
        raise ControlError(f"the store's password: {error}") from None


def _tls(store: StoreSettings) -> Tls:
    return Tls(store.tls.ca, store.tls.certificate, store.tls.key) if store.tls else Tls()
